"""Limits in memory: wrong tokens a terminal may send, and refusals that become facts (S24)."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

MOST_KEYS = 10_000
Seconds = Callable[[], float]


class FailureLimit:
    """A bucket a terminal: each failure takes one of `burst`, one comes back every `pause` seconds."""

    def __init__(self, burst: int = 20, pause: float = 3.0, clock: Seconds = time.monotonic) -> None:
        self._burst, self._pause, self._clock = burst, pause, clock
        self._failures: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, terminal: str) -> int:
        """Seconds until the terminal may try again; 0 when it may now."""
        over = self._count(terminal) - (self._burst - 1)
        return max(0, math.ceil(over * self._pause))

    def failed(self, terminal: str) -> None:
        """The terminal sent a token that is none."""
        self._failures[terminal] = (self._count(terminal) + 1, self._clock())
        self._failures.move_to_end(terminal)
        if len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def _count(self, terminal: str) -> float:
        count, since = self._failures.get(terminal, (0.0, self._clock()))
        return max(0.0, count - (self._clock() - since) / self._pause)


class Notable:
    """Which refusals are worth a fact: the same one once in `window` seconds, and so many a terminal at most."""

    def __init__(self, most: int = 30, window: float = 60.0, clock: Seconds = time.monotonic) -> None:
        self._most, self._window, self._clock = most, window, clock
        self._said: OrderedDict[Hashable, float] = OrderedDict()
        self._recent: OrderedDict[str, deque[float]] = OrderedDict()

    def is_notable(self, terminal: str, what: Hashable) -> bool:
        """Whether `what` at `terminal` should be put on record; the answer is remembered."""
        now = self._clock()
        recent = self._recent.setdefault(terminal, deque())
        while recent and recent[0] <= now - self._window:
            recent.popleft()
        last = self._said.get((terminal, what))
        if len(recent) >= self._most or (last is not None and last > now - self._window):
            return False
        recent.append(now)
        self._said[terminal, what] = now
        self._said.move_to_end((terminal, what))
        for kept in (self._said, self._recent):
            if len(kept) > MOST_KEYS:
                kept.popitem(last=False)
        return True
