"""What is unusual in the access log (S24, S25): counts in windows of ten minutes of the programme's time, and limits.

Windows begin every five minutes, so that whatever happens within five minutes lies whole in one of them. A window's
counts do not depend on the order in which partitions are read: a restarted watch says the same under the same ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Id
from shared.contracts.privacy import Access, AccessRefused

MINUTES = 10
WINDOW, STEP = timedelta(minutes=MINUTES), timedelta(minutes=MINUTES // 2)
KEPT = timedelta(days=1)
"""Windows are forgotten so long after their end: what comes later is a fact from another time."""
OUTSIDE_SHIFT = "outside-shift"
DEFAULT, SERVICE = "default", "service"

Pattern = Literal["many-openings", "many-refusals", "many-subjects", "outside-shift", "same-subject"]


class Limits(BaseModel):
    """How much of something within ten minutes is unusual; None: nothing of it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    openings: int | None = Field(default=60, ge=1)
    refusals: int | None = Field(default=5, ge=1)
    subjects: int | None = Field(default=40, ge=1)
    same_subject: int | None = Field(default=8, ge=1)
    outside_shift: int | None = Field(default=2, ge=1)


USUAL: dict[str, Limits] = {
    DEFAULT: Limits(),
    # At the door a whole queue is looked up, and a desk helps one party for long.
    "attendant": Limits(openings=300, subjects=150, same_subject=15),
    "desk": Limits(openings=120, subjects=80),
    # A print run is up to 500 cards at once; an officer who reports the register reads every name on it.
    "notices": Limits(openings=5000, subjects=5000),
    "officer": Limits(openings=200, subjects=100, same_subject=15),
    # A service opens everybody's data when its time has come; what it never does is to be refused, or to go round.
    SERVICE: Limits(openings=None, subjects=None, same_subject=20, outside_shift=None),
}
"""By role; whatever role is not named has the default's."""


@dataclass(frozen=True)
class Who:
    """Whose accesses are counted together, within one programme."""

    programme: str
    service: str
    actor: str
    role: str


@dataclass(frozen=True)
class Unusual:
    """One finding; there is at most one a pattern and window."""

    who: Who
    pattern: Pattern
    window: datetime
    count: int
    first_at: datetime
    last_at: datetime


@dataclass
class _Window:
    first_at: datetime
    last_at: datetime
    ids: set[Id] = field(default_factory=set)
    openings: int = 0
    refusals: int = 0
    outside_shift: int = 0
    subjects: Counter[Id] = field(default_factory=Counter)
    found: set[Pattern] = field(default_factory=set)

    def counts(self) -> dict[Pattern, int]:
        return {
            "many-openings": self.openings, "many-refusals": self.refusals, "many-subjects": len(self.subjects),
            "outside-shift": self.outside_shift, "same-subject": max(self.subjects.values(), default=0),
        }


class Watch:
    """Counts accesses; `findings` are those that were not taken yet."""

    def __init__(self, limits: Mapping[str, Limits] = USUAL) -> None:
        self._limits = {**USUAL, **limits}
        self._windows: dict[tuple[Who, datetime], _Window] = {}
        self._found: list[tuple[Who, datetime, Pattern]] = []
        self._newest: dict[str, datetime] = {}

    def hear(self, event_id: Id, programme: str, access: Access) -> None:
        """Counts one access in each window that it lies in; the same event counts once."""
        who = Who(programme, access.service, access.actor, access.role)
        self._newest[programme] = max(access.at, self._newest.get(programme, access.at))
        for start in windows(access.at):
            window = self._windows.setdefault((who, start), _Window(access.at, access.at))
            if event_id not in window.ids:
                window.ids.add(event_id)
                _count(window, access)
                self._compare(who, start, window)

    def findings(self) -> Iterator[Unusual]:
        """What is unusual and was not taken yet, with the counts as they are by now."""
        found, self._found = self._found, []
        for who, start, pattern in sorted(found, key=lambda one: one[1]):
            window = self._windows[who, start]
            yield Unusual(who, pattern, start, window.counts()[pattern], window.first_at, window.last_at)

    def forget(self, now: Callable[[str], datetime]) -> None:
        """Lets go of old windows; only once everything that there is was read, and the findings were taken.

        Old is what lies a day back from the newest access, or from now if that is earlier: neither a clock that wasn't
        heard yet nor an access that claims to be of tomorrow empties the watch.
        """
        for who, start in list(self._windows):
            if start + WINDOW + KEPT < min(now(who.programme), self._newest[who.programme]):
                del self._windows[who, start]

    def _compare(self, who: Who, start: datetime, window: _Window) -> None:
        limits = self._limits.get(who.role) or self._limits[DEFAULT]
        allowed: dict[Pattern, int | None] = {
            "many-openings": limits.openings, "many-refusals": limits.refusals, "many-subjects": limits.subjects,
            "outside-shift": limits.outside_shift, "same-subject": limits.same_subject,
        }
        for pattern, count in window.counts().items():
            limit = allowed[pattern]
            if limit is not None and count >= limit and pattern not in window.found:
                window.found.add(pattern)
                self._found.append((who, start, pattern))


def windows(at: datetime) -> tuple[datetime, datetime]:
    """The beginnings of the two windows that a moment lies in."""
    step = int(STEP.total_seconds())
    later = datetime.fromtimestamp(int(at.timestamp()) // step * step, UTC)
    return later - STEP, later


def _count(window: _Window, access: Access) -> None:
    window.first_at, window.last_at = min(window.first_at, access.at), max(window.last_at, access.at)
    if isinstance(access, AccessRefused):
        window.refusals += 1
        window.outside_shift += access.reason == OUTSIDE_SHIFT
        return
    window.openings += 1
    window.subjects[access.subject] += 1
