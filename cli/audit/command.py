"""`kujibiki audit`: keep sealed copies before an erasure; afterwards look at everything and write down what is seen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.stack import StateOption
from deploy.local.errors import StackError
from deploy.local.state import DEFAULT_STATE, State

if TYPE_CHECKING:
    from cli.audit.access import Access

T = TypeVar("T")
console = Console(highlight=False)
audit = typer.Typer(
    name="audit", no_args_is_help=True,
    help="See for yourself what is left: topics, stores, keys. Reads everything, changes nothing.")

AccessOption = Annotated[Path | None, typer.Option(
    "--access", metavar="FILE", help="Where an audited system runs that is not this machine's (TOML).")]


@audit.command("keep")
def keep(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where the copies go.")],
    state: StateOption = DEFAULT_STATE,
    access: AccessOption = None,
    *,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many copies of each personal topic.")] = 50,
) -> None:
    """Before an erasure: keep some sealed records, to try afterwards whether anybody can still open them."""
    from cli.audit import running

    chosen = _access(access, state)
    with _bar("reading the personal topics") as (total, told):
        kept = _run(running.keep(chosen, count, to, total, told))
    console.print(f"{kept} sealed copies are in {to}. Nobody can open them by themselves; keep them until the audit.")


@audit.command("run")
def run(
    programme: Annotated[str, typer.Option(help="The programme that is audited.")],
    staff: Annotated[str, typer.Option(help="Your staff id; your role is auditor.")],
    password_file: Annotated[Path, typer.Option(metavar="FILE", help="A file with your password.")],
    state: StateOption = DEFAULT_STATE,
    access: AccessOption = None,
    *,
    copies: Annotated[Path | None, typer.Option(metavar="FILE", help="What `audit keep` wrote before.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report there, as JSON.")] = None,
    submit: Annotated[bool, typer.Option("--submit", help="Hand the report in: a certificate rests on it.")] = False,
) -> None:
    """After an erasure: look at everything. Exits 1 if anything stands against "erased"."""
    from cli.audit import running
    from cli.audit.showing import show
    from cli.interfaces import Unexpected

    chosen = _access(access, state)
    password = _line(password_file)
    with _bar("reading every topic") as (total, told):
        asked = running.Asked(chosen, programme, staff, password, copies, total, told)
        try:
            found = _run(running.audit(asked))
            if submit:
                _run(running.submit(asked, found))
        except Unexpected as problem:
            raise StackError(f"The audit stopped: {problem}. Nothing was changed.") from problem
    show(found, console)
    if report is not None:
        report.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
        console.print(f"written to {report}")
    sys.exit(0 if found.clean else 1)


def _access(file: Path | None, state: Path) -> Access:
    from cli.audit.access import Access

    return Access.of_file(file) if file is not None else Access.of_state(State(state.resolve()))


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise StackError(f"The file {path} cannot be read: {problem.strerror}.") from problem


@contextmanager
def _bar(text: str) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """A bar over offsets: what sets its length, and what moves it."""
    columns = (TextColumn(text), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield (lambda total: progress.update(task, total=total), lambda done: progress.advance(task, done))


def _run(doing: Coroutine[Any, Any, T]) -> T:
    from aiokafka.errors import KafkaError
    from pymongo.errors import PyMongoError

    try:
        return asyncio.run(doing)
    except (KafkaError, PyMongoError, OSError) as problem:
        raise StackError(f"What is audited cannot be reached: {type(problem).__name__}. Check that it runs, and the "
                         "addresses, users and files of the access.") from problem
