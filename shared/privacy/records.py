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
from shared.platform.mongo import Database, Session

PERSONAL, ERASED = "personal", "erased"
RECORDS: tuple[type[PersonalRecord], ...] = (ApplicationRecorded, CardRecorded, StaffRecorded, CanaryRecorded)


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

        A record of somebody who was erased is not taken, however late it comes.
        """
        record: PersonalRecord = message.data
        part = record.part_for(self._service)
        if part is None:
            return
        known = await self._collection.find_one(
            {"_id": record.subject}, {"version": 1, "wrapping": 1}, session=tx.session)
        if known is None:
            if not await self.erased([record.subject], tx.session):
                tx.insert(PERSONAL, {"_id": record.subject, **_document(message.programme, record, part)})
        elif (known["version"], known.get("wrapping", 1)) < (record.version, record.wrapping):
            await self._collection.update_one(
                {"_id": record.subject}, {"$set": _document(message.programme, record, part)}, session=tx.session)

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


def _document(programme: str, record: PersonalRecord, part: Part) -> dict[str, Any]:
    return {"programme": programme, "version": record.version, "wrapping": record.wrapping, "part": part.model_dump()}
