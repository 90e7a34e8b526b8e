"""Simulated time: numbered ticks that never run backwards and stay near the programme's contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.contracts.programme import Programme

AROUND_CONTRACT = timedelta(days=366)
"""A tick can't be taken back, so that a slip in the year must not get through."""


@dataclass(frozen=True)
class Tick:
    """The programme's time is `at`; ticks are numbered from 1."""

    number: int
    at: datetime


class TickRefused(Exception):
    """The tick cannot be said; `code` is backwards or far-away."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def next_tick(programme: Programme, last: Tick | None, at: datetime) -> Tick:
    """The tick that follows `last`. The same time again is allowed: so a driver asks whether all is at rest.

    Raises `TickRefused`.
    """
    first = _midnight(programme, programme.contract.first) - AROUND_CONTRACT
    last_possible = _midnight(programme, programme.contract.last) + AROUND_CONTRACT
    if not first <= at <= last_possible:
        raise TickRefused("far-away")
    if last and at < last.at:
        raise TickRefused("backwards")
    return Tick(last.number + 1 if last else 1, at)


def _midnight(programme: Programme, day: date) -> datetime:
    return datetime.combine(day, time(), programme.zone).astimezone(UTC)
