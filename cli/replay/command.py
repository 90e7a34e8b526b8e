"""`kujibiki replay`: rebuild services' stores from the topics and show that draw, counts and ledgers are unchanged."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.stack import StateOption
from deploy.local.errors import StackError
from deploy.local.state import DEFAULT_STATE, State
from deploy.local.table import AUDITOR, SERVICES

if TYPE_CHECKING:
    from cli.replay.report import Report
    from cli.replay.running import Asked

console = Console(highlight=False)


def replay(
    services: Annotated[list[str] | None, typer.Argument(help="Services, such as intake; all if none.")] = None,
    state: StateOption = DEFAULT_STATE,
    *,
    programme: Annotated[str | None, typer.Option(help="Only this programme's events and rows.")] = None,
    into: Annotated[str | None, typer.Option(
        metavar="URI", help="A MongoDB that takes the scratch stores `replay_<service>`; this stack's own if left out.",
    )] = None,
    compare: Annotated[bool, typer.Option("--compare/--no-compare", help="Hold them to the living stores.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the scratch stores to be looked at.")] = False,
    against: Annotated[Path | None, typer.Option(
        metavar="FILE", help="An earlier report, from before an erasure: draw, counts and ledgers must be its.",
    )] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was found there, as JSON.")] = None,
) -> None:
    """Rebuild stores from the topics, beside the living ones, and compare; exits 1 if something differs.

    Reads as the auditor and has no way to send or print. Orders to erase are obeyed: what is erased stays erased.
    """
    folder = State(state.resolve())
    earlier = _earlier(against) if against is not None else None  # before the work, not after it
    found = asyncio.run(_watched(_asked(folder, services, programme, into, compare=compare, keep=keep)))
    if earlier is not None:
        found.hold_to(earlier)
    # Not before: the other commands need none of this.
    from cli.replay.report import show

    show(found, console)
    if report is not None:
        report.write_text(json.dumps(found.as_data(), indent=1, ensure_ascii=False, default=str), encoding="utf-8")
        console.print(f"written to {report}")
    sys.exit(0 if found.equal else 1)


def _asked(
    folder: State, services: list[str] | None, programme: str | None, into: str | None, *, compare: bool, keep: bool
) -> Asked:
    from cli.replay.running import Asked

    unknown = [name for name in services or [] if name not in SERVICES]
    if unknown:
        raise StackError(f"There is no service {', '.join(unknown)}; there are {', '.join(SERVICES)}.")
    chosen = tuple(name for name in SERVICES if not services or name in services)
    own = folder.user(AUDITOR)
    return Asked(
        folder, chosen, programme, into or _address(own / "scratch-uri"),
        _address(own / "mongo-uri") if compare else None, keep)


def _earlier(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise StackError(f"{path} is no report of a replay. Name a file that `--report` wrote.") from problem
    return told


def _address(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise StackError(
            f"The file {path} cannot be read ({problem.strerror}). `kujibiki up` and `kujibiki provision` write it; "
            "`--state DIR` names another folder, `--into URI` a MongoDB for the scratch stores."
        ) from problem


async def _watched(asked: Asked) -> Report:
    from aiokafka.errors import KafkaError

    from cli.replay.running import Watch, replay
    from shared.platform.mongo import StoreError

    columns = (TextColumn("reading the topics"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        watch = Watch(lambda total: bar.update(task, total=total), lambda done: bar.advance(task, done))
        try:
            return await replay(asked, watch)
        except (KafkaError, StoreError) as problem:
            raise StackError(
                f"The replay stopped: {type(problem).__name__}. Nothing living was changed. Check with "
                "`kujibiki status` that Kafka and MongoDB run, and start it again."
            ) from problem
