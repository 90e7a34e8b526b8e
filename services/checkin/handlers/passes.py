"""A result was drawn or changed: the application's passes follow (S08, B17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.checkin.domain.passes import Held, Pass, change, pass_id, sign
from services.checkin.signing import SigningKey
from services.checkin.store import PASSES, Store
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.envelope import Envelope, Id
from shared.contracts.lottery import ResultChanged, ResultDrawn, SlotsCancelled
from shared.messaging.jobs import Starts
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.platform.telemetry import current_traceparent

SECOND_DRAW = "second-draw"
"""Why a pass is void whose slot was not won again."""
VOID_CANCELLED = "void-cancelled"
CANCELLED = "cancelled"
"""Why a pass is void whose slot is not held. The result follows at the end of the day; nobody is let in till then."""
CHUNK = 200


@dataclass(frozen=True)
class Passes:
    """Issues and voids passes."""

    store: Store
    key: SigningKey
    jobs: Starts

    async def on_result(self, tx: Transaction, message: Envelope[ResultDrawn]) -> None:
        """Whoever won gets a pass for each slot won.

        By a second draw a pass that still holds stays as it is, so that what was printed admits; others are void.
        """
        if message.data.replaces is not None:
            await self._follow(tx, message, message.data.won, SECOND_DRAW)
        elif message.data.outcome == "won":
            for slot in message.data.won:
                self._issue(tx, message, slot, 0)

    async def on_change(self, tx: Transaction, message: Envelope[ResultChanged]) -> None:
        """Passes for what is not held any more become void; what is held newly gets one."""
        await self._follow(tx, message, message.data.holds, message.data.kind)

    async def _follow(self, tx: Transaction, message: Envelope[Any], holds: Sequence[str], reason: str) -> None:
        rows = await self.store.passes_of(message.programme, message.data.application, tx.session)
        before = [Held(row["_id"], row["slot"], row["void"], row["issue"]) for row in rows]
        gone = {row["slot"] for row in rows if row.get("reason") == CANCELLED}
        todo = change(before, [slot for slot in holds if slot not in gone])
        for held in todo.void:
            await self._void(tx, message.programme, message.time, held.id, message.data.application, held.slot, reason)
        for slot, issue in todo.issue:
            self._issue(tx, message, slot, issue)

    def _issue(self, tx: Transaction, message: Envelope[Any], slot: str, issue: int) -> None:
        result = message.data
        number = pass_id(result.draw, result.application, slot, issue)
        entitlement = Pass(number, message.programme, slot, result.seats)
        tx.insert(PASSES, {
            "_id": number, "programme": message.programme, "draw": result.draw, "application": result.application,
            "slot": slot, "seats": result.seats, "issue": issue, "void": False, "trace": current_traceparent(),
        })
        event = PassIssued(
            pass_id=number, application=result.application, slot=slot, seats=result.seats,
            token=sign(entitlement, self.key.private),
        )
        tx.say(event, subject=result.application, programme=message.programme, at=message.time)

    async def on_cancelled(self, tx: Transaction, message: Envelope[SlotsCancelled]) -> None:
        """Slots are not held: a job voids their passes at once."""
        await self.jobs.start(tx, VOID_CANCELLED, f"{VOID_CANCELLED}/{message.id}", message.programme,
                              {"slots": list(message.data.slots), "at": message.time})

    async def void_cancelled(self, tx: Transaction, job: Document) -> dict[str, Any] | None:
        """One chunk of the job."""
        rows = await self.store.valid_passes(job["programme"], job["args"]["slots"], CHUNK, tx.session)
        for row in rows:
            await self._void(tx, job["programme"], job["args"]["at"], row["_id"], row["application"], row["slot"],
                             CANCELLED)
        return {} if len(rows) == CHUNK else None

    async def _void(
        self, tx: Transaction, programme: str, at: datetime, pass_id: Id, application: Id, slot: str, reason: str
    ) -> None:
        await self.store.void(pass_id, reason, tx.session)
        event = PassVoided(pass_id=pass_id, application=application, slot=slot, reason=reason)
        tx.say(event, subject=application, programme=programme, at=at)
