"""Erasing and rotation in the services, on a real Kafka and MongoDB (S17, B09, B10)."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.envelope import Id, encode, envelope, new_id
from shared.contracts.erasure import ROTATIONS_KEY, EpochDestroyed, ErasureOrdered, RotationOrdered, SubjectsErased
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme, ProgrammeDefined
from shared.messaging import kafka
from shared.messaging.rereading import every_record, what_is_left
from shared.messaging.transaction import Transaction
from shared.platform.register import Person
from shared.platform.service import Service
from shared.privacy.records import ERASED, PERSONAL
from tests.conftest import Make, until

TOPIC = "intake.personal.v1"
LIVE_SITE = Programme.model_validate(
    tomllib.loads((Path(__file__).parents[3] / "programmes/live-site-2020.toml").read_text()))
AUDITOR = Person("auditor-1", frozenset({"auditor"}), frozenset({"*"}))


@dataclass
class City:
    """The four services that hold parts, and retention, which orders."""

    make: Make
    all: dict[str, Service]
    heard: list[Any]

    async def start(self, name: str) -> Service:
        """Starts a service."""
        self.all[name] = await self.make(name, self._prepare)
        return self.all[name]

    def _prepare(self, service: Service) -> None:
        if service.name in ("notifier", "checkin"):
            service.hears(service.records.subscription(TOPIC))
        if service.name == "retention":
            service.follows("privacy.receipts.v1", self.heard.append)
            service.follows("privacy.recipients.v1", self.heard.append)

    async def order(self, event: Any, key: Id) -> None:
        """Retention says an order."""
        retention = self.all["retention"]

        async def work(tx: Transaction) -> None:
            tx.say(event, subject=key, programme=LIVE_SITE.id, at=retention.clock.now(LIVE_SITE.id))

        await retention.transactions.run(work)

    async def erase(self, *subjects: Id) -> Id:
        """Orders erasure; returns the order's id."""
        order = new_id()
        await self.order(ErasureOrdered(
            order=order, batch=new_id(), kind="application", why="schedule", subjects=subjects), order)
        return order

    async def rotate(self) -> Id:
        """Orders a rotation."""
        rotation = new_id()
        await self.order(RotationOrdered(rotation=rotation, why="demand"), ROTATIONS_KEY)
        return rotation

    async def record(self) -> tuple[Id, ApplicationRecorded]:
        """Somebody's record, sealed by intake for all; returned when all have their part."""
        intake, subject = self.all["intake"], new_id()
        record = intake.sealer.seal_shares(
            ApplicationRecorded, LIVE_SITE.id, subject, 1,
            {name: {"name": "田中 花子"} for name in ("intake", "notifier", "checkin")})
        await intake.transactions.run(lambda tx: _keep(tx, intake, record))
        await until(lambda: self.holders(subject, "intake", "notifier", "checkin"))
        return subject, record

    async def amend(self, subject: Id) -> None:
        """A second version of somebody's record; returned when all have it."""
        intake = self.all["intake"]
        record = intake.sealer.seal_shares(
            ApplicationRecorded, LIVE_SITE.id, subject, 2,
            {name: {"name": "田中 花"} for name in ("intake", "notifier", "checkin")})
        await intake.transactions.run(lambda tx: _keep(tx, intake, record))
        await until(lambda: self.versions(subject, {2}))

    async def versions(self, subject: Id, wanted: set[int]) -> bool:
        """Whether these are the versions that the holders of parts have."""
        found = [await self.all[name].records.parts([subject]) for name in ("intake", "notifier", "checkin")]
        return {rows[subject][1] for rows in found} == wanted

    async def holders(self, subject: Id, *names: str) -> bool:
        """Whether all of these have a part."""
        return all([await self.all[name].database[PERSONAL].find_one({"_id": subject}) for name in names])

    def receipts(self, order: Id) -> set[str]:
        """Who attested the order."""
        return {one.data.service for one in self.heard
                if isinstance(one.data, SubjectsErased) and one.data.order == order}

    def destroyed(self, rotation: Id) -> set[str]:
        """Who destroyed the epochs before this rotation's."""
        return {one.data.service for one in self.heard
                if isinstance(one.data, EpochDestroyed) and one.data.rotation == rotation}

    async def opens(self, name: str, subject: Id, record: ApplicationRecorded) -> bool:
        """Whether a service can open its part of this copy of a record."""
        part = record.part_for(name)
        assert part is not None
        return await self.all[name].door.trial(AUDITOR, LIVE_SITE.id, subject, record.version, part)


async def _keep(tx: Transaction, intake: Service, record: ApplicationRecorded) -> None:
    await intake.records.keep(tx, LIVE_SITE.id, record)
    tx.say(record, subject=record.subject, programme=LIVE_SITE.id, at=intake.clock.now(LIVE_SITE.id))


@pytest.fixture
async def city(services: Make) -> AsyncIterator[City]:
    city = City(services, {}, [])
    retention = await city.start("retention")
    await retention.transactions.run(_defined)
    for name in ("intake", "notifier", "checkin", "lottery"):
        await city.start(name)
    await until(lambda: all(service.ready()[0] for service in city.all.values()))
    yield city


async def _defined(tx: Transaction) -> None:
    tx.say(ProgrammeDefined(digest="0" * 64, definition=LIVE_SITE, by="test"), subject=LIVE_SITE.id,
           programme=LIVE_SITE.id, at=LIVE_SITE.window.opens)


async def test_s17_b09_an_order_is_attested_by_all_five_when_not_even_ciphertext_is_left(city: City) -> None:
    gone, _ = await city.record()
    stays, _ = await city.record()
    order = await city.erase(gone)
    await until(lambda: city.receipts(order) == set(city.all))
    for name in ("intake", "notifier", "checkin"):
        assert not await city.holders(gone, name)
        assert await city.holders(stays, name)
    left = await what_is_left(city.all["intake"].settings, TOPIC, {gone, stays})
    assert left.values == {stays}
    said = next(one.data for one in city.heard if isinstance(one.data, SubjectsErased)
                and one.data.order == order and one.data.service == "intake")
    assert said.rows["personal"] == 1
    assert said.records == 1
    assert sum(said.reread.values()) > 0


async def test_b09_a_record_written_again_after_its_tombstone_is_erased_again_before_the_receipt(city: City) -> None:
    subject, record = await city.record()
    order = await city.erase(subject)
    await until(lambda: "notifier" in city.receipts(order))
    again = envelope(record, source="intake", subject=subject, programme=LIVE_SITE.id, at=LIVE_SITE.window.opens)
    producer = kafka.producer(city.all["intake"].settings)
    await producer.start()
    await producer.send_and_wait(TOPIC, encode(again), key=subject.encode())
    await producer.stop()
    await until(lambda: "intake" in city.receipts(order))
    assert (await what_is_left(city.all["intake"].settings, TOPIC, {subject})).values == set()
    for name in ("intake", "notifier", "checkin"):
        assert not await city.holders(subject, name), name


async def test_b10_orders_are_applied_again_before_a_restored_service_is_ready(city: City) -> None:
    """A database restored from before the erasure, and a service that was down while it was ordered."""
    restored, _ = await city.record()
    missed, _ = await city.record()
    notifier = city.all["notifier"]
    before = await notifier.database[PERSONAL].find_one({"_id": restored})
    order = await city.erase(restored)
    await until(lambda: "notifier" in city.receipts(order))
    await notifier.stop()
    later = await city.erase(missed)
    await until(lambda: "checkin" in city.receipts(later))
    assert "notifier" not in city.receipts(later)
    restore = await city.make("notifier", start=False)
    await restore.database[PERSONAL].insert_one(before)
    await restore.database[ERASED].delete_one({"_id": restored})
    fresh = await city.make("notifier")  # returns when it is ready for its first request
    assert not await fresh.database[PERSONAL].find_one({"_id": {"$in": [restored, missed]}})
    await until(lambda: "notifier" in city.receipts(later))


async def test_b09_after_a_rotation_no_old_copy_opens_and_everybody_living_does(city: City) -> None:
    """Two rotations at once; records made before, between and after them, one amended before both."""
    gone, old_copy = await city.record()
    living, living_old = await city.record()
    for name in ("intake", "notifier", "checkin"):
        assert await city.opens(name, gone, old_copy)
    order = await city.erase(gone)
    await until(lambda: "notifier" in city.receipts(order))
    amended, _ = await city.record()
    await city.amend(amended)  # only now: erasing awaits compaction, which would take the first version away
    first, second = await city.rotate(), await city.rotate()
    during, during_record = await city.record()
    await until(lambda: city.destroyed(first) == city.destroyed(second) == set(city.all), 200)
    for name in ("intake", "notifier", "checkin"):
        assert not await city.opens(name, gone, old_copy), name
        assert not await city.opens(name, living, living_old), name
        assert len(city.all[name].key_folder.load()) == 1
        assert len(city.all[name].ring.epochs) == 1
    later, _ = await city.record()
    newest = await _newest(city.all["intake"], living, amended, during, later)
    assert newest[amended].data.version == 2
    for subject in (living, amended, during, later):
        for name in ("intake", "notifier", "checkin"):
            assert await city.opens(name, subject, newest[subject].data), name
            rows = await city.all[name].records.parts([subject])
            assert not city.all[name].ring.is_old(rows[subject][2].pair)
    assert during_record.subject in newest


async def _newest(intake: Service, *subjects: Id) -> dict[Id, Any]:
    from shared.contracts.envelope import decode

    client, newest = kafka.consumer(intake.settings), {}
    await client.start()
    async for record in every_record(client, TOPIC):
        if record.value is not None and record.key.decode() in subjects:
            newest[record.key.decode()] = decode(record.value)
    await client.stop()
    return newest
