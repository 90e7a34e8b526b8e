"""Wishes by slot, counted from intake's facts: pure, and the same however often a fact comes (B17)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationFact,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
)
from shared.contracts.lottery import DemandCounted


@dataclass
class _Application:
    seats: int
    wishes: tuple[str, ...]
    number: int
    takes_part: bool = True


@dataclass
class Wishes:
    """The wishes of one programme: applications that take part, first wishes and seats by slot."""

    applications: int = 0
    first: Counter[str] = field(default_factory=Counter)
    seats: Counter[str] = field(default_factory=Counter)
    _known: dict[str, _Application] = field(default_factory=dict)

    def hear(self, fact: ApplicationFact | ApplicationWithdrawnLate) -> bool:
        """Counts a fact; returns whether anything changed.

        Facts of one application come in ascending numbers, so a number heard before is a repetition.
        """
        known = self._known.get(fact.application)
        if isinstance(fact, ApplicationWithdrawnLate):
            return self._replace(fact.application, known, takes_part=False) if known else False
        if isinstance(fact, ApplicationTaken):
            if known is None:
                self._known[fact.application] = _Application(fact.seats, fact.wishes, fact.number)
                self._add(self._known[fact.application], 1)
            return known is None
        if known is None or fact.number <= known.number:
            return False
        known.number = fact.number
        match fact:
            case ApplicationAmended(seats=seats, wishes=wishes):
                return self._replace(fact.application, known, seats=seats, wishes=wishes)
            case ApplicationWithdrawn():
                return self._replace(fact.application, known, takes_part=False)
            case ApplicationDecided(counted=counted):
                return self._replace(fact.application, known, takes_part=counted)
        return False

    def snapshot(self, as_of: datetime) -> DemandCounted:
        """What is known now."""
        return DemandCounted(
            as_of=as_of, applications=self.applications, first={s: n for s, n in sorted(self.first.items()) if n},
            seats={s: n for s, n in sorted(self.seats.items()) if n})

    def _replace(
        self, application: str, before: _Application, *, seats: int | None = None,
        wishes: tuple[str, ...] | None = None, takes_part: bool | None = None,
    ) -> bool:
        after = _Application(
            before.seats if seats is None else seats, before.wishes if wishes is None else wishes, before.number,
            before.takes_part if takes_part is None else takes_part)
        if after == before:
            return False
        self._add(before, -1)
        self._add(after, 1)
        self._known[application] = after
        return True

    def _add(self, application: _Application, times: int) -> None:
        if not application.takes_part:
            return
        self.applications += times
        self.first[application.wishes[0]] += times
        for slot in application.wishes:
            self.seats[slot] += times * application.seats


class DemandCount:
    """The wishes of all programmes, and which of them changed since they were last said."""

    def __init__(self) -> None:
        self._wishes: dict[str, Wishes] = {}
        self.changed: set[str] = set()

    def hear(self, message: Envelope[ApplicationFact] | Envelope[ApplicationWithdrawnLate]) -> None:
        """Counts one event of intake."""
        if self._wishes.setdefault(message.programme, Wishes()).hear(message.data):
            self.changed.add(message.programme)

    def snapshot(self, programme: str, as_of: datetime) -> DemandCounted:
        """What is known of a programme; it counts as said."""
        self.changed.discard(programme)
        return self._wishes.setdefault(programme, Wishes()).snapshot(as_of)
