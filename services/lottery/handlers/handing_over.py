"""An auditor takes the whole transcript of a draw that publishes digests only: each time is a fact, for good (B01)."""

from __future__ import annotations

from services.lottery.handlers.office import Office
from services.lottery.store import HANDOVERS, DrawState
from shared.contracts.envelope import new_id
from shared.contracts.lottery import TranscriptHandedOver
from shared.messaging.transaction import Transaction


async def hand_over(office: Office, state: DrawState, digest: str, by: str) -> None:
    """Records that `by` is given the transcript that ends with `digest`, before its first byte leaves."""
    now = office.clock.now(state.programme)
    event = TranscriptHandedOver(draw=state.draw, by=by, at=now, digest=digest)

    async def work(tx: Transaction) -> None:
        name = new_id()
        tx.insert(HANDOVERS, {
            "_id": name, "draw": state.id, "programme": state.programme, "by": by, "at": now, "digest": digest})
        tx.say(event, subject=state.draw, programme=state.programme, at=now, event_id=name)

    await office.transactions.run(work)
