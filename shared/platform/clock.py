"""One injected clock, a programme: the machine's, or simulated time driven by numbered ticks.

Only business rules and the envelope's `time` use it; leases, tokens and lockouts stay on the real clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.contracts.envelope import Envelope


class Clock:
    """Time by programme. A programme that never got a tick lives in real time."""

    def __init__(self) -> None:
        self._times: dict[str, tuple[int, datetime]] = {}
        self._hooks: list[Callable[[str], None]] = []

    def now(self, programme: str) -> datetime:
        """The programme's time, in UTC, to the second."""
        tick = self._times.get(programme)
        return tick[1] if tick else datetime.now(UTC).replace(microsecond=0)

    def tick_number(self, programme: str) -> int:
        """The number of the programme's last tick; 0 in real time."""
        return self._times.get(programme, (0, None))[0]

    def simulated(self) -> tuple[str, ...]:
        """The programmes that live in simulated time."""
        return tuple(self._times)

    def on_tick(self, hook: Callable[[str], None]) -> None:
        """Calls `hook(programme)` after each tick."""
        self._hooks.append(hook)

    def apply(self, message: Envelope[Any]) -> None:
        """Takes a `ClockTicked`; one that is not ahead of the last is ignored."""
        number, moment = message.data.number, message.data.at
        last = self._times.get(message.programme)
        if last is not None and (number <= last[0] or moment < last[1]):
            return
        self._times[message.programme] = (number, moment)
        for hook in self._hooks:
            hook(message.programme)
