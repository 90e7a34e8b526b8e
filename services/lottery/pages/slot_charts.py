"""Demand and outcome by slot against its seats, as plain values for the desk's charts (B02)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.lottery.domain.preflight import Survey
from services.lottery.pages.public_view import by_day, slot_names
from shared.contracts.programme import Programme

MOST_SHOWN = 12
"""Bars of single slots: more of them nobody reads, and the calendar's table has all."""

Bar = tuple[str, int, int]


@dataclass(frozen=True)
class SlotCharts:
    """Seats wished first and seats held by day and slot; `capacity` is each slot's seats where all have as many.

    Bars are (slot's name, seats wished first or held, seats there are).
    """

    entries: int
    seats_total: int
    first_total: int
    capacity: int | None
    first_by_day: Mapping[date, list[int]]
    most_wished: list[Bar]
    held_by_day: Mapping[date, list[int]]
    held_total: int
    left_total: int
    least_filled: list[Bar]


def slot_charts(
    programme: Programme, survey: Survey, seats: Mapping[str, int], held: Mapping[str, int] | None
) -> SlotCharts:
    """`seats` by slot as they are now; `held` by slot, None before the draw."""
    names, first = slot_names(programme), survey.first
    asked = sorted(seats, key=lambda slot: -first.get(slot, 0) / max(seats[slot], 1))
    free = {slot: seats[slot] - held.get(slot, 0) for slot in seats} if held is not None else {}
    emptiest = sorted((slot for slot in free if free[slot] > 0), key=lambda slot: -free[slot])
    alike = set(seats.values())
    return SlotCharts(
        entries=survey.entries, seats_total=sum(seats.values()), first_total=sum(first.values()),
        capacity=alike.pop() if len(alike) == 1 else None, first_by_day=by_day(programme, first),
        most_wished=[(names[slot], first.get(slot, 0), seats[slot]) for slot in asked[:MOST_SHOWN]],
        held_by_day=by_day(programme, held) if held is not None else {},
        held_total=sum((held or {}).values()), left_total=sum(left for left in free.values() if left > 0),
        least_filled=[(names[slot], (held or {}).get(slot, 0), seats[slot]) for slot in emptiest[:MOST_SHOWN]])
