"""A turnstile: so many at once, the others in a queue that nobody waits in for long.

What bounds the queue is time, not its length: who would get through later than after `longest_wait`, at the pace of the
last seconds, is turned away at once and told when to come again. When the pace breaks down, so is whoever waits.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

LONGEST_WAIT_SECONDS = 2.0
GIVEN_UP_AFTER = 1.5  # times the longest wait, where the pace was not what it had been
PACE_SECONDS = 2.0
FIRST_GUESS = 1  # times through a place a second, until it is known
SPREAD_SECONDS = (5.0, 60.0)
SAY_EVERY_SECONDS = 10.0

log = logging.getLogger(__name__)


class TurnedAway(Exception):
    """Nothing was begun; come again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__("turned away")
        self.seconds = seconds


class Turnstile:
    """Lets `at_once` in. Within an event loop; no state is shared with other processes."""

    def __init__(
        self, name: str, at_once: int, *, longest_wait: float = LONGEST_WAIT_SECONDS,
        clock: Callable[[], float] = time.monotonic, chance: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.name, self.inside = name, 0
        self._at_once, self._longest_wait, self._clock, self._chance = at_once, longest_wait, clock, chance
        self._busy_from = max(1, at_once // 8)
        self._queue: deque[asyncio.Future[None]] = deque()
        self._pace = _Pace(FIRST_GUESS * at_once, clock)
        self._refusals = _Refusals(clock)

    @property
    def waiting(self) -> int:
        """How many stand in the queue."""
        return len(self._queue)

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """The block runs inside. Raises `TurnedAway` before it begins."""
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self.inside < self._at_once:
            self.inside += 1
            if self.inside == self._busy_from:
                self._pace.begin()
            return
        if (self.inside + len(self._queue) + 1) / self._pace.per_second() > self._longest_wait:
            raise self._turned_away()
        await self._wait()

    async def _wait(self) -> None:
        place = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            # The estimate is from the past; this is what is promised.
            async with asyncio.timeout(GIVEN_UP_AFTER * self._longest_wait):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self._leave()  # let in at the very moment at which it gave up
            elif place in self._queue:
                self._queue.remove(place)
            if isinstance(error, TimeoutError):
                raise self._turned_away() from None
            raise

    def _leave(self) -> None:
        if self.inside >= self._busy_from:
            self._pace.count()
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)  # hands the place on: as many are inside as before
                return
        self.inside -= 1

    def _turned_away(self) -> TurnedAway:
        lately, pace = self._refusals.count(), self._pace.per_second()
        if self._refusals.due_to_be_said():
            log.warning("%s: turned away %d in the last seconds; %d inside, %d wait, %.0f a second go through",
                        self.name, lately, self.inside, self.waiting, pace)
        # All who were turned away come again: over as long as it takes to let them in.
        least, most = SPREAD_SECONDS
        return TurnedAway(math.ceil(self._chance(self._longest_wait, min(most, max(least, lately / pace)))))


class _Pace:
    """How many go through a second while many are inside; at other times nobody knows how many could."""

    def __init__(self, guess: float, clock: Callable[[], float]) -> None:
        self._clock, self._known = clock, guess
        self._since, self._count = clock(), 0.0

    def begin(self) -> None:
        """It gets busy. What is known of the pace counts as the first second."""
        self._since, self._count = self._clock() - 1.0, self._known

    def count(self) -> None:
        """One went through."""
        self._count += 1
        self._known = self.per_second()
        elapsed = self._clock() - self._since
        if elapsed > PACE_SECONDS:
            self._since, self._count = self._since + elapsed / 2, self._count / 2

    def per_second(self) -> float:
        """The pace; it falls by itself while nobody goes through."""
        return max(self._count / (self._clock() - self._since), 0.1)


class _Refusals:
    """How many were turned away in the last 10 to 20 seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since, self._before, self._now = clock(), 0, 0
        self._said: float | None = None

    def count(self) -> int:
        """One more; how many that makes."""
        self._turn()
        self._now += 1
        return self._before + self._now

    def due_to_be_said(self) -> bool:
        """Whether it was not said lately."""
        now = self._clock()
        if self._said is not None and now - self._said < SAY_EVERY_SECONDS:
            return False
        self._said = now
        return True

    def _turn(self) -> None:
        elapsed = self._clock() - self._since
        if elapsed > SAY_EVERY_SECONDS:
            self._before = self._now if elapsed < 2 * SAY_EVERY_SECONDS else 0
            self._now, self._since = 0, self._clock()
