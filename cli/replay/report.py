"""What a replay found, as data and as tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.replay.reading import Read
from shared.replay.comparing import Rows
from shared.replay.rebuilding import About

FORMAT = "kujibiki-replay/1"


@dataclass
class CollectionFound:
    """One declared collection: what it is rebuilt from, and how the rebuilt rows are to the living ones."""

    name: str
    kind: str
    sources: tuple[str, ...]
    not_rebuilt: str
    rows: Rows | None
    left_out: dict[str, str]

    @property
    def alike(self) -> bool:
        """Whether nothing speaks against it."""
        return self.rows is None or self.rows.alike


@dataclass
class FigureFound:
    """One sum, in the rebuilt and in the living store."""

    about: About
    service: str
    programme: str
    name: str
    rebuilt: dict[str, Any]
    living: dict[str, Any] | None

    @property
    def alike(self) -> bool:
        """Whether both say the same."""
        return self.living is None or self.rebuilt == self.living


@dataclass
class ServiceFound:
    """One service. `dropped` were said by its handlers and went nowhere; `unsent` waits in the living outbox."""

    service: str
    events: int
    dropped: dict[str, int]
    refused: dict[str, int]
    twice: int
    erased: dict[str, int]
    faults: list[str]
    unsent: int | None = None
    collections: list[CollectionFound] = field(default_factory=list)


@dataclass
class Report:
    """The whole. `equal` is whether everything that was compared is the same, and nothing was found amiss."""

    programme: str | None
    compared: bool
    seconds: float
    read: Read
    orders: int
    services: list[ServiceFound]
    figures: list[FigureFound]
    moved: list[str] = field(default_factory=list)
    """Figures that an erasure may not change, and that are others than in an earlier report."""

    def hold_to(self, earlier: dict[str, Any]) -> None:
        """Notes what changed since an earlier report (its data): draw, counts and ledgers must not."""
        before = {_key(one): one["rebuilt"] for one in earlier["figures"] if one["about"] != "held"}
        now = {_key(asdict(one)): one.rebuilt for one in self.figures}
        self.moved = [" ".join(key) for key, values in before.items() if key in now and now[key] != values]

    @property
    def equal(self) -> bool:
        """Whether the living stores are what the topics say."""
        return (
            all(figure.alike for figure in self.figures)
            and all(one.alike for service in self.services for one in service.collections)
            and not any(service.faults for service in self.services)
            and not self.moved
        )

    def as_data(self) -> dict[str, Any]:
        """For programs; sets as sorted lists."""
        plain = asdict(self, dict_factory=lambda pairs: {
            name: sorted(value) if isinstance(value, set) else value for name, value in pairs})
        return {"format": FORMAT, "equal": self.equal, **plain}


def _key(figure: dict[str, Any]) -> tuple[str, str, str]:
    return figure["service"], figure["programme"], figure["name"]


def show(report: Report, console: Console) -> None:
    """Tables: collections, figures, and what to look at."""
    console.print(_collections(report))
    if report.figures:
        console.print(_figures(report))
    for service in report.services:
        for line in _notes(service):
            console.print(f"[yellow]{service.service}[/yellow]: {escape(line)}")
    for moved in report.moved:
        console.print(f"[red]changed since the earlier report[/red]: {escape(moved)}")
    speed = report.read.events / report.seconds if report.seconds else 0.0
    console.print(
        f"{report.read.events:,} events of {report.read.records:,} records ({report.read.repeated:,} sent again, "
        f"{report.read.tombstones:,} tombstones), {report.orders:,} orders to erase, in {report.seconds:.1f} s: "
        f"{speed:,.0f} events a second")
    if report.compared:
        verdict = "[green]unchanged: draw, counts and ledgers are what the topics say[/green]"
        console.print(verdict if report.equal else "[red]not the same: see above[/red]")


def _collections(report: Report) -> Table:
    table = Table(title="Collections", title_justify="left")
    for column in ("service", "collection", "kind"):
        table.add_column(column)
    for column in ("rebuilt", "living", "equal", "different"):
        table.add_column(column, justify="right")
    table.add_column("")
    for service in report.services:
        for one in service.collections:
            if one.kind == "passing":  # work in hand: nothing to rebuild
                continue
            rows = one.rows
            counts = (rows.rebuilt, rows.living, rows.equal, rows.different) if rows else ("", "", "", "")
            table.add_row(service.service, one.name, one.kind, *map(str, counts), _mark(one))
    return table


def _mark(one: CollectionFound) -> str:
    if one.rows is None:
        return f"[dim]{escape(one.not_rebuilt or 'see the figures below')}[/dim]"
    return "[green]✓[/green]" if one.alike else "[red]✗[/red]"


def _figures(report: Report) -> Table:
    table = Table(title="Draw, counts, ledgers", title_justify="left")
    for column in ("", "service", "programme", "figure", "values", ""):
        table.add_column(column)
    for one in report.figures:
        if not one.rebuilt and not one.living:
            continue
        table.add_row(one.about, one.service, one.programme, one.name, _values(one.rebuilt),
                      "[green]✓[/green]" if one.alike else "[red]✗[/red]")
    return table


def _values(values: dict[str, Any], most: int = 3) -> str:
    shown = [f"{escape(str(name))} {escape(str(value))[:16]}" for name, value in list(values.items())[:most]]
    return ", ".join(shown) + (f" … {len(values)} in all" if len(values) > most else "")


def _notes(service: ServiceFound) -> list[str]:
    notes = list(service.faults)
    for one in service.collections:
        if one.rows is not None:
            notes += [f"{one.name} {example}" for example in one.rows.examples]
            if one.rows.undeclared:
                fields = ", ".join(sorted(one.rows.undeclared))
                notes.append(f"{one.name}: not compared, as nobody says how: {fields}")
    if service.refused:
        notes.append(f"events that its handlers refuse: {service.refused}")
    if service.twice:
        notes.append(f"{service.twice} documents were begun twice, by different events")
    if service.unsent:
        notes.append(f"{service.unsent} events wait in its outbox: it was not at rest, compare again when it is")
    if any(service.erased.values()):
        notes.append(f"erased on order in the rebuilt store as well: {dict(service.erased)}")
    return notes
