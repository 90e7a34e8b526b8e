"""What is due is looked at: the documents of `handlers/planning.py`, when their day begins (S17, B10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.retention import erasure_store, store
from services.retention.domain.erasing import FINAL, REMOVED
from services.retention.domain.schedule import WARN_DAYS
from services.retention.erasure_store import BATCHES, DUTIES
from services.retention.handlers.batches import Batches
from services.retention.handlers.planning import plan
from services.retention.handlers.rotations import Rotations
from shared.contracts.envelope import Envelope, derived_id
from shared.contracts.erasure import DutyNear, ErasureOverdue
from shared.messaging.due import DueWork
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

if TYPE_CHECKING:  # whoever replays loads the handlers, and nothing that could send
    from shared.platform.service import Service


class Scheduling:
    """Looks at what has fallen due."""

    def __init__(self, service: Service, batches: Batches, rotations: Rotations) -> None:
        self._service, self._batches, self._rotations = service, batches, rotations
        self.work = DueWork("duties", DUTIES, self._fell_due, begun=self._begun)

    def _begun(self, programme: str) -> bool:
        """Where time is simulated, duties wait for the first tick: by the machine's time all would be over."""
        return not self._service.settings.allow_ticks or self._service.clock.tick_number(programme) > 0

    async def replan(self) -> None:
        """Plans every published programme: at the start, so that one that was published by an older version is too."""
        async for row in self._service.database[store.PROGRAMMES].find({}):
            programme = store.programme_of(row)
            await self._service.transactions.run(lambda tx, programme=programme: plan(tx, programme))  # type: ignore[misc]

    async def _fell_due(self, duty: Document) -> None:
        programme = self._service.programmes.get(duty["programme"])
        now = self._service.clock.now(programme.id)
        if duty["kind"] == "erase":
            await self._batches.collect(duty, programme, now)
            return
        acts = {"keys": self._rotations.fell_due, "month": self._rotations.fell_due, "warning": _warn,
                "deadline": _overdue, "remind": _done}
        await self._service.transactions.run(lambda tx: acts[duty["kind"]](tx, duty, now))


async def _done(tx: Transaction, duty: Document, now: datetime) -> None:
    await store.put(tx, DUTIES, duty["_id"], {"state": "done", "done_at": now})


async def _warn(tx: Transaction, warning: Document, now: datetime) -> None:
    """Once a warning; none where time has jumped over a nearer one, or over the duty itself."""
    await _done(tx, warning, now)
    left = warning["of"] - now
    if left <= next((timedelta(days=days) for days in WARN_DAYS if days < warning["days"]), timedelta()):
        return
    tx.say(DutyNear(duty=warning["code"], due_at=warning["of"], days=max(1, left.days)), subject=warning["programme"],
           programme=warning["programme"], at=now,
           event_id=derived_id("duty-near", warning["_id"], warning["of"].isoformat()))


async def _overdue(tx: Transaction, deadline: Document, now: datetime) -> None:
    """A batch's deadline: silence where it was kept, else an alarm that says what is missing."""
    await _done(tx, deadline, now)
    batch = await tx.database[BATCHES].find_one({"_id": deadline["batch"]}, session=tx.session)
    reached = REMOVED if deadline["stage"] == "removed" else FINAL
    if batch is None or batch["state"] in reached:
        return
    tx.say(
        ErasureOverdue(batch=batch["_id"], subjects=batch["subjects"], deadline=deadline["falls_at"],
                       waits_for=await erasure_store.batch_waits_for(tx, batch)),
        subject=batch["programme"], programme=batch["programme"], at=now,
        event_id=derived_id("erasure-overdue", deadline["_id"]))


async def erasure_overdue(tx: Transaction, message: Envelope[ErasureOverdue]) -> None:
    """Alarm: a batch missed its deadline (S17)."""
    late = message.data
    tx.insert(store.ALARMS, {
        "_id": message.id, "programme": message.programme, "kind": "erasure-overdue", "at": message.time,
        "values": {"count": late.subjects, "deadline": late.deadline, "waits_for": list(late.waits_for)},
    })


async def duty_near(tx: Transaction, message: Envelope[DutyNear]) -> None:
    """An early warning of the calendar (B10)."""
    near = message.data
    tx.insert(store.ALARMS, {
        "_id": message.id, "programme": message.programme, "kind": "duty-near", "at": message.time,
        "values": {"duty": near.duty, "due_at": near.due_at, "days": near.days},
    })
