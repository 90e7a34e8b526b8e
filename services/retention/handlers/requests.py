"""One person's data erased early: they asked, or withdrew, and the ward decided (B10)."""

from __future__ import annotations

from datetime import datetime

from services.retention import erasure_store, store
from services.retention.erasure_store import REQUESTS
from services.retention.handlers.batches import add_order, close_batch, open_batch
from shared.contracts.envelope import Envelope, Id, derived_id
from shared.contracts.erasure import Why
from shared.contracts.intake import ErasureAsked
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction


class RequestRefused(Exception):
    """It cannot be decided so: `code` is unknown, decided, not-asked, ordered, held."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def erasure_asked(tx: Transaction, message: Envelope[ErasureAsked]) -> None:
    """Somebody asked for their data to be erased; asked twice, it is one request."""
    asked = message.data
    await tx.database[REQUESTS].update_one(
        {"_id": asked.application},
        {"$setOnInsert": {"programme": message.programme, "asked_at": asked.asked_at, "state": "open"}}, upsert=True,
        session=tx.session)


async def grant(
    tx: Transaction, programme: Programme, application: Id, decision: str, officer: str, now: datetime
) -> Id:
    """Orders the erasure at once, by the ward's decision; returns the batch. Raises `RequestRefused`."""
    row = await tx.database[store.APPLICATIONS].find_one(
        {"_id": application, "programme": programme.id}, session=tx.session)
    if row is None:
        raise RequestRefused("unknown")
    asked = await _open_request(tx, programme.id, application)
    why: Why = "request" if asked else "withdrawal"
    if not asked and row.get("standing") != "withdrawn":
        raise RequestRefused("not-asked")
    if row.get("batch"):
        raise RequestRefused("ordered")
    if row.get("holds") or await erasure_store.programme_hold(tx, programme.id):
        raise RequestRefused("held")
    batch = derived_id("batch", why, application)
    await open_batch(tx, batch, programme, now, {
        "duty": None, "rule": why, "standings": [row["standing"]], "returned": False, "decision": decision,
        "why": why, "decided_by": [officer],
    })
    await add_order(tx, batch, programme.id, [application], now)
    await close_batch(tx, batch, programme, now)
    await store.put(tx, REQUESTS, application, {
        "programme": programme.id, "state": "granted", "decision": decision, "by": officer, "decided_at": now,
        "batch": batch,
    })
    return batch


async def decline(
    tx: Transaction, programme: str, application: Id, reason: str, officer: str, now: datetime
) -> None:
    """The ward keeps the data for now, for a reason of the programme's. Raises `RequestRefused`."""
    if not await _open_request(tx, programme, application):
        raise RequestRefused("not-asked")
    await store.put(tx, REQUESTS, application, {
        "state": "declined", "reason": reason, "by": officer, "decided_at": now})


async def _open_request(tx: Transaction, programme: str, application: Id) -> bool:
    row = await tx.database[REQUESTS].find_one({"_id": application, "programme": programme}, session=tx.session)
    if row is not None and row["state"] != "open":
        raise RequestRefused("decided")
    return row is not None
