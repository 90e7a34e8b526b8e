"""Small topics as every process sees them: the draw's steps, and how much each slot is wished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.contracts.envelope import Envelope
from shared.contracts.lottery import DemandCounted, DrawStepTaken, SlotsCancelled


@dataclass(frozen=True)
class DrawSoFar:
    """`announcement`, `root` of the frozen entries, `closing` and `result` are the digests that people keep (B01).

    `replaces`: the draw whose place this second one takes. `cancelled` are the slots that will not be held (B17).
    """

    announcement: str | None = None
    root: str | None = None
    closing: str | None = None
    drawn_at: datetime | None = None
    result: str | None = None
    replaces: str | None = None
    cancelled: frozenset[str] = frozenset()


class Draws:
    """Each draw's steps, and which draw of a programme stands: the one announced last."""

    def __init__(self) -> None:
        self._draws: dict[tuple[str, str], DrawSoFar] = {}
        self._standing: dict[str, str] = {}

    def standing(self, programme: str) -> DrawSoFar:
        """The draw that stands, as far as it has come."""
        return self.of(programme, self._standing.get(programme, ""))

    def named(self, programme: str) -> str | None:
        """The name of the draw that stands; None before any was heard of."""
        return self._standing.get(programme)

    def any_drawn(self, programme: str) -> bool:
        """Whether results were told, be it of a draw that another one replaces."""
        return any(draw.drawn_at is not None for (of, _), draw in self._draws.items() if of == programme)

    def of(self, programme: str, draw: str) -> DrawSoFar:
        """The draw as far as it has come."""
        return self._draws.get((programme, draw), DrawSoFar())

    def apply(self, message: Envelope[Any]) -> None:
        """Takes an event of `lottery.draws.v1`."""
        step = message.data
        if isinstance(step, SlotsCancelled):
            key = (message.programme, step.draw)
            self._standing.setdefault(*key)
            self._draws[key] = replace(self.of(*key), cancelled=self.of(*key).cancelled | set(step.slots))
        if not isinstance(step, DrawStepTaken):
            return
        key = (message.programme, step.draw)
        self._standing.setdefault(*key)
        if step.step == "announced":
            self._standing[message.programme] = step.draw
            self._draws[key] = replace(
                self.of(*key), announcement=step.digest, replaces=step.replaces,
                cancelled=self.of(*key).cancelled | self.of(message.programme, step.replaces or "").cancelled)
        elif step.step == "frozen":
            self._draws[key] = replace(self.of(*key), root=step.digest)
        elif step.step == "closed":
            self._draws[key] = replace(self.of(*key), closing=step.digest)
        elif step.step == "drawn":
            self._draws[key] = replace(self.of(*key), drawn_at=step.at, result=step.digest)


@dataclass(frozen=True)
class Demanded:
    """What pages show: the latest snapshot, and whether it `lags`."""

    snapshot: DemandCounted | None
    lags: bool = False


@dataclass
class _Watched:
    """How many applications had been taken when a snapshot was first looked at; `grew_at` is when there were more."""

    taken: int
    grew_at: float | None = None


class Demand:
    """The latest snapshot of the wishes by slot, and whether it stopped coming."""

    # The view says each change within a second.
    PATIENCE_SECONDS = 60.0

    def __init__(self) -> None:
        self._latest: dict[str, DemandCounted] = {}
        self._watched: dict[str, _Watched] = {}

    def of(self, programme: str) -> DemandCounted | None:
        """The programme's snapshot, or None before the first."""
        return self._latest.get(programme)

    def apply(self, message: Envelope[Any]) -> None:
        """Takes an event of `lottery.demand.v1`."""
        if isinstance(message.data, DemandCounted):
            self._latest[message.programme] = message.data
            # Not told apart by `as_of`: a programme's time may stand still.
            self._watched.pop(message.programme, None)

    def lags(self, programme: str, taken: int, at: float) -> bool:
        """Whether more were `taken` for over a minute without a newer snapshot; `at` in seconds of a steady clock.

        Where nothing is taken nothing is missing, however old the snapshot. It is not held against the number that
        the snapshot gives: that is of those who take part, and some withdrew.
        """
        if programme not in self._latest:
            return False
        watched = self._watched.setdefault(programme, _Watched(taken))
        if taken > watched.taken and watched.grew_at is None:
            watched.grew_at = at
        return watched.grew_at is not None and at - watched.grew_at > self.PATIENCE_SECONDS
