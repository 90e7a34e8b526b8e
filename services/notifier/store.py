"""What notifier keeps. Nothing here is readable personal data: names and addresses lie sealed in `personal`.

| collection     |               | what                                                                       |
|----------------|---------------|----------------------------------------------------------------------------|
| `applications` | derived       | one document an application, the sum of the facts heard of it              |
| `draws`        | derived       | one a draw: the digests that notices carry, when it was drawn              |
| `notices`      | authoritative | one a notice: kind, way, term, state, attempts (`domain/delivery.py`)      |
| `print_runs`   | authoritative | which notices were printed together, by whom, when they were posted        |
| `watches`      | derived       | one a programme: when the alarm looks next                                 |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from services.notifier.domain.delivery import OPEN
from services.notifier.domain.ledger import Ledger, ledger
from services.notifier.domain.notices import Draw
from shared.contracts.envelope import Id
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared, personal
from shared.platform.mongo import Database, Document, Session

APPLICATIONS, DRAWS, NOTICES, RUNS, WATCHES = "applications", "draws", "notices", "print_runs", "watches"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(APPLICATIONS, "derived", ("intake.applications.v1", "lottery.results.v1", "checkin.passes.v1")),
    Declared(DRAWS, "derived", ("lottery.draws.v1",)),
    Declared(NOTICES, "authoritative", ("notifier.notices.v1",)),
    Declared(RUNS, "authoritative", ("notifier.notices.v1",)),
    Declared(WATCHES, "passing"),
    personal("intake.personal.v1", "derived"),
)

INDEXES: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    (APPLICATIONS, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    (APPLICATIONS, [("programme", 1), ("told", 1)], {}),
    (NOTICES, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    (NOTICES, [("programme", 1), ("state", 1), ("receipt", 1)], {}),
    (RUNS, [("programme", 1), ("made_at", -1)], {}),
    (WATCHES, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
)

FREE = {"lease_until": "", "leased_by": ""}
"""Taken away wherever a document becomes due anew, so that it needn't wait for an old lease to end."""
_HEARD = "notifier.heard"


def draw_key(programme: str, draw: str) -> str:
    """The id of a draw's document."""
    return f"{programme}/{draw}"


class Store:
    """The collections, and nothing but questions to them and writes."""

    def __init__(self, database: Database) -> None:
        self.applications, self.draws = database[APPLICATIONS], database[DRAWS]
        self.notices, self.runs, self.watches = database[NOTICES], database[RUNS], database[WATCHES]

    # -- applications --------------------------------------------------------------------------------------------

    def hear(
        self, tx: Transaction, programme: str, application: Id, facts: dict[str, Any], *,
        due_at: datetime | None = None, nudge_at: datetime | None = None,
    ) -> None:
        """Adds facts of an application, in whatever order they come; all of a transaction in one write.

        `due_at`: there may be something to tell now. `nudge_at`: only if something waits for just this fact.
        """
        change: dict[str, Any] = {"$set": facts, "$setOnInsert": {"programme": programme}}
        if due_at is None:
            change["$setOnInsert"]["state"] = "open"
        else:
            change["$set"] = {**facts, "state": "due", "due_at": due_at}
            change["$unset"] = FREE
        writes = tx.scratch.setdefault(_HEARD, [])
        writes.append(UpdateOne({"_id": application}, change, upsert=True))
        if nudge_at is not None:
            nudge = {"$set": {"due_at": nudge_at}, "$unset": FREE}
            writes.append(UpdateOne({"_id": application, "state": "due"}, nudge))
        tx.before_commit(self._write_heard, _HEARD)

    async def _write_heard(self, tx: Transaction) -> None:
        await self.applications.bulk_write(tx.scratch.pop(_HEARD), session=tx.session)

    async def applications_by_id(self, ids: Iterable[Id], session: Session) -> dict[Id, Document]:
        """Their documents, those that there are."""
        found = self.applications.find({"_id": {"$in": list(ids)}}, session=session)
        return {document["_id"]: document async for document in found}

    async def settle(self, changes: Sequence[tuple[Id, dict[str, Any]]], session: Session) -> None:
        """Writes what became of applications that were looked at, and gives their leases back."""
        if changes:
            writes = [UpdateOne({"_id": id_}, {"$set": change, "$unset": FREE}) for id_, change in changes]
            await self.applications.bulk_write(writes, ordered=False, session=session)

    async def release(self, tx: Transaction, programme: str, now: datetime, most: int) -> int:
        """Makes up to `most` applications that wait for the draw due now; returns how many."""
        waiting = {"programme": programme, "state": "due", "waits": "draw"}
        ids = [row["_id"] async for row in self.applications.find(waiting, {"_id": 1}, session=tx.session).limit(most)]
        if ids:
            await self.applications.update_many(
                {"_id": {"$in": ids}}, {"$set": {"due_at": now, "waits": None}, "$unset": FREE},
                session=tx.session)
        return len(ids)

    async def put_in_second_draw(
        self, tx: Transaction, programme: str, second: dict[str, Any], now: datetime, after: Id, most: int
    ) -> Id | None:
        """Notes a second draw (`draw`, `at`) with up to `most` applications after `after`; the last one, or None.

        They are looked at now, and whoever takes part is told.
        """
        query = {"programme": programme, "_id": {"$gt": after}}
        rows = self.applications.find(query, {"_id": 1}, session=tx.session).sort("_id", 1).limit(most)
        ids = [row["_id"] async for row in rows]
        await self.applications.update_many(
            {"_id": {"$in": ids}}, {"$set": {"second_draw": second, "state": "due", "due_at": now}, "$unset": FREE},
            session=tx.session)
        return ids[-1] if ids else None

    async def concerned(
        self, tx: Transaction, programme: str, slots: Sequence[str], after: Id, most: int
    ) -> list[Document]:
        """A page, by id, of the applications that wish or hold, or held, one of `slots`."""
        ours = {"$in": list(slots)}
        query = {"programme": programme, "_id": {"$gt": after},
                 "$or": [{"wishes": ours}, {"result.won": ours}, {"holds": ours}]}
        rows: list[Document] = await self.applications.find(query, session=tx.session).sort("_id", 1).to_list(most)
        return rows

    # -- draws ---------------------------------------------------------------------------------------------------

    async def know_draw(self, tx: Transaction, programme: str, draw: str, facts: dict[str, Any]) -> None:
        """Adds facts of a draw."""
        await self.draws.update_one(
            {"_id": draw_key(programme, draw)}, {"$set": {**facts, "programme": programme}}, upsert=True,
            session=tx.session)

    async def draws_of(self, programme: str, session: Session | None = None) -> dict[str, Draw]:
        """What is known of the programme's draws, by `draw_key`."""
        found = self.draws.find({"programme": programme}, session=session)
        return {
            row["_id"]: Draw(row.get("announcement"), row.get("closing"), row.get("result"), row.get("drawn_at"))
            async for row in found
        }

    # -- notices -------------------------------------------------------------------------------------------------

    async def change_notice(
        self, notice: Id, states: Sequence[str], attempt: int, change: dict[str, Any], session: Session
    ) -> bool:
        """Changes a notice that is in one of `states` and before attempt number `attempt`; whether there was one."""
        result = await self.notices.update_one(
            {"_id": notice, "state": {"$in": list(states)}, "attempt": {"$lt": attempt}},
            {"$set": {**change, "attempt": attempt}, "$unset": FREE}, session=session)
        return bool(result.matched_count)

    async def notices_by_id(self, ids: Sequence[Id], session: Session | None = None) -> list[Document]:
        """Notices in the order of `ids`."""
        found = {row["_id"]: row async for row in self.notices.find({"_id": {"$in": list(ids)}}, session=session)}
        return [found[id_] for id_ in ids if id_ in found]

    async def list_notices(
        self, programme: str, query: dict[str, Any], skip: int, limit: int
    ) -> tuple[list[Document], int]:
        """A page of notices by receipt number, and how many there are in all."""
        query = {"programme": programme, **query}
        rows = self.notices.find(query, {"passes": 0}).sort([("receipt", 1), ("_id", 1)]).skip(skip).limit(limit)
        return await rows.to_list(None), await self.notices.count_documents(query)

    async def untold(self, programme: str, skip: int, limit: int) -> tuple[list[Document], int]:
        """A page of applications that no notice was made for."""
        query = {"programme": programme, "told": None}
        rows = self.applications.find(query, {"receipt": 1, "result": 1}).sort("_id", 1).skip(skip).limit(limit)
        return await rows.to_list(None), await self.applications.count_documents(query)

    async def call_list(self, programme: str, skip: int, limit: int) -> tuple[list[Document], int]:
        """A page of the calls that are to be made, and how many there are in all."""
        query = {"programme": programme, "state": "to-call"}
        order = [("attempt", 1), ("due_by", 1), ("receipt", 1)]
        rows = self.notices.find(query, {"passes": 0}).sort(order).skip(skip).limit(limit)
        return await rows.to_list(None), await self.notices.count_documents(query)

    # -- the ledger ----------------------------------------------------------------------------------------------

    async def ledger(self, programme: str, within: timedelta) -> Ledger:
        """The sums as they are now."""
        groups = self.notices.aggregate([
            {"$match": {"programme": programme}},
            {"$group": {"_id": "$state", "count": {"$sum": 1}, "failed": {"$sum": {"$cond": ["$failures", 1, 0]}},
                        "due_by": {"$min": "$due_by"}}},
        ])
        rows = {row["_id"]: row async for row in groups}
        drawn = [draw.drawn_at for draw in (await self.draws_of(programme)).values() if draw.drawn_at]
        term = max(drawn) + within if drawn else None
        untold = await self.applications.count_documents({"programme": programme, "told": None}) if term else 0
        terms = [rows[state]["due_by"] for state in OPEN if state in rows]
        return ledger(
            {state: row["count"] for state, row in rows.items()}, undecided=untold,
            failed=sum(rows[state]["failed"] for state in OPEN if state in rows),
            due_by=min([*terms, *([term] if term and (untold or not terms) else [])], default=None),
        )

    async def told_by_day(self, programme: str, offset: timedelta) -> dict[date, int]:
        """How many notices came to their end on each day, on the event's clocks."""
        groups = self.notices.aggregate([
            {"$match": {"programme": programme, "ended_at": {"$exists": True}}},
            {"$group": {"count": {"$sum": 1}, "_id": {"$dateToString": {
                "date": {"$add": ["$ended_at", int(offset.total_seconds() * 1000)]}, "format": "%Y-%m-%d"}}}},
        ])
        return {date.fromisoformat(row["_id"]): row["count"] async for row in groups}

    async def watch(self, tx: Transaction, programme: str, at: datetime) -> None:
        """The alarm is to look at `at`, or earlier if it was to look earlier."""
        await self.watches.update_one(
            {"_id": programme}, {"$set": {"programme": programme, "state": "due"}, "$min": {"due_at": at}}, upsert=True,
            session=tx.session)
