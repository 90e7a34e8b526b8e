"""Who asked for the closing and who confirmed it, and the window's figures.

`closings`: one a programme: `{_id: programme, asked_by, asked_at, confirmed_by, confirmed_at, closed_at}`, staff ids
and times of the programme. What comes later is None until it is so. No applicant's data.
`work_said` (passing): one a programme: the counts of open work as they were said last.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.intake.store import APPLICATIONS
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document
from shared.two_people import Asked

CLOSINGS, WORK_SAID = "closings", "work_said"
COLLECTIONS: tuple[Declared, ...] = (
    Declared(CLOSINGS, "authoritative",
             not_rebuilt="who closed is said on intake.windows.v1; a request that waits is asked for again"),
    Declared(WORK_SAID, "passing"),
)
LEAST_APART = timedelta(seconds=1)
_LATE = ["late", "late-postmark", "late-receipt"]


async def closing(source: Transaction | Database, programme: str) -> Document | None:
    """The request to close, waiting, confirmed or over."""
    database, session = (source.database, source.session) if isinstance(source, Transaction) else (source, None)
    return await database[CLOSINGS].find_one({"_id": programme}, session=session)


def asked_in(closing: Document | None) -> Asked | None:
    """The request that is not confirmed yet; it may be over."""
    if closing is None or closing["confirmed_by"] is not None:
        return None
    return Asked(closing["asked_by"], closing["asked_at"])


async def put_asked(tx: Transaction, programme: str, asked: Asked) -> None:
    """A request, in place of one that is over."""
    fresh = {"asked_by": asked.by, "asked_at": asked.at, "confirmed_by": None, "confirmed_at": None, "closed_at": None}
    await tx.database[CLOSINGS].replace_one({"_id": programme}, fresh, upsert=True, session=tx.session)


async def change(tx: Transaction, programme: str, values: Document) -> None:
    """What became of the request."""
    await tx.database[CLOSINGS].update_one({"_id": programme}, {"$set": values}, session=tx.session)


async def drop(tx: Transaction, programme: str) -> None:
    """The request is taken back."""
    await tx.database[CLOSINGS].delete_one({"_id": programme}, session=tx.session)


async def said_of_work(source: Transaction | Database, programme: str) -> Document | None:
    """The `counts` of open work that were said last, and `at` when on the real clock."""
    database, session = (source.database, source.session) if isinstance(source, Transaction) else (source, None)
    return await database[WORK_SAID].find_one({"_id": programme}, session=session)


async def keep_said_of_work(tx: Transaction, programme: str, counts: Document) -> bool:
    """Notes what is said with this transaction; False where it, or less than a second ago other counts, was said."""
    now, last = datetime.now(UTC), await said_of_work(tx, programme)
    if last is not None and (last["counts"] == counts or now - last["at"] < LEAST_APART):
        return False
    await tx.database[WORK_SAID].replace_one(
        {"_id": programme}, {"counts": counts, "at": now}, upsert=True, session=tx.session)
    return True


async def by_channel(database: Database, programme: str) -> dict[str, Document]:
    """Applications that are kept, by channel: how many `taken`, and of them `late`, `uncounted` for another reason
    and `withdrawn`. Whose data was erased is none of them any more.
    """
    late = {"$in": ["$reason", _LATE]}
    uncounted = {"$and": [{"$eq": ["$counted", False]}, {"$not": late}]}
    withdrawn = {"$ne": ["$withdrawn_at", None]}
    groups = database[APPLICATIONS].aggregate([
        {"$match": {"programme": programme}},
        {"$group": {"_id": "$channel", "taken": {"$sum": 1}, **{
            name: {"$sum": {"$cond": [condition, 1, 0]}}
            for name, condition in (("late", late), ("uncounted", uncounted), ("withdrawn", withdrawn))}}}])
    return {row["_id"]: row async for row in groups}
