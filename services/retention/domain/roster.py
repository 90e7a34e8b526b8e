"""Rosters by day, venue and shift, with deputies (B20)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from services.retention.domain.staff import Fault, covers
from shared.contracts.programme import Programme
from shared.contracts.retention import Shift, StaffDesignated

BY_ROSTER = frozenset({"attendant", "desk"})
"""Roles of those who may stand in for each other at a venue."""


@dataclass(frozen=True)
class OnDuty:
    """One line of a roster."""

    person: StaffDesignated
    shift: Shift

    @property
    def ready(self) -> bool:
        """Whether the training is on record by that day."""
        trained = self.person.trained_on
        return trained is not None and trained <= self.shift.day


def faults(shift: Shift, person: StaffDesignated, programme: Programme) -> Iterator[Fault]:
    """What speaks against entering the shift for the person."""
    if shift.ends <= shift.begins:
        yield Fault("ends", "ends-before-it-begins")
    if shift.venue is not None and shift.venue not in {venue.id for venue in programme.venues}:
        yield Fault("venue", "unknown-venue")
    if not covers(person, programme.id):
        yield Fault("staff", "not-for-this-programme")
    if any(overlap(shift, other) for other in person.shifts or () if other != shift):
        yield Fault("begins", "overlaps")


def overlap(one: Shift, other: Shift) -> bool:
    """Whether one person cannot work both."""
    return one.day == other.day and one.begins < other.ends and other.begins < one.ends


def on_duty(register: Iterable[StaffDesignated], programme: str, day: date) -> tuple[OnDuty, ...]:
    """Who is on that day, by venue and time."""
    found = [
        OnDuty(person, shift) for person in register for shift in person.shifts or ()
        if shift.programme == programme and shift.day == day
    ]
    return tuple(sorted(found, key=lambda one: (
        one.shift.venue or "", one.shift.begins, one.shift.ends, one.person.staff)))


def deputies(register: Collection[StaffDesignated], line: OnDuty) -> tuple[StaffDesignated, ...]:
    """Who could stand in: same work, trained by that day, valid, not on duty at that time."""
    work = set(line.person.roles) & BY_ROSTER
    return tuple(
        person for person in register
        if person.staff != line.person.staff and work & set(person.roles) and covers(person, line.shift.programme)
        and OnDuty(person, line.shift).ready
        and (person.valid_until is None or person.valid_until.date() > line.shift.day)
        and not any(overlap(line.shift, other) for other in person.shifts or ()))


def days(register: Iterable[StaffDesignated], programme: str) -> tuple[date, ...]:
    """The days that have a roster."""
    return tuple(sorted({
        shift.day for person in register for shift in person.shifts or () if shift.programme == programme}))


def stood_in(shift: Shift, absent: str) -> Shift:
    """The same shift, for whoever stands in for `absent`."""
    return shift.model_copy(update={"stands_in_for": absent})
