"""Legal holds: one person proposes, another confirms, and so it is lifted; while it stands nothing is ordered (S17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from services.retention import erasure_store, store
from services.retention.domain.erasing import ORDERABLE
from services.retention.erasure_store import BATCHES, DUTIES, HOLDS, ORDERS
from shared.contracts.envelope import Id, derived_id, new_id
from shared.contracts.erasure import HoldLifted, HoldPlaced
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

Basis = Literal["court", "audit", "dispute", "investigation", "disclosure"]


class HoldRefused(Exception):
    """`code` is unknown, same-person, not-proposed, not-placed, unknown-subjects, ordered or nobody.

    `subjects` are those that it is about.
    """

    def __init__(self, code: str, subjects: Sequence[Id] = ()) -> None:
        super().__init__(code)
        self.code, self.subjects = code, tuple(subjects)


async def propose(
    tx: Transaction, programme: str, subjects: Sequence[Id], basis: Basis, officer: str, now: datetime
) -> Id:
    """A hold on these subjects, or on the whole programme where there are none; it binds once another confirms it."""
    await _refuse_ordered(tx, programme, subjects)
    hold = new_id()
    await store.put(tx, HOLDS, hold, {
        "programme": programme, "subjects": list(subjects), "whole": not subjects, "basis": basis, "state": "proposed",
        "proposed_by": officer, "proposed_at": now,
    })
    return hold


async def confirm(tx: Transaction, programme: str, hold: Id, officer: str, now: datetime) -> Document:
    """The second person: the hold binds, or is lifted. Raises `HoldRefused`."""
    row = await _of(tx, programme, hold)
    proposer = row["lift_by"] if row["state"] == "lifting" else row["proposed_by"]
    if row["state"] not in ("proposed", "lifting"):
        raise HoldRefused("not-proposed")
    if proposer == officer:
        raise HoldRefused("same-person")
    return await (_lift if row["state"] == "lifting" else _place)(tx, row, (proposer, officer), now)


async def propose_lifting(tx: Transaction, programme: str, hold: Id, officer: str, now: datetime) -> None:
    """The hold may end, says one person; it binds until another confirms. Raises `HoldRefused`."""
    if (await _of(tx, programme, hold))["state"] != "placed":
        raise HoldRefused("not-placed")
    await store.put(tx, HOLDS, hold, {"state": "lifting", "lift_by": officer, "lift_at": now})


async def drop(tx: Transaction, programme: str, hold: Id, now: datetime) -> None:
    """A proposal is taken back: of the hold, or of its lifting. Raises `HoldRefused`."""
    row = await _of(tx, programme, hold)
    if row["state"] not in ("proposed", "lifting"):
        raise HoldRefused("not-proposed")
    state = "dropped" if row["state"] == "proposed" else "placed"
    await store.put(tx, HOLDS, hold, {"state": state, "dropped_at": now})


async def _place(tx: Transaction, row: Document, by: tuple[str, str], now: datetime) -> Document:
    subjects = row["subjects"]
    await _refuse_ordered(tx, row["programme"], subjects)
    if row["whole"]:
        await tx.database[BATCHES].update_many(
            {"programme": row["programme"], "state": {"$in": list(ORDERABLE)}}, {"$set": {"held": True}},
            session=tx.session)
    for subject in subjects:
        await _take_out(tx, subject)
    await tx.database[store.APPLICATIONS].update_many(
        {"_id": {"$in": subjects}}, {"$addToSet": {"holds": row["_id"]}}, session=tx.session)
    change = {"state": "placed", "placed_by": list(by), "placed_at": now}
    await store.put(tx, HOLDS, row["_id"], change)
    tx.say(HoldPlaced(hold=row["_id"], subjects=tuple(subjects), basis=row["basis"], decided_by=by),
           subject=row["_id"], programme=row["programme"], at=now, event_id=derived_id("hold-placed", row["_id"]))
    return {**row, **change}


async def _lift(tx: Transaction, row: Document, by: tuple[str, str], now: datetime) -> Document:
    change = {"state": "lifted", "lifted_by": list(by), "lifted_at": now}
    await store.put(tx, HOLDS, row["_id"], change)
    await tx.database[store.APPLICATIONS].update_many(
        {"_id": {"$in": row["subjects"]}}, {"$pull": {"holds": row["_id"]}}, session=tx.session)
    if row["whole"] and await erasure_store.programme_hold(tx, row["programme"]) is None:
        await _go_on(tx, row["programme"])
    # What it kept back is looked at now, not only when the next day begins.
    await tx.database[DUTIES].update_many(
        {"programme": row["programme"], "kind": "erase", "state": DUE, "kept.hold": {"$gt": 0}},
        {"$set": {"due_at": now, "lease_until": None}}, session=tx.session)
    tx.say(HoldLifted(hold=row["_id"], decided_by=by), subject=row["_id"], programme=row["programme"], at=now,
           event_id=derived_id("hold-lifted", row["_id"]))
    return {**row, **change}


async def _go_on(tx: Transaction, programme: str) -> None:
    waiting = {"programme": programme, "state": "awaiting-return"}
    for batch in await tx.database[BATCHES].find(waiting, session=tx.session).to_list(None):
        if batch.get("released"):
            await erasure_store.order(tx, batch)
    await tx.database[BATCHES].update_many(
        {"programme": programme, "held": True}, {"$set": {"held": False}}, session=tx.session)


async def _take_out(tx: Transaction, subject: Id) -> None:
    """Out of a batch that is not ordered yet; an order or a batch that is empty then is none."""
    row = await tx.database[store.APPLICATIONS].find_one({"_id": subject}, session=tx.session)
    if row is None or not row.get("batch"):
        return
    await store.put(tx, store.APPLICATIONS, subject, {"batch": None, "order": None})
    orders, batches = tx.database[ORDERS], tx.database[BATCHES]
    await orders.update_one({"_id": row["order"]}, {"$pull": {"subjects": subject}}, session=tx.session)
    emptied = await orders.delete_one({"_id": row["order"], "subjects": []}, session=tx.session)
    await batches.update_one(
        {"_id": row["batch"]}, {"$inc": {"subjects": -1, "orders": -emptied.deleted_count}}, session=tx.session)
    await batches.delete_one({"_id": row["batch"], "orders": 0}, session=tx.session)


async def _refuse_ordered(tx: Transaction, programme: str, subjects: Sequence[Id]) -> None:
    """What is ordered cannot be called back: the services may have carried it out already."""
    found = tx.database[store.APPLICATIONS].find(
        {"_id": {"$in": list(subjects)}, "programme": programme}, {"batch": 1}, session=tx.session)
    batches = {row["_id"]: row.get("batch") async for row in found}
    unknown = [subject for subject in subjects if subject not in batches]
    if unknown:
        raise HoldRefused("unknown-subjects", unknown)
    ordered = {row["_id"] async for row in tx.database[BATCHES].find(
        {"_id": {"$in": list(set(batches.values()) - {None})}, "state": {"$nin": list(ORDERABLE)}}, {"_id": 1},
        session=tx.session)}
    gone = [subject for subject, batch in batches.items() if batch in ordered]
    if gone:
        raise HoldRefused("ordered", gone)


async def _of(tx: Transaction, programme: str, hold: Id) -> Document:
    row = await tx.database[HOLDS].find_one({"_id": hold, "programme": programme}, session=tx.session)
    if row is None:
        raise HoldRefused("unknown")
    return row
