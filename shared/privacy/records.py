"""A service's own parts of personal records, at rest as they travelled: sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from pymongo import UpdateOne

from shared.contracts.envelope import Envelope, Id
from shared.contracts.privacy import (
    ApplicationRecorded,
    CanaryRecorded,
    CardRecorded,
    Part,
    PersonalRecord,
    StaffRecorded,
)
from shared.messaging.consumer import Subscription
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Database, Document, Session

PERSONAL, ERASED = "personal", "erased"
RECORDS: tuple[type[PersonalRecord], ...] = (ApplicationRecorded, CardRecorded, StaffRecorded, CanaryRecorded)
_TAKEN = "records taken"


class Records:
    """The collection `personal`: `{_id: subject, programme, version, wrapping, part}`.

    Passing: it goes when an order says so; `erased` (`{_id: subject}`) says whose it was: it must not come back.
    """

    def __init__(self, service: str, database: Database) -> None:
        self._service, self._collection, self._erased = service, database[PERSONAL], database[ERASED]

    async def keep(self, tx: Transaction, programme: str, record: PersonalRecord) -> None:
        """Keeps this service's part of a new subject's record, or of a later version; an older one is ignored."""
        if record.version == 1:
            self.keep_first(tx, programme, record)
            return
        part = record.part_for(self._service)
        if part is None:
            return
        document = _document(programme, record, part)
        await self._collection.update_one(
            {"_id": record.subject, "version": {"$lt": record.version}}, {"$set": document}, session=tx.session)

    def keep_first(self, tx: Transaction, programme: str, record: PersonalRecord) -> None:
        """Keeps this service's part of a new subject's record."""
        part = record.part_for(self._service)
        if part is not None:
            tx.insert(PERSONAL, {"_id": record.subject, **_document(programme, record, part)})

    async def take(self, tx: Transaction, message: Envelope[Any]) -> None:
        """Keeps our part of a record that another service sent; versions and wrappings may come late or twice.

        A record of somebody who was erased is not taken, however late it comes. All that a transaction takes is looked
        up and written together.
        """
        record: PersonalRecord = message.data
        part = record.part_for(self._service)
        if part is None:
            return
        document = _document(message.programme, record, part)
        taken: dict[Id, Document] = tx.scratch.setdefault(_TAKEN, {})
        if record.subject not in taken or _age(taken[record.subject]) < _age(document):
            taken[record.subject] = document
        tx.before_commit(self._write_taken, _TAKEN)

    async def _write_taken(self, tx: Transaction) -> None:
        taken: dict[Id, Document] = tx.scratch.pop(_TAKEN)
        rows = self._collection.find(
            {"_id": {"$in": list(taken)}}, {"version": 1, "wrapping": 1}, session=tx.session)
        known = {row["_id"]: _age(row) async for row in rows}
        new = [subject for subject in taken if subject not in known]
        erased = await self.erased(new, tx.session) if new else frozenset()
        for subject in new:
            if subject not in erased:
                tx.insert(PERSONAL, {"_id": subject, **taken[subject]})
        writes = [UpdateOne({"_id": subject}, {"$set": taken[subject]})
                  for subject, age in known.items() if age < _age(taken[subject])]
        if writes:
            await self._collection.bulk_write(writes, ordered=False, session=tx.session)

    async def rewrapped(self, tx: Transaction, records: Sequence[PersonalRecord]) -> Sequence[PersonalRecord]:
        """Keeps our parts of records whose keys were wrapped anew; returns those, one of each subject.

        `records` may hold a subject several times: earlier versions that are not compacted away, or a record said
        twice where a relay was killed. A record that was amended or erased meanwhile is left as it is.
        """
        rows = self._collection.find(
            {"_id": {"$in": [record.subject for record in records]}}, {"version": 1, "wrapping": 1}, session=tx.session)
        known = {row["_id"]: (row["version"], row["wrapping"]) async for row in rows}
        fresh = {record.subject: record for record in records
                 if known.get(record.subject) == (record.version, record.wrapping - 1)}
        writes = [UpdateOne({"_id": subject}, {"$set": {"part": part.model_dump(), "wrapping": record.wrapping}})
                  for subject, record in fresh.items() if (part := record.part_for(self._service))]
        if writes:
            await self._collection.bulk_write(writes, ordered=False, session=tx.session)
        return list(fresh.values())

    def subscription(self, topic: str) -> Subscription:
        """What a recipient service hears."""
        return Subscription(topic, dict.fromkeys(RECORDS, self.take))

    async def parts(
        self, subjects: list[Id], session: Session | None = None
    ) -> dict[Id, tuple[str, int, Part]]:
        """Programme, version and sealed part of each subject that there is."""
        rows = self._collection.find({"_id": {"$in": subjects}}, session=session)
        return {row["_id"]: (row["programme"], row["version"], Part(**row["part"])) async for row in rows}

    async def pairs(self) -> AsyncIterator[tuple[Id, Id]]:
        """(subject, pair) of every record that there is."""
        async for row in self._collection.find({}, {"part.pair": 1}):
            yield row["_id"], row["part"]["pair"]

    async def erased(self, subjects: Sequence[Id], session: Session | None = None) -> frozenset[Id]:
        """Those of `subjects` whose erasure was ordered."""
        rows = self._erased.find({"_id": {"$in": list(subjects)}}, {"_id": 1}, session=session)
        return frozenset([row["_id"] async for row in rows])


def _age(row: Document) -> tuple[int, int]:
    return row["version"], row.get("wrapping", 1)


def _document(programme: str, record: PersonalRecord, part: Part) -> Document:
    return {"programme": programme, "version": record.version, "wrapping": record.wrapping, "part": part.model_dump()}
