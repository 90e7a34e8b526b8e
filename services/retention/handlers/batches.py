"""A rule that fell due becomes a batch of orders; the services' answers make it attested (S17, S18).

A look collects whoever is free, in chunks of one order a transaction; a killed process goes on with the same batch.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any

from services.retention import erasure_store, store
from services.retention.domain.erasing import REMOVED, batch_id, order_id, unanswered
from services.retention.domain.schedule import (
    ROTATE_AFTER,
    UNDECIDED,
    contract_end,
    final_by,
    next_look,
    removed_by,
    start_of,
    withdrawn_before,
)
from services.retention.erasure_store import BATCHES, DUTIES, ORDERS
from services.retention.handlers import returns
from services.retention.handlers.rotations import wake_keys
from shared.contracts.envelope import Envelope, Id, derived_id
from shared.contracts.erasure import SUBJECTS_AN_ORDER, ErasureOrdered, SubjectsErased
from shared.contracts.programme import Programme
from shared.messaging.due import DUE, DueWork
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.mongo import AFTER, Document

log = logging.getLogger(__name__)


class Batches:
    """Collects batches, and says their orders."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions, self._clock = transactions, clock
        self.work = DueWork("erasure orders", ORDERS, self._say)

    async def collect(self, duty: Document, programme: Programme, now: datetime) -> None:
        """Everybody whom the duty takes now, a chunk a transaction; then its batch is closed and goes its way."""
        while await self._transactions.run(partial(_collect, key=duty["_id"], programme=programme, now=now)):
            pass

    async def _say(self, order: Document) -> None:
        await self._transactions.run(partial(_say, key=order["_id"], now=self._clock.now(order["programme"])))


async def _collect(tx: Transaction, *, key: str, programme: Programme, now: datetime) -> bool:
    duty = await tx.database[DUTIES].find_one({"_id": key, "state": DUE}, session=tx.session)
    if duty is None:
        return False
    if await erasure_store.programme_hold(tx, programme.id):
        await _close(tx, duty, programme, now, held_whole=True)
        return False
    found = tx.database[store.APPLICATIONS].find(
        free(duty, programme, now), {"_id": 1}, session=tx.session).limit(SUBJECTS_AN_ORDER)
    subjects = [row["_id"] async for row in found]
    if not subjects:
        await _close(tx, duty, programme, now)
        return False
    batch = batch_id(key, duty.get("number", 0))
    if await erasure_store.batch(tx, batch) is None:
        await store.put(tx, DUTIES, key, {"collecting": batch})
        await open_batch(tx, batch, programme, now, {
            "duty": key, "rule": duty["code"], "standings": duty["standings"], "returned": duty["returned"],
            "decision": duty["approval"], "why": "contract-end" if _at_the_end(programme, now) else "schedule",
        })
    await add_order(tx, batch, programme.id, subjects, now)
    return True


def free(duty: Document, programme: Programme, now: datetime) -> dict[str, Any]:
    """Whom the duty may take now: under no hold, in no batch, and told of the result (S07 goes first).

    Once the contract is over nobody waits for a notice any more; a hold still counts.
    """
    query: dict[str, Any] = {**_left(duty, programme, now), "holds.0": {"$exists": False}}
    if now < contract_end(programme) and duty["standings"] != [UNDECIDED]:
        query |= {"told": True, "open_notices.0": {"$exists": False}}
    elif not _at_the_end(programme, now):  # the event was cancelled without a draw: that is what they are told of
        query |= {"open_notices.0": {"$exists": False}}
    return query


def _left(duty: Document, programme: Programme, now: datetime) -> dict[str, Any]:
    """Whom the duty is about and who is in no batch yet."""
    query: dict[str, Any] = {"programme": programme.id, "standing": {"$in": duty["standings"]}, "batch": None}
    if duty["each_after_days"] is not None and not _at_the_end(programme, now):
        query["withdrawn_at"] = {"$lt": withdrawn_before(programme, duty["each_after_days"], now)}
    return query


def _at_the_end(programme: Programme, now: datetime) -> bool:
    return now >= start_of(programme, programme.contract.last)


async def _close(
    tx: Transaction, duty: Document, programme: Programme, now: datetime, *, held_whole: bool = False
) -> None:
    """Nobody is free any more: the batch, if there is one, goes its way, and the duty looks again another day."""
    applications, left = tx.database[store.APPLICATIONS], _left(duty, programme, now)
    kept = await applications.count_documents(left, session=tx.session)
    held = kept if held_whole else await applications.count_documents(
        {**left, "holds.0": {"$exists": True}}, session=tx.session)
    over = now >= contract_end(programme) and not kept
    change: dict[str, Any] = {
        "collecting": None, "looked_at": now, "kept": {"hold": held, "notice": kept - held},
        "state": "done" if over else DUE, "due_at": next_look(programme, now), "lease_until": None,
    }
    if duty.get("collecting"):
        await close_batch(tx, duty["collecting"], programme, now, held=held_whole)
        change["number"] = duty.get("number", 0) + 1
    await store.put(tx, DUTIES, duty["_id"], change)
    await wake_keys(tx, programme.id)


async def notice_went(tx: Transaction, programme: str) -> None:
    """A notice is through: when nobody waits for one any more, duties that were kept back look again at once."""
    kept = {"programme": programme, "kind": "erase", "state": DUE, "kept.notice": {"$gt": 0}}
    async for duty in tx.database[DUTIES].find(kept, session=tx.session):
        untold = await tx.database[store.APPLICATIONS].find_one(
            {"programme": programme, "standing": {"$in": duty["standings"]}, "batch": None,
             "$or": [{"told": {"$ne": True}}, {"open_notices.0": {"$exists": True}}]}, {"_id": 1}, session=tx.session)
        if untold is None:
            await store.put(tx, DUTIES, duty["_id"], {"due_at": duty["falls_at"], "lease_until": None})


async def open_batch(tx: Transaction, id: Id, programme: Programme, now: datetime, fields: dict[str, Any]) -> None:
    """A batch without orders yet. `fields`: duty, rule, standings, returned, decision, why."""
    await store.put(tx, BATCHES, id, {
        "programme": programme.id, "kind": "application", "decided_by": [], "subjects": 0, "orders": 0, "numbered": 0,
        "attested": 0, "state": "collecting", "due_at": now, "deadline": removed_by(programme, now),
        "final_deadline": final_by(programme, now), **fields,
    })


async def add_order(tx: Transaction, batch: Id, programme: str, subjects: list[Id], now: datetime) -> None:
    """One more order of a batch that is collecting; its subjects belong to this batch for good."""
    row = await tx.database[BATCHES].find_one_and_update(
        {"_id": batch}, {"$inc": {"subjects": len(subjects), "orders": 1, "numbered": 1}}, return_document=AFTER,
        session=tx.session)
    order = order_id(batch, row["numbered"])
    await tx.database[store.APPLICATIONS].update_many(
        {"_id": {"$in": subjects}}, {"$set": {"batch": batch, "order": order}}, session=tx.session)
    await store.put(tx, ORDERS, order, {
        "batch": batch, "number": row["numbered"], "programme": programme, "kind": row["kind"], "subjects": subjects,
        "state": "waiting", "due_at": now, "receipts": {}, "attested_at": None,
    })


async def close_batch(tx: Transaction, batch: Id, programme: Programme, now: datetime, *, held: bool = False) -> None:
    """The batch is complete: it waits for its return, or its orders go out; its deadlines run."""
    row = await tx.database[BATCHES].find_one({"_id": batch}, session=tx.session)
    if row is None:
        return  # a hold took the last of them out
    for stage, deadline in (("removed", row["deadline"]), ("final", row["final_deadline"])):
        await store.put(tx, DUTIES, f"{batch}/{stage}", {
            "programme": programme.id, "kind": "deadline", "batch": batch, "stage": stage, "falls_at": deadline,
            "due_at": max(deadline, now), "state": DUE,
        })
    if row["returned"] or held:
        # Under a hold on the whole programme an order waits as it does for its return, which it then has had.
        await store.put(tx, BATCHES, batch, {
            "state": "awaiting-return", "held": held, "released": held and not row["returned"]})
        if row["returned"]:
            await returns.want(tx, row, now)
    else:
        await erasure_store.order(tx, row)


async def _say(tx: Transaction, *, key: Id, now: datetime) -> None:
    order = await tx.database[ORDERS].find_one({"_id": key, "state": DUE}, session=tx.session)
    if order is None:
        return
    batch = await tx.database[BATCHES].find_one({"_id": order["batch"]}, session=tx.session)
    assert batch is not None
    await store.put(tx, ORDERS, key, {"state": "said", "said_at": now})
    await tx.database[BATCHES].update_one(
        {"_id": batch["_id"], "ordered_at": None}, {"$set": {"ordered_at": now}}, session=tx.session)
    tx.say(
        ErasureOrdered(order=key, batch=batch["_id"], kind=order["kind"], why=batch["why"],
                       subjects=tuple(order["subjects"]), decided_by=tuple(batch["decided_by"])),
        subject=key, programme=order["programme"], at=now, event_id=derived_id("erasure-ordered", key))


async def subjects_erased(tx: Transaction, message: Envelope[SubjectsErased]) -> None:
    """A service carried an order out. With the last service the order is attested, with the last order its batch."""
    receipt = message.data
    order = await tx.database[ORDERS].find_one({"_id": receipt.order}, session=tx.session)
    if order is None:
        log.warning("%s answered an order that is not on the books: %s", receipt.service, receipt.order)
        return
    if receipt.service in order["receipts"]:
        return  # the first answer stands
    told = receipt.model_dump(include={"subjects", "rows", "records", "files", "reread"}) | {"at": receipt.at}
    receipts = {**order["receipts"], receipt.service: told}
    change: dict[str, Any] = {f"receipts.{receipt.service}": told}
    complete = not unanswered(receipts)
    if complete:
        change |= {"state": "attested", "attested_at": max(one["at"] for one in receipts.values())}
    await store.put(tx, ORDERS, receipt.order, change)
    if complete:
        await _order_attested(tx, order["batch"], change["attested_at"], message.time)


async def _order_attested(tx: Transaction, id: Id, at: datetime, now: datetime) -> None:
    # The count on the batch itself makes two last orders at the same time meet in one document.
    batch = await tx.database[BATCHES].find_one_and_update(
        {"_id": id}, {"$inc": {"attested": 1}, "$max": {"removed_so_far": at}}, return_document=AFTER,
        session=tx.session)
    if batch["state"] != "ordered" or batch["attested"] < batch["orders"]:
        return
    await store.put(tx, BATCHES, id, {"state": REMOVED[0], "removed_at": batch["removed_so_far"]})
    key = f"{batch['programme']}/keys.month"
    running = await tx.database[DUTIES].find_one(
        {"_id": key, "state": {"$in": [DUE, "waiting"]}}, session=tx.session)
    if running is None:
        await store.put(tx, DUTIES, key, {
            "programme": batch["programme"], "kind": "month", "code": "keys.month", "state": DUE,
            "due_at": now + ROTATE_AFTER, "falls_at": now + ROTATE_AFTER, "lease_until": None,
        })
    await wake_keys(tx, batch["programme"])
