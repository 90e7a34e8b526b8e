"""A service's own parts of personal records, at rest as they travelled: sealed."""

from __future__ import annotations

from typing import Any

from shared.contracts.envelope import Envelope, Id
from shared.contracts.privacy import ApplicationRecorded, CardRecorded, Part, PersonalRecord, StaffRecorded
from shared.messaging.consumer import Subscription
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Database, Session

PERSONAL = "personal"


class Records:
    """The collection `personal`: `{_id: subject, programme, version, part}`. Passing: it goes when an order says so."""

    def __init__(self, service: str, database: Database) -> None:
        self._service, self._collection = service, database[PERSONAL]

    async def keep(self, tx: Transaction, programme: str, record: PersonalRecord) -> None:
        """Keeps this service's part of a new subject's record, or of a later version; an older one is ignored."""
        part = record.part_for(self._service)
        if part is None:
            return
        document = {"programme": programme, "version": record.version, "part": part.model_dump()}
        if record.version == 1:
            tx.insert(PERSONAL, {"_id": record.subject, **document})
            return
        await self._collection.update_one(
            {"_id": record.subject, "version": {"$lt": record.version}}, {"$set": document}, session=tx.session)

    async def take(self, tx: Transaction, message: Envelope[Any]) -> None:
        """Keeps our part of a record that another service sent; versions may come late or twice."""
        part = message.data.part_for(self._service)
        if part is None:
            return
        document = {"programme": message.programme, "version": message.data.version, "part": part.model_dump()}
        known = await self._collection.find_one({"_id": message.data.subject}, {"version": 1}, session=tx.session)
        if known is None:
            tx.insert(PERSONAL, {"_id": message.data.subject, **document})
        elif known["version"] < message.data.version:
            await self._collection.update_one(
                {"_id": message.data.subject}, {"$set": document}, session=tx.session)

    def subscription(self, topic: str) -> Subscription:
        """What a recipient service hears."""
        return Subscription(topic, dict.fromkeys((ApplicationRecorded, CardRecorded, StaffRecorded), self.take))

    async def parts(
        self, subjects: list[Id], session: Session | None = None
    ) -> dict[Id, tuple[str, int, Part]]:
        """Programme, version and sealed part of each subject that there is."""
        rows = self._collection.find({"_id": {"$in": subjects}}, session=session)
        return {row["_id"]: (row["programme"], row["version"], Part(**row["part"])) async for row in rows}
