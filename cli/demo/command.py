"""`kujibiki demo`: start, live through a campaign, check it from outside, report."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer
from rich.console import Console

from cli.stack import BaseOption, StateOption
from deploy.local import background
from deploy.local.errors import StackError
from deploy.local.state import DEFAULT_STATE, State, private_folder

console = Console(highlight=False)


def demo(
    state: StateOption = DEFAULT_STATE,
    port_base: BaseOption = 8700,
    *,
    applications: Annotated[int, typer.Option(min=20, max=20_000, help="How many applications.")] = 1000,
    seed: Annotated[int, typer.Option(help="Other people with another seed.")] = 2020,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the system afterwards.")] = False,
) -> None:
    """A campaign of generated applicants from form to door, checked from outside; exits 1 if a promise is broken."""
    folder = State(state.resolve())
    _fresh(folder)
    background.start(folder, port_base, True, lambda line: console.print(f"[dim]{line}[/dim]"))
    # Not before: the other commands need none of the demo's libraries.
    from cli.demo.report import live_through, show

    report = live_through(folder, applications, seed)
    show(report, folder, console)
    if stop:
        background.stop(folder, lambda line: console.print(f"[dim]{line}[/dim]"))
    sys.exit(0 if all(finding["holds"] for finding in report["findings"]) else 1)


def _fresh(state: State) -> None:
    """A demo begins with nothing; it removes what a former demo left, and nothing else."""
    used, mark = (state.data / "kafka").exists(), state.root / "demo"
    if used and not mark.exists():
        raise StackError(
            f"{state.root} holds data that no demo made. Name another folder with `--state DIR`, or remove it yourself."
        )
    if used:
        console.print(f"[dim]removing the former demo's data from {state.root}[/dim]")
        background.stop(state, lambda _: None)
        shutil.rmtree(state.root)
    state.create()
    private_folder(mark)
