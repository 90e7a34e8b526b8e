"""How long wrong guesses at a receipt's secret take, counted in memory by each replica (S24, B04)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_NUMBERS = 10_000
MOST_WAITING = 12


@dataclass
class Pacing:
    """How long a wrong answer takes: `floor` seconds, whatever was wrong; and guesses at one number, from however many
    addresses, are answered one after the other, `pause` seconds apart, once `free` of them were made.

    The right secret never waits, so nobody can lock an owner out. Whether the number exists makes no difference.
    At most `MOST_WAITING` answers wait longer than `floor` at a time: they hold places that others need.
    """

    floor: float
    free: int
    pause: float
    longest: float
    clock: Callable[[], float] = time.monotonic
    _through: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _waiting: list[float] = field(default_factory=list)

    def began(self) -> float:
        """The moment that `answer_in` counts from."""
        return self.clock()

    def answer_in(self, began: float, number: str | None) -> float | None:
        """Seconds from now until a wrong guess at `number` is answered; None where too many wait for it already.

        `number` is None for what can't be a receipt number: that is no guess at anything.
        """
        now = self.clock()
        least = max(0.0, began + self.floor - now)
        if number is None:
            return least
        through = max(now, self._through.get(number, now)) + self.pause
        late = through - self.free * self.pause - now
        if late > least and not self._may_wait(now, late):
            return None
        self._through[number] = through
        self._through.move_to_end(number)
        if len(self._through) > MOST_NUMBERS:
            self._through.popitem(last=False)
        return max(least, late)

    def _may_wait(self, now: float, late: float) -> bool:
        self._waiting = [until for until in self._waiting if until > now]
        if late > self.longest or len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append(now + late)
        return True
