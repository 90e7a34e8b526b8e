"""The programmes that retention published, as every service sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.contracts.envelope import Envelope
from shared.contracts.programme import Programme
from shared.platform.problems import Problem


class UnknownProgramme(Problem):
    """No programme of that name was published."""

    def __init__(self, programme: str) -> None:
        super().__init__(
            404, "unknown-programme", "There is no such programme",
            "Check the address. The programme's name is the part after the service's name.",
        )
        self.programme = programme


class Programmes:
    """The latest version of each programme."""

    def __init__(self) -> None:
        self._programmes: dict[str, Programme] = {}
        self._by_draw: dict[tuple[str, str], Programme] = {}
        self._hooks: list[Callable[[Programme], None]] = []

    def get(self, programme: str) -> Programme:
        """The programme; raises `UnknownProgramme`, which is answered as problem 404."""
        try:
            return self._programmes[programme]
        except KeyError:
            raise UnknownProgramme(programme) from None

    def find(self, programme: str) -> Programme | None:
        """The programme, or None."""
        return self._programmes.get(programme)

    def of_draw(self, programme: str, draw: str) -> Programme | None:
        """The programme as it was last published for its draw `draw`: a second draw leaves the first one's rules."""
        return self._by_draw.get((programme, draw))

    def all(self) -> tuple[Programme, ...]:
        """Every programme, by name."""
        return tuple(self._programmes[name] for name in sorted(self._programmes))

    def ids(self) -> tuple[str, ...]:
        """Every programme's name."""
        return tuple(self._programmes)

    def offset(self, programme: str) -> timedelta:
        """What its local time is ahead of UTC; of no programme in particular, where the day begins first."""
        known = self._programmes.get(programme)
        minutes = [one.utc_offset_minutes for one in ([known] if known else self._programmes.values())]
        return timedelta(minutes=max(minutes, default=0))

    def on_change(self, hook: Callable[[Programme], None]) -> None:
        """Calls `hook(programme)` after a programme was published."""
        self._hooks.append(hook)

    def apply(self, message: Envelope[Any]) -> None:
        """Takes a `ProgrammeDefined`; an older version is ignored."""
        definition: Programme = message.data.definition
        known = self._programmes.get(definition.id)
        if known is not None and known.version >= definition.version:
            return
        self._programmes[definition.id] = self._by_draw[definition.id, definition.draw.id] = definition
        for hook in self._hooks:
            hook(definition)
