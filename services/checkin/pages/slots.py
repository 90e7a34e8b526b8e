"""Which slot a page is about: the one asked for, else the one whose doors are open or open next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.checkin.domain.admission import window
from services.checkin.domain.occupancy import Occupancy
from services.checkin.refusals import slot_words
from shared.contracts.programme import Programme, Slot
from shared.ui.formats import day


@dataclass(frozen=True)
class Choice:
    """A slot that can be picked by one touch."""

    slot: Slot
    venue: str
    chosen: bool
    state: Literal["before", "open", "over"]


@dataclass(frozen=True)
class Picker:
    """The chosen slot, those of the same day, and all others by day."""

    slot: Slot
    words: str
    venue: str
    day: date
    state: Literal["before", "open", "over"]
    opens: datetime
    same_day: tuple[Choice, ...]
    others: Mapping[str, tuple[tuple[str, str], ...]]

    @property
    def hours(self) -> str:
        """`10:00–13:00`."""
        return f"{self.slot.starts:%H:%M}–{self.slot.ends:%H:%M}"


@dataclass(frozen=True)
class Numbers:
    """Today's numbers of a slot; `expected` hold a valid pass."""

    slot: Slot
    occupancy: Occupancy
    expected_parties: int
    expected_seats: int

    @property
    def free(self) -> int:
        """Places left in the house."""
        return self.occupancy.free(self.slot)

    @property
    def free_for_groups(self) -> int:
        """Places left for walk-in groups."""
        return self.occupancy.free_for_groups(self.slot)


def pick(programme: Programme, now: datetime, asked: str | None) -> Picker:
    """The picker for `asked`; an unknown name falls back to the slot of the hour."""
    slot = programme.slot_by_id.get(asked or "") or _of_the_hour(programme, now)
    same_day = tuple(
        Choice(one, programme.venue_by_id[one.venue].name.ja, one.id == slot.id, _state(programme, one, now))
        for one in programme.slots if one.day == slot.day
    )
    others: dict[str, tuple[tuple[str, str], ...]] = {}
    for one in programme.slots:
        label = f"{programme.venue_by_id[one.venue].name.ja} {one.time_name.ja}"
        others[day(one.day)] = (*others.get(day(one.day), ()), (one.id, label))
    return Picker(slot, slot_words(programme, slot), programme.venue_by_id[slot.venue].name.ja, slot.day,
                  _state(programme, slot, now), window(programme, slot)[0], same_day, others)


def _of_the_hour(programme: Programme, now: datetime) -> Slot:
    return next((slot for slot in programme.slots if window(programme, slot)[1] >= now), programme.slots[-1])


def _state(programme: Programme, slot: Slot, now: datetime) -> Literal["before", "open", "over"]:
    opens, closes = window(programme, slot)
    return "before" if now < opens else "over" if now > closes else "open"
