"""A decision that cancels a slot, a day, a venue or the event: taken as a whole or refused as a whole (B17).

Before the close the seats of its slots are adjusted to none, after the draw they are changed to none: who loses a seat
then follows from the rules at the end of the day. That the slots are cancelled is a fact at once, so that everybody
concerned can be told in time. A cancelled slot stays cancelled: whoever was told can't be un-told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.lottery.domain.cancelling import Scope, cancelled_slots
from services.lottery.handlers import changing, closing
from services.lottery.handlers.office import Office, StepRefused, Turn
from services.lottery.store import APPLICATIONS, RESULTS, TAKES_PART, DrawState
from shared.contracts.lottery import SlotsCancelled
from shared.contracts.programme import Programme


async def cancel(turn: Turn, scope: Scope, value: str | None, reason: str, decision: str) -> DrawState:
    """Cancels what of the scope is not cancelled yet."""
    state = turn.state
    slots = _fresh(turn.programme, state, scope, value)
    if not slots:
        raise StepRefused("cancelled-already", "all of this is cancelled already")
    if reason not in turn.programme.reasons:
        raise StepRefused("reason", f"{reason} is no reason of this programme: nobody could be told in words")
    seats = {slot: left for slot, left in turn.transcript.seats_by_slot().items() if slot in slots and left}
    if state.stage == "drawn":
        await changing.cut(turn, seats, reason, decision)
    elif state.stage in ("announced", "frozen", "closing"):
        await closing.cut(turn, seats, reason, decision)
    else:
        raise StepRefused("cancel-later", "the entries are being frozen, or the draw is closed and not drawn yet: "
                                          "cancel as soon as it is done")
    state.cancelled = [*state.cancelled, *slots]
    event = SlotsCancelled(draw=state.draw, scope=scope, slots=tuple(slots), reason=reason, decision=decision,
                           at=turn.now, by=turn.by)
    turn.tx.say(event, subject=state.draw, programme=state.programme, at=turn.now)
    return state


@dataclass(frozen=True)
class Concerned:
    """Whom a cancellation would concern: `slots` and their `seats`; the `parties`, and those who are `left_without`.

    Before the draw parties wish a slot, and are left without where they wish nothing else; after it they hold one, and
    are left without where they hold nothing else.
    """

    slots: int
    seats: int
    parties: int
    left_without: int
    drawn: bool

    def plain(self) -> dict[str, Any]:
        """For the interface."""
        return {"slots": self.slots, "seats": self.seats, "parties": self.parties, "left_without": self.left_without,
                "drawn": self.drawn}


async def concerned(
    office: Office, programme: Programme, state: DrawState, scope: Scope, value: str | None
) -> Concerned:
    """Says beforehand what would be cancelled. Raises Refused for a scope that the programme does not have."""
    slots = _fresh(programme, state, scope, value)
    drawn = state.stage == "drawn"
    seats = (await office.transcripts.look(state)).transcript.seats_by_slot() if state.is_at_least("announced") else {}
    gone = {*slots, *state.cancelled}
    if drawn:
        rows, held, mine = office.database[RESULTS], "holds", {"draw": state.id}
    else:
        rows, held, mine = office.database[APPLICATIONS], "wishes", {"programme": programme.id, **TAKES_PART}
    query = {**mine, held: {"$in": list(slots)}}
    other = {**query, held: {"$in": list(slots), "$not": {"$elemMatch": {"$nin": list(gone)}}}}
    return Concerned(
        slots=len(slots), seats=sum(seats.get(slot, 0) for slot in slots), parties=await rows.count_documents(query),
        left_without=await rows.count_documents(other), drawn=drawn)


def _fresh(programme: Programme, state: DrawState, scope: Scope, value: str | None) -> Sequence[str]:
    return [slot for slot in cancelled_slots(programme, scope, value) if slot not in state.cancelled]
