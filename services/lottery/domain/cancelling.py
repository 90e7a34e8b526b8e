"""What a cancellation takes away: a slot, a day, a venue or the whole event, as the programme's slots (B17)."""

from __future__ import annotations

from typing import Literal

from services.lottery.domain.faults import Refused
from shared.contracts.programme import Programme, Slot

Scope = Literal["slot", "day", "venue", "event"]


def cancelled_slots(programme: Programme, scope: Scope, value: str | None) -> tuple[str, ...]:
    """The slots of the scope, in programme order. `value` is a slot, a day (`YYYY-MM-DD`) or a venue; None for all.

    Raises Refused where the programme has none such.
    """
    if (scope == "event") != (value is None):
        raise Refused("value", "a slot, a day or a venue is named, the whole event is not", "scope")
    found = tuple(slot.id for slot in programme.slots if scope == "event" or _named(slot, scope) == value)
    if not found:
        raise Refused("value", f"the programme has no {scope} {value}", "scope")
    return found


def _named(slot: Slot, scope: Scope) -> str:
    return {"slot": slot.id, "day": slot.day.isoformat(), "venue": slot.venue}[scope]
