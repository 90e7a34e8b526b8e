"""Erasing, the audit's memory, and openings through the door, at a given number of applications.

`python -m bench.erasing [SUBJECTS ...]` (1,000 and 10,000 by default) starts an infrastructure of its own and the five
services in one process, seals that many records for three recipients, and prints for each number:

- seconds from the orders until all services but the owner of the topic attested, and until the owner did, which waits
  for compaction; seconds of a rotation with as many living;
- the most memory that an audit's reading held (its Python allocations), and its seconds;
- openings a second through the door, one at a time and 100 at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
import tomllib
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.audit.access import Access
from cli.audit.orders import Orders
from cli.audit.running import PERSONAL
from cli.audit.stores import stores_seen
from cli.audit.topics import Reader, read_orders, read_personal, read_through
from deploy.local.environment import service_environment
from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from shared.contracts.envelope import Id, new_id
from shared.contracts.erasure import (
    ROTATIONS_KEY,
    SUBJECTS_AN_ORDER,
    EpochDestroyed,
    ErasureOrdered,
    RotationOrdered,
    SubjectsErased,
)
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme, ProgrammeDefined
from shared.contracts.retention import RegisterAffirmed
from shared.contracts.topics import SERVICES, TOPICS
from shared.messaging.transaction import Transaction
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.privacy.door import ServiceActor

FIRST_BASE = 24_600
HOLDERS = ("intake", "notifier", "checkin")
TOPIC = "intake.personal.v1"
OPENED_SINGLY, OPENED_AT_ONCE = 300, 100
PROGRAMME = Programme.model_validate(
    tomllib.loads((Path(__file__).parents[1] / "programmes/live-site-2020.toml").read_text()))
ITEMS = {"name": "田中 花子", "address": "東京都新宿区西新宿二丁目6番1号", "age": 41, "telephone": "03-5321-1111",
         "email": "hanako@applicants.example", "companions": ["田中 太郎", "田中 次郎"]}


class City:
    """The five services, and what retention hears."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.heard: list[Any] = []
        self.all: dict[str, Service] = {}

    async def start(self) -> None:
        """Starts them, and publishes the programme."""
        for name in ("retention", *(one for one in SERVICES if one != "retention")):
            told = service_environment(self.stack.state.root, name)
            os.environ.update(told)
            service = self.all[name] = Service(Settings())
            if name in ("notifier", "checkin"):
                service.hears(service.records.subscription(TOPIC))
            if name == "retention":
                service.follows("privacy.receipts.v1", self.heard.append)
                service.follows("privacy.recipients.v1", self.heard.append)
            await service.start()
        await self.say(ProgrammeDefined(digest="0" * 64, definition=PROGRAMME, by="bench"), PROGRAMME.id)
        await self.say(RegisterAffirmed(at=datetime.now(UTC)), "register")
        await until(lambda: all(service.ready()[0] for service in self.all.values()))

    async def say(self, event: Any, key: str) -> None:
        """Retention says something."""
        async def work(tx: Transaction) -> None:
            tx.say(event, subject=key, programme=PROGRAMME.id, at=datetime.now(UTC))

        await self.all["retention"].transactions.run(work)

    async def apply(self, count: int) -> list[Id]:
        """Seals `count` records, and waits until every holder has its part."""
        intake, subjects = self.all["intake"], [new_id() for _ in range(count)]
        for some in batched(subjects, 200):
            records = [intake.sealer.seal(ApplicationRecorded, PROGRAMME, subject, 1, ITEMS) for subject in some]

            async def work(tx: Transaction, records: list[ApplicationRecorded] = records) -> None:
                for record in records:
                    await intake.records.keep(tx, PROGRAMME.id, record)
                    tx.say(record, subject=record.subject, programme=PROGRAMME.id, at=datetime.now(UTC))

            await intake.transactions.run(work)
        await self.wait_for_parts(subjects)
        return subjects

    async def wait_for_parts(self, subjects: list[Id]) -> None:
        """Until all holders have all of them."""
        for name in HOLDERS:
            collection = self.all[name].database["personal"]
            while True:
                if await collection.count_documents({"_id": {"$in": subjects}}) == len(subjects):
                    break
                await asyncio.sleep(0.1)

    async def erase(self, subjects: list[Id]) -> tuple[float, float]:
        """Seconds until all others attested, and until the owner did."""
        began, orders = time.perf_counter(), []
        for some in batched(subjects, SUBJECTS_AN_ORDER):
            orders.append(new_id())
            await self.say(ErasureOrdered(order=orders[-1], batch="0" * 32, kind="application", why="schedule",
                                          subjects=some), orders[-1])

        def attested(names: set[str]) -> bool:
            said = {(one.data.order, one.data.service) for one in self.heard if isinstance(one.data, SubjectsErased)}
            return all((order, name) in said for order in orders for name in names)

        await until(lambda: attested(set(SERVICES) - {"intake"}))
        others = time.perf_counter() - began
        await until(lambda: attested(set(SERVICES)))
        return others, time.perf_counter() - began

    async def rotate(self) -> float:
        """Seconds until every service destroyed its older epoch."""
        began, rotation = time.perf_counter(), new_id()
        await self.say(RotationOrdered(rotation=rotation, why="demand"), ROTATIONS_KEY)
        await until(lambda: {one.data.service for one in self.heard if isinstance(one.data, EpochDestroyed)
                             and one.data.rotation == rotation} == set(SERVICES))
        return time.perf_counter() - began

    async def open(self, subjects: list[Id]) -> tuple[float, float]:
        """Openings a second by notifier, one at a time and many at once."""
        door, actor = self.all["notifier"].door, ServiceActor("notifier")
        began = time.perf_counter()
        for subject in subjects[:OPENED_SINGLY]:
            await door.open(actor, "service", PROGRAMME.id, "notice", subject, ("name", "email"))
        singly = min(OPENED_SINGLY, len(subjects)) / (time.perf_counter() - began)
        began, opened = time.perf_counter(), 0
        for some in batched(subjects, OPENED_AT_ONCE):
            opened += len(await door.open_many(
                actor, "service", PROGRAMME.id, "notice", list(some), ("name", "email")))
        return singly, opened / (time.perf_counter() - began)

    async def audit(self) -> tuple[float, float]:
        """Seconds, and the most MiB that Python held while everything was read and counted."""
        access = Access.of_state(self.stack.state)
        client, began = access.kafka.consumer(), time.perf_counter()
        await client.start()
        tracemalloc.start()
        try:
            reader = Reader(client, lambda _: None)
            await reader.open()
            with Orders() as orders:
                await read_orders(reader, PROGRAMME.id, orders)
                for topic in TOPICS:
                    if topic.name in PERSONAL:
                        await read_personal(reader, topic.name, orders, lambda _: None)
                    else:
                        await read_through(reader, topic.name)
                list(stores_seen(access.mongo_uri(), orders))
            return time.perf_counter() - began, tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()
            await client.stop()


def batched(subjects: list[Id], size: int) -> Iterator[tuple[Id, ...]]:
    """Slices of `subjects` (itertools has it from Python 3.12 on)."""
    for start in range(0, len(subjects), size):
        yield tuple(subjects[start : start + size])


async def until(reached: Callable[[], bool]) -> None:
    """Waits until it is so."""
    while True:
        if reached():
            return
        await asyncio.sleep(0.05)


async def measure(stack: Stack, count: int) -> str:
    """A line of figures for `count` applications."""
    city = City(stack)
    await city.start()
    try:
        living = await city.apply(count)
        singly, at_once = await city.open(living)
        rotation = await city.rotate()
        others, owner = await city.erase(living)
        seconds, memory = await city.audit()
    finally:
        for service in city.all.values():
            await service.stop()
    return (f"{count:>7,} applications: rows and tombstones {others:.1f} s, compaction seen {owner:.1f} s, rotation "
            f"{rotation:.1f} s; audit {seconds:.1f} s, {memory:.1f} MiB; door {singly:.0f}/s singly, {at_once:.0f}/s "
            f"by {OPENED_AT_ONCE} (load {os.getloadavg()[0]:.1f})")


def main() -> None:
    """Measures each number on a fresh infrastructure, and prints."""
    for count in [int(word.replace(",", "")) for word in sys.argv[1:]] or [1_000, 10_000]:
        with tempfile.TemporaryDirectory(prefix="kujibiki-bench-") as folder, running(
            Stack(Path(folder), free_base(FIRST_BASE), services=False, outside=Outside())
        ) as stack:
            print(asyncio.run(measure(stack, count)), flush=True)


if __name__ == "__main__":
    main()
