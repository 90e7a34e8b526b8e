"""Changes of all keys: what was removed becomes final when no older key is left anywhere (S18, B11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from services.retention import erasure_store, store
from services.retention.domain.erasing import unanswered
from services.retention.erasure_store import BATCHES, DUTIES, ROTATIONS
from shared.contracts.envelope import Envelope, Id, derived_id, new_id
from shared.contracts.erasure import ROTATIONS_KEY, EpochDestroyed, RecordsRewrapped, RotationOrdered
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform.clock import Clock
from shared.platform.mongo import Document

Why = Literal["demand", "month", "contract-end"]
EVERY_PROGRAMME = "*"
_BEFORE_KEYS = ("collecting", "awaiting-return", "ordered")


class RotationRuns(Exception):
    """A rotation is not through yet; `rotation` is its id."""

    def __init__(self, rotation: Id) -> None:
        super().__init__("a rotation runs")
        self.rotation = rotation


class Rotations:
    """Orders rotations: for an officer, monthly, and at a contract's end. They live on the real clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def order(self, tx: Transaction, why: Why, decided_by: Sequence[str] = ()) -> Id:
        """Orders a rotation. Raises `RotationRuns` while another one runs."""
        running = await erasure_store.open_rotation(tx)
        if running:
            raise RotationRuns(running["_id"])
        rotation, now = new_id(), self._clock.now(EVERY_PROGRAMME)
        after = [row["_id"] async for row in tx.database[BATCHES].find(
            {"state": "attested"}, {"_id": 1}, session=tx.session)]
        await store.put(tx, ROTATIONS, rotation, {
            "programme": EVERY_PROGRAMME, "why": why, "ordered_at": now, "decided_by": list(decided_by),
            "after": after, "destroyed": {}, "rewrapped": {}, "state": "open", "done_at": None,
        })
        tx.say(RotationOrdered(rotation=rotation, why=why, decided_by=tuple(decided_by)), subject=ROTATIONS_KEY,
               programme=EVERY_PROGRAMME, at=now, event_id=derived_id("rotation-ordered", rotation))
        return rotation

    async def fell_due(self, tx: Transaction, duty: Document, now: datetime) -> None:
        """Time for new keys, monthly or at the contract's end: ordered once all there is to come has come."""
        programme, at_the_end = duty["programme"], duty["kind"] == "keys"
        state = "waiting"
        if await _batches(tx, programme, ("attested",)):
            waits = at_the_end and await _to_come(tx, programme, now)
            if not waits and not await erasure_store.open_rotation(tx):
                await self.order(tx, "contract-end" if at_the_end else "month")
                state = "waiting" if at_the_end else "done"
        elif not at_the_end or not (await _to_come(tx, programme, now) or await _undone(tx, programme)):
            state = "done"
        await store.put(tx, DUTIES, duty["_id"], {"state": state, "looked_at": now})


async def wake_keys(tx: Transaction, programme: str | None = None) -> None:
    """Something that a change of keys waits for may have come: of `programme`, or (a rotation's end) of all."""
    query: dict[str, Any] = {"kind": {"$in": ["keys", "month"]}, "state": "waiting"}
    if programme is not None:
        query["programme"] = programme
    await tx.database[DUTIES].update_many(
        query, {"$set": {"state": DUE, "lease_until": None}}, session=tx.session)


async def epoch_destroyed(tx: Transaction, message: Envelope[EpochDestroyed]) -> None:
    """A service's older keys are gone. With the last service, the batches that the rotation came after are final."""
    gone = message.data
    row = await tx.database[ROTATIONS].find_one({"_id": gone.rotation}, session=tx.session)
    if row is None:
        return  # keys that went outside a rotation, such as those of a service that was taken away
    known = row["destroyed"].get(gone.service, {"epoch": gone.epoch, "at": gone.at})
    latest = {"epoch": max(gone.epoch, known["epoch"]), "at": max(gone.at, known["at"])}
    destroyed = {**row["destroyed"], gone.service: latest}
    change: dict[str, Any] = {f"destroyed.{gone.service}": latest}
    through = not unanswered(destroyed)
    at = max(one["at"] for one in destroyed.values())
    if through:
        change |= {"state": "done", "done_at": at}
    await store.put(tx, ROTATIONS, gone.rotation, change)
    if through:
        await tx.database[BATCHES].update_many(
            {"_id": {"$in": row["after"]}, "state": "attested"},
            {"$set": {"state": "final", "rotation": gone.rotation}}, session=tx.session)
        await tx.database[BATCHES].update_many(
            {"rotation": gone.rotation}, {"$max": {"final_at": at}}, session=tx.session)
        await wake_keys(tx)


async def records_rewrapped(tx: Transaction, message: Envelope[RecordsRewrapped]) -> None:
    """An owner has wrapped the living's records anew."""
    if await tx.database[ROTATIONS].find_one({"_id": message.data.rotation}, {"_id": 1}, session=tx.session):
        await store.put(tx, ROTATIONS, message.data.rotation, {
            f"rewrapped.{message.data.service}": message.data.records})


async def _batches(tx: Transaction, programme: str, states: Sequence[str]) -> bool:
    query = {"programme": programme, "state": {"$in": list(states)}}
    return await tx.database[BATCHES].find_one(query, {"_id": 1}, session=tx.session) is not None


async def _to_come(tx: Transaction, programme: str, now: datetime) -> bool:
    """Whether somebody's erasing of this programme is under way, or about to begin."""
    if await _batches(tx, programme, _BEFORE_KEYS):
        return True
    query = {"programme": programme, "kind": "erase", "state": DUE, "due_at": {"$lte": now}}
    return await tx.database[DUTIES].find_one(query, {"_id": 1}, session=tx.session) is not None


async def _undone(tx: Transaction, programme: str) -> bool:
    query = {"programme": programme, "kind": "erase", "state": {"$ne": "done"}}
    return await tx.database[DUTIES].find_one(query, {"_id": 1}, session=tx.session) is not None
