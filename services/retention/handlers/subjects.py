"""The ledger's rows: one a subject, with what decides until when its data is held (S17)."""

from __future__ import annotations

from typing import Any

from pymongo import UpdateOne

from services.retention import store
from services.retention.domain.standing import standing
from services.retention.handlers.batches import notice_went
from shared.contracts.envelope import Id
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

_HEARD = "subjects heard"


async def of(tx: Transaction, application: Id) -> Document:
    """The row with what this transaction heard, empty where nothing was heard of the application yet."""
    row = await tx.database[store.APPLICATIONS].find_one({"_id": application}, session=tx.session) or {}
    return {**row, **tx.scratch.get(_HEARD, {}).get(application, {})}


def put(tx: Transaction, programme: str, application: Id, fields: dict[str, Any]) -> None:
    """Writes down what was heard, in whatever order it comes, and how the application stands with it.

    All that a transaction hears is looked up and written together.
    """
    heard: dict[Id, Document] = tx.scratch.setdefault(_HEARD, {})
    heard.setdefault(application, {}).update(fields, programme=programme)
    tx.before_commit(_write_heard, _HEARD)


async def _write_heard(tx: Transaction) -> None:
    heard: dict[Id, Document] = tx.scratch.pop(_HEARD)
    applications = tx.database[store.APPLICATIONS]
    rows = applications.find({"_id": {"$in": list(heard)}}, {"state": 1, "result": 1}, session=tx.session)
    known = {row["_id"]: row async for row in rows}
    writes = []
    for application, fields in heard.items():
        row = {**known.get(application, {}), **fields}
        stands = standing(row.get("state"), row.get("result"))
        writes.append(UpdateOne({"_id": application}, {"$set": {**fields, "standing": stands}}, upsert=True))
    await applications.bulk_write(writes, ordered=False, session=tx.session)


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
