"""What the commands show: prefixed, coloured lines, and tables."""

import time
from itertools import cycle

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.local.overview import Overview, PartView, overview
from deploy.local.ports import OFFSETS
from deploy.local.state import State

_WIDEST = max(len(name) for name in OFFSETS) + len(".live")
_COLOURS = cycle(("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green", "bright_magenta"))
_CONDITION = {"ready": "green", "outside": "green", "starting": "yellow", "unready": "yellow"}


class Terminal:
    """Lines from parts and from the supervisor, each with its speaker in front."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Quiet: only the supervisor speaks."""
        self._console = Console(highlight=False, soft_wrap=True)
        self._quiet = quiet
        self._colours: dict[str, str] = {}

    def line(self, part: str, line: str) -> None:
        """One line of a part's log."""
        if not self._quiet:
            self._say(part, line)

    def report(self, line: str) -> None:
        """One event of the stack."""
        self._say("kujibiki", line)

    def ready(self, state: State) -> None:
        """All is up: where to go."""
        show_links(state, self._console)

    def _say(self, speaker: str, line: str) -> None:
        colour = self._colours.get(speaker) or self._colours.setdefault(speaker, next(_COLOURS))
        # As text, not markup: log lines may hold brackets.
        self._console.print(Text.assemble((f"{speaker:<{_WIDEST}} │ ", colour), line))


def show_links(state: State, console: Console | None = None) -> None:
    """Where to go now."""
    table = Table("what", "where", title="Ready", title_justify="left")
    for part in overview(state).parts:
        if part.url:
            table.add_row(part.name, part.url)
    (console or Console()).print(table)


def show_status(found: Overview) -> None:
    """One row a part."""
    if found.supervisor is None and not found.parts:
        Console().print("No stack runs on this state folder. Start one with `kujibiki up`.")
        return
    table = Table("part", "state", "pid", "port", "for", "restarts", "memory", "note")
    for part in (*((found.supervisor,) if found.supervisor else ()), *found.parts):
        table.add_row(*_cells(part))
    Console().print(table)


def _cells(part: PartView) -> tuple[str | Text, ...]:
    return (
        part.name,
        Text(part.condition, _CONDITION.get(part.condition, "red")),
        str(part.pid or ""),
        str(part.port or ""),
        _duration(time.time() - part.since),
        str(part.restarts),
        f"{part.memory / 2**20:.0f} MB" if part.memory else "",
        part.note.partition("\n")[0],
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
