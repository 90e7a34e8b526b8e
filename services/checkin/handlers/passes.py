"""A result was drawn or changed: the application's passes follow (S08, B17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.checkin.domain.passes import Held, Pass, change, pass_id, sign
from services.checkin.signing import SigningKey
from services.checkin.store import PASSES, Store
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.envelope import Envelope
from shared.contracts.lottery import ResultChanged, ResultDrawn
from shared.messaging.transaction import Transaction
from shared.platform.telemetry import current_traceparent

SECOND_DRAW = "second-draw"
"""Why a pass is void whose slot was not won again."""


@dataclass(frozen=True)
class Passes:
    """Issues and voids passes."""

    store: Store
    key: SigningKey

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
        todo = change(before, holds)
        for held in todo.void:
            await self._void(tx, message, held, reason)
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

    async def _void(self, tx: Transaction, message: Envelope[Any], held: Held, reason: str) -> None:
        application = message.data.application
        await self.store.void(held.id, reason, tx.session)
        event = PassVoided(pass_id=held.id, application=application, slot=held.slot, reason=reason)
        tx.say(event, subject=application, programme=message.programme, at=message.time)
