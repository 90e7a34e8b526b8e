"""What intake says becomes the list of applications, and how complete it is known (S06).

Why counting is enough: intake numbers its facts of a (programme, partition) 1…n, each number once; the inbox makes
each fact count once. So when n were heard and the highest number is n, they are 1…n and none is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeGuard, TypeVar

from pymongo import UpdateOne

from services.lottery.domain.faults import Refused
from services.lottery.handlers.draws import standing
from services.lottery.store import APPLICATIONS, LATE, PARTITIONS, WINDOWS
from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationFact,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
    PartitionClosed,
)
from shared.contracts.lottery import Step
from shared.contracts.notifier import NoticeFellDue
from shared.contracts.partitions import partition_of
from shared.contracts.programme import Programme
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform.mongo import AFTER, Document
from shared.platform.programmes import Programmes

F = TypeVar("F", bound=ApplicationFact)
_SCRATCH, _TOLD = "applications", "told of a second draw"


class UnfitApplication(ValueError):
    """Intake said an application that the programme does not allow: it goes to the dead letters, and is seen."""


@dataclass(frozen=True)
class _Fact:
    """A numbered fact of (programme, partition), and what it says of its application."""

    application: str
    number: int
    fields: Document


@dataclass
class _Heard:
    """What one transaction heard: written together when all its events are through."""

    facts: dict[tuple[str, int], list[_Fact]] = field(default_factory=lambda: defaultdict(list))


class Refusals(Protocol):
    """Where a refusal is recorded and said: the office, or nowhere while a store is rebuilt from what was said."""

    async def note_in(self, tx: Transaction, programme: str, step: Step, error: Refused) -> None:
        """Records the refusal with the transaction."""


class Applications:
    """Hears intake."""

    def __init__(self, programmes: Programmes, refusals: Refusals) -> None:
        self._programmes, self._refusals = programmes, refusals

    async def taken(self, tx: Transaction, message: Envelope[ApplicationTaken]) -> None:
        """A new application; its trace is kept, so that its result goes on with it (B13)."""
        fact = message.data
        programme = self._programmes.find(message.programme)
        if programme is not None:
            _must_fit(fact, programme)
        self._heard(tx, message, {
            "entry": fact.entry, "seats": fact.seats, "wishes": list(fact.wishes), "channel": fact.channel,
            "taken_at": fact.taken_at, "traceparent": message.traceparent,
        })

    async def amended(self, tx: Transaction, message: Envelope[ApplicationAmended]) -> None:
        """Other seats or wishes."""
        self._heard(tx, message, {"seats": message.data.seats, "wishes": list(message.data.wishes)})

    async def withdrawn(self, tx: Transaction, message: Envelope[ApplicationWithdrawn]) -> None:
        """Takes no part."""
        self._heard(tx, message, {"withdrawn": True})

    async def decided(self, tx: Transaction, message: Envelope[ApplicationDecided]) -> None:
        """Whether it counts; the last decision stands."""
        self._heard(tx, message, {"counted": message.data.counted})

    async def withdrawn_late(self, tx: Transaction, message: Envelope[ApplicationWithdrawnLate]) -> None:
        """After the window was closed: waits here until it can be a strike or a change."""
        tx.insert(LATE, {
            "_id": message.data.application, "programme": message.programme, "entry": message.data.entry,
            "state": DUE, "due_at": message.time, "traceparent": message.traceparent,
        })

    async def told_of(self, tx: Transaction, message: Envelope[NoticeFellDue]) -> None:
        """The notice that tells of a second draw is commissioned: its freeze waits for one an application (B01)."""
        if message.data.draw is not None:
            tx.scratch.setdefault(_TOLD, []).append(UpdateOne(
                {"_id": message.data.application}, {"$set": {"told_of": message.data.draw}}))
            tx.before_commit(_write_told, _TOLD)

    async def closed(self, tx: Transaction, message: Envelope[PartitionClosed]) -> None:
        """The window is closed: how many facts this partition must have."""
        fact = message.data
        await tx.database[PARTITIONS].update_one(
            {"_id": f"{message.programme}/{fact.partition}"},
            {"$set": {"programme": message.programme, "partition": fact.partition, "facts": fact.facts,
                      "partitions": fact.partitions, "closed_at": fact.closed_at},
             "$inc": {"heard": 0}, "$max": {"highest": 0}},
            upsert=True, session=tx.session)
        row = await tx.database[PARTITIONS].find_one({"_id": f"{message.programme}/{fact.partition}"},
                                                     session=tx.session)
        if row is not None and row["highest"] > fact.facts:
            await self._refuse(tx, message.programme, fact.partition, row["highest"] - fact.facts)
        await self._look_whether_complete(tx, [(message.programme, fact.partition)])

    def _heard(self, tx: Transaction, message: Envelope[F], fields: Document) -> None:
        heard: _Heard = tx.scratch.setdefault(_SCRATCH, _Heard())
        fact = message.data
        partition = partition_of(fact.application, fact.TOPIC)
        heard.facts[message.programme, partition].append(_Fact(fact.application, fact.number, fields))
        tx.before_commit(self._write, _SCRATCH)

    async def _write(self, tx: Transaction) -> None:
        heard: _Heard = tx.scratch[_SCRATCH]
        facts = await self._in_time(tx, heard.facts)
        if not facts:
            return
        applications: dict[str, Document] = defaultdict(dict)
        for (programme, partition), said in facts.items():
            for fact in said:
                applications[fact.application].update(fact.fields, programme=programme, partition=partition)
        await tx.database[APPLICATIONS].bulk_write(
            [UpdateOne({"_id": application}, {"$set": fields}, upsert=True)
             for application, fields in applications.items()],
            ordered=False, session=tx.session)
        await tx.database[PARTITIONS].bulk_write(
            [UpdateOne({"_id": f"{programme}/{partition}"},
                       {"$set": {"programme": programme, "partition": partition}, "$inc": {"heard": len(said)},
                        "$max": {"highest": max(fact.number for fact in said)}}, upsert=True)
             for (programme, partition), said in facts.items()],
            ordered=False, session=tx.session)
        await self._look_whether_complete(tx, facts)

    async def _in_time(
        self, tx: Transaction, heard: dict[tuple[str, int], list[_Fact]]
    ) -> dict[tuple[str, int], list[_Fact]]:
        """Those whose number the closing of their partition counted, or that came before it. The others are refused."""
        ids = [f"{programme}/{partition}" for programme, partition in heard]
        rows = tx.database[PARTITIONS].find({"_id": {"$in": ids}, "facts": {"$ne": None}}, session=tx.session)
        last = {row["_id"]: row["facts"] async for row in rows}
        in_time: dict[tuple[str, int], list[_Fact]] = {}
        for (programme, partition), said in heard.items():
            counted = last.get(f"{programme}/{partition}")
            within = [fact for fact in said if counted is None or fact.number <= counted]
            if within:
                in_time[programme, partition] = within
            if len(within) < len(said):
                await self._refuse(tx, programme, partition, len(said) - len(within))
        return in_time

    async def _refuse(self, tx: Transaction, programme: str, partition: int, count: int) -> None:
        await self._refusals.note_in(tx, programme, "frozen", Refused(
            "entry", f"{count} facts of partition {partition} are numbered beyond its closing: they take no part",
            "late-entry"))

    async def _look_whether_complete(self, tx: Transaction, partitions: Iterable[tuple[str, int]]) -> None:
        ids = [f"{programme}/{partition}" for programme, partition in partitions]
        rows = tx.database[PARTITIONS].find({"_id": {"$in": ids}, "facts": {"$ne": None}}, session=tx.session)
        for found in [row async for row in rows]:
            if is_complete(found):
                await self._completed(tx, found)

    async def _rules_that_stand(self, tx: Transaction, programme: str) -> Programme:
        stands = await standing(tx.database, self._programmes, programme, tx.session)
        return self._programmes.of_draw(programme, stands.draw) or self._programmes.get(programme)

    async def _completed(self, tx: Transaction, found: Document) -> None:
        programme = found["programme"]
        # One document that every partition's completion writes: two at the same time can't both miss the other.
        window = await tx.database[WINDOWS].find_one_and_update(
            {"_id": programme},
            {"$addToSet": {"complete": found["partition"]}, "$set": {"programme": programme},
             "$setOnInsert": {"state": "open"}, "$max": {"closed_at": found["closed_at"]}},
            upsert=True, return_document=AFTER, session=tx.session)
        if window["state"] == "open" and len(window["complete"]) == found["partitions"]:
            freeze_from = (await self._rules_that_stand(tx, programme)).draw.timetable.freeze_from
            await tx.database[WINDOWS].update_one(
                {"_id": programme}, {"$set": {"state": DUE, "due_at": max(freeze_from, window["closed_at"])}},
                session=tx.session)


async def _write_told(tx: Transaction) -> None:
    await tx.database[APPLICATIONS].bulk_write(tx.scratch[_TOLD], ordered=False, session=tx.session)


def is_complete(partition: Document | None) -> TypeGuard[Document]:
    """Whether all numbered facts of a partition were heard."""
    return (
        partition is not None and partition.get("facts") is not None
        and partition["heard"] == partition["facts"] == partition["highest"]
    )


def _must_fit(fact: ApplicationTaken, programme: Programme) -> None:
    unknown: Any = set(fact.wishes) - programme.slot_by_id.keys()
    if unknown or len(set(fact.wishes)) != len(fact.wishes) or not 0 < len(fact.wishes) <= programme.draw.max_wishes:
        raise UnfitApplication("wishes")
    if fact.seats > programme.party.max_seats:
        raise UnfitApplication("seats")
