"""A limit on wrong guesses, in memory: addresses of network clients are never stored (S24, B04).

Each replica counts for itself. With secrets of 128 bits that changes nothing: the limit keeps noise and load small.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_ADDRESSES = 10_000


class FailureLimit:
    """A token bucket an address: each failure takes a token, one comes back every `pause` seconds."""

    def __init__(self, burst: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._pause, self._clock = burst, pause, clock
        self._failures: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Seconds until the address may ask again; 0 when it may now."""
        over = self._current(address) - (self._burst - 1)
        return max(0, math.ceil(over * self._pause))

    def failed(self, address: str) -> None:
        """The address sent something wrong."""
        self._failures[address] = (self._current(address) + 1, self._clock())
        self._failures.move_to_end(address)
        if len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def _current(self, address: str) -> float:
        count, since = self._failures.get(address, (0.0, self._clock()))
        return max(0.0, count - (self._clock() - since) / self._pause)
