"""The ledger's rows: one a subject, with what decides until when its data is held (S17)."""

from __future__ import annotations

from typing import Any

from services.retention import store
from services.retention.domain.standing import standing
from services.retention.handlers.batches import notice_went
from shared.contracts.envelope import Id
from shared.messaging.transaction import Transaction
from shared.platform.mongo import AFTER, Document


async def of(tx: Transaction, application: Id) -> Document:
    """The row, empty where nothing was heard of the application yet."""
    return await tx.database[store.APPLICATIONS].find_one({"_id": application}, session=tx.session) or {}


async def put(tx: Transaction, programme: str, application: Id, fields: dict[str, Any]) -> None:
    """Writes down what was heard, in whatever order it comes, and how the application stands with it."""
    row = await tx.database[store.APPLICATIONS].find_one_and_update(
        {"_id": application}, {"$set": {"programme": programme, **fields}}, upsert=True, return_document=AFTER,
        session=tx.session)
    stands = standing(row.get("state"), row.get("result"))
    if row.get("standing") != stands:
        await store.put(tx, store.APPLICATIONS, application, {"standing": stands})


async def notice(
    tx: Transaction, programme: str, application: Id, notice: Id, *, through: bool, result: bool
) -> None:
    """A notice is open, or through: an open one keeps its applicant's data back (S07 goes first).

    `result`: whether it tells how the application came out; another one leaves that open.
    """
    change: dict[str, Any] = {"$addToSet": {"open_notices": notice}}
    if through:
        change = {"$pull": {"open_notices": notice}, **({"$set": {"told": True}} if result else {})}
    await tx.database[store.APPLICATIONS].update_one(
        {"_id": application}, {**change, "$setOnInsert": {"programme": programme, "standing": standing(None, None)}},
        upsert=True, session=tx.session)
    if through:
        await notice_went(tx, programme)
