"""Closing cannot be undone, so it takes two officers: one asks for it, another confirms within a day (S01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake.domain.window import WindowRefused

WAITS_FOR = timedelta(days=1)
"""How long a request waits for the second officer."""


@dataclass(frozen=True)
class Asked:
    """An officer's request to close the window: their staff id, and when they asked."""

    by: str
    at: datetime

    @property
    def until(self) -> datetime:
        """From then on it is a request no more."""
        return self.at + WAITS_FOR

    def stands(self, now: datetime) -> bool:
        """Whether it may still be confirmed."""
        return now < self.until


def confirmable(asked: Asked | None, officer: str, now: datetime) -> Asked:
    """The request, which `officer` may confirm. Raises `WindowRefused` where it is their own, or none stands."""
    standing = _standing(asked, now)
    if standing.by == officer:
        raise WindowRefused("closing-same-person")
    return standing


def check_retractable(asked: Asked | None, officer: str, now: datetime) -> None:
    """Raises `WindowRefused` unless a request stands and is `officer`'s own."""
    if _standing(asked, now).by != officer:
        raise WindowRefused("closing-not-own")


def _standing(asked: Asked | None, now: datetime) -> Asked:
    if asked is None or not asked.stands(now):
        raise WindowRefused("closing-not-asked")
    return asked
