"""What cannot be undone takes two: one person asks, another, different one agrees within a day (S01, B01).

Until then whoever asked may take it back. What is asked for, and where it waits, is each service's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

WAITS_FOR = timedelta(days=1)
"""How long a request waits for the second person."""


@dataclass(frozen=True)
class Asked:
    """A person's request: their staff id, and when they asked."""

    by: str
    at: datetime

    @property
    def until(self) -> datetime:
        """From then on it is a request no more."""
        return self.at + WAITS_FOR

    def stands(self, now: datetime) -> bool:
        """Whether it may still be agreed to."""
        return now < self.until


class NotAgreed(Exception):
    """Nobody asked ("not-asked"), whoever asked can't agree ("same-person"), or it is another's ("not-own")."""

    def __init__(self, code: Literal["not-asked", "same-person", "not-own"]) -> None:
        super().__init__(code)
        self.code = code


def check_agreeable(asked: Asked | None, person: str, now: datetime) -> None:
    """Raises `NotAgreed` unless a request stands that `person` may agree to: another one's."""
    if _standing(asked, now).by == person:
        raise NotAgreed("same-person")


def check_retractable(asked: Asked | None, person: str, now: datetime) -> None:
    """Raises `NotAgreed` unless a request stands and is `person`'s own."""
    if _standing(asked, now).by != person:
        raise NotAgreed("not-own")


def _standing(asked: Asked | None, now: datetime) -> Asked:
    if asked is None or not asked.stands(now):
        raise NotAgreed("not-asked")
    return asked
