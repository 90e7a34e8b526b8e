"""Trainings that must be on record before anybody handles personal data (S20; special term 18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

Trainings = Collection[tuple[str, date]]
"""Course code and day of each training of one person."""


def trained_since(trainings: Trainings, required: Collection[str]) -> date | None:
    """The day since which all required courses are on record; None while one is missing."""
    first = first_days(trainings)
    if not set(required) <= first.keys():
        return None
    return max(first[course] for course in required)


def missing(trainings: Trainings, required: Collection[str]) -> tuple[str, ...]:
    """The required courses that are not on record yet."""
    return tuple(course for course in required if course not in first_days(trainings))


def first_days(trainings: Trainings) -> Mapping[str, date]:
    """The first day of each course: a refresher takes nothing away."""
    found: dict[str, date] = {}
    for course, day in trainings:
        found[course] = min(day, found.get(course, day))
    return found
