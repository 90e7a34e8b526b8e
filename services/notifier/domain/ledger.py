"""The five-day ledger: exactly one accounted outcome an application, and an alarm before the day (S07, B05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.notifier.domain.delivery import OPEN

WARN_BEFORE = timedelta(days=1)


@dataclass(frozen=True)
class Ledger:
    """The sums. `due` waits for its mail or its print run; `failed` of the open ones were refused at least once.

    `undecided` applications have something to be told and no notice yet: a pass or a fact is missing.
    """

    due: int
    sent: int
    printed: int
    posted: int
    to_call: int
    called: int
    failed: int
    unreached: int
    withheld: int
    undecided: int
    due_by: datetime | None

    @property
    def open(self) -> int:
        """How many are not told yet, by any way."""
        return self.due + self.printed + self.to_call + self.undecided

    @property
    def total(self) -> int:
        """How many must have one accounted outcome in the end."""
        return self.open + self.sent + self.posted + self.called + self.unreached + self.withheld


def ledger(
    by_state: Mapping[str, int], *, failed: int, undecided: int, due_by: datetime | None
) -> Ledger:
    """The sums over all notices, by their states."""
    count = by_state.get
    return Ledger(
        due=count("due", 0) + count("to-print", 0) + count("in-run", 0), sent=count("sent", 0),
        printed=count("printed", 0), posted=count("posted", 0), to_call=count("to-call", 0),
        called=count("called", 0), failed=failed, unreached=count("unreached", 0),
        withheld=count("withheld", 0), undecided=undecided, due_by=due_by,
    )


def days_left(due_by: datetime, now: datetime) -> int:
    """Whole days that are left; 0 on the last one, negative when it is past."""
    return (due_by - now) // timedelta(days=1)


@dataclass(frozen=True)
class Term:
    """An open notice's term, and since when it is open."""

    since: datetime
    due_by: datetime

    @property
    def warn_at(self) -> datetime:
        """A day before the term, but not before half of the time is over: a letter has one day in all."""
        return max(self.due_by - WARN_BEFORE, self.since + (self.due_by - self.since) / 2)

    def threatens(self, now: datetime) -> bool:
        """Whether it is cause for the alarm."""
        return now >= self.warn_at


def next_look(open_terms: Iterable[Term], now: datetime) -> datetime | None:
    """When the alarm looks again: a day later while something is late, else when the next one has to be warned of."""
    earliest = min((term.warn_at for term in open_terms), default=None)
    if earliest is None:
        return None
    return earliest if earliest > now else now + timedelta(days=1)


def burn_down(
    told: Mapping[date, int], total: int, days: Sequence[date], today: date
) -> list[int | None]:
    """How many were open at the end of each of `days`; None for days to come."""
    left, series = total, list[int | None]()
    for day in days:
        left -= told.get(day, 0)
        series.append(left if day <= today else None)
    return series


__all__ = ["OPEN", "WARN_BEFORE", "Ledger", "Term", "burn_down", "days_left", "ledger", "next_look"]
