"""`setup`, `up`, `down`, `status`, `logs`: the embedded stack from the command line."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.terminal import Terminal, show_links, show_status
from deploy.local import background, jars, logs_reader, warm_java
from deploy.local.errors import StackError
from deploy.local.outside import Outside
from deploy.local.overview import overview
from deploy.local.ports import DEFAULT_BASE, MOST_REPLICAS
from deploy.local.stack import Stack
from deploy.local.state import DEFAULT_STATE, State
from deploy.local.table import SERVICES

StateOption = Annotated[
    Path, typer.Option("--state", envvar="KUJIBIKI_STATE", help="Folder for everything this stack keeps.")
]
BaseOption = Annotated[
    int, typer.Option("--port-base", envvar="KUJIBIKI_PORT_BASE", help="First port; the others follow it.")
]


def setup() -> None:
    """Fetch the jars of Kafka and Zipkin, so that `up` needs no network."""
    terminal = Terminal()
    outside = Outside.read()
    wanted = {jars.KAFKA: outside.kafka, jars.ZIPKIN: outside.zipkin}
    for coordinates in (name for name, elsewhere in wanted.items() if elsewhere is None):
        jars.provide(coordinates, terminal.report)
        warm_java.train(coordinates, terminal.report)
    terminal.report(f"All is in {jars.cache_folder()}; `kujibiki up` needs no network.")


def up(
    state: StateOption = DEFAULT_STATE,
    port_base: BaseOption = DEFAULT_BASE,
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Run in the background.")] = False,
    no_services: Annotated[bool, typer.Option("--no-services", help="Only the infrastructure.")] = False,
    service: Annotated[list[str] | None, typer.Option(help="Only this service (repeatable).")] = None,
    replicas: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVICE=N", help="Run several of a service, such as intake=2 (repeatable)."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only events here; log lines go to files.")] = False,
) -> None:
    """Start everything: Kafka, MongoDB, traces, mail catcher, the five services, the start page."""
    chosen = _chosen(no_services, service)
    several = _several(replicas or [])
    terminal = Terminal(quiet=quiet)
    if detach:
        background.start(State(state.resolve()), port_base, chosen, terminal.report, several)
    else:
        stack = Stack(state, port_base, chosen, replicas=several, report=terminal.report, show=terminal.line)
        background.stay(stack, terminal.ready)
        return
    show_links(State(state.resolve()))


def down(state: StateOption = DEFAULT_STATE) -> None:
    """Stop everything, in the reverse order."""
    background.stop(State(state.resolve()), Terminal().report)


def status(
    state: StateOption = DEFAULT_STATE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show each part; exits with 0 only when all are ready."""
    found = overview(State(state.resolve()))
    if as_json:
        print(json.dumps(asdict(found), indent=1, ensure_ascii=False))
    else:
        show_status(found)
    sys.exit(0 if found.ready else 1)


def logs(
    parts: Annotated[list[str] | None, typer.Argument(help="Parts, such as kafka or intake; all if none.")] = None,
    state: StateOption = DEFAULT_STATE,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on showing new lines.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
) -> None:
    """Show the log lines of parts."""
    files = logs_reader.files(State(state.resolve()), parts or [])
    terminal = Terminal()
    for name, path in files.items():
        for line in logs_reader.last_lines(path, lines):
            terminal.line(name, line)
    if follow:
        logs_reader.follow(files, terminal.line)


def provision(
    state: StateOption = DEFAULT_STATE,
    *,
    make_secrets: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Only make the containers' passwords and keys there, once.")
    ] = None,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each topic.")] = 1,
    erasure: Annotated[
        Literal["hour", "seconds"], typer.Option(help="How soon erased records leave the topics.")
    ] = "hour",
) -> None:
    """Set up a Kafka and a MongoDB that run elsewhere, and write each service's files; starts nothing."""
    if make_secrets is not None:
        from deploy.compose.secrets import make_secrets as make

        make(make_secrets)
        return
    from deploy.local.provisioning import provision as set_up

    set_up(state, Terminal().report, replication=replication, erasure=erasure)


def _chosen(no_services: bool, only: list[str] | None) -> bool | list[str]:
    if no_services and only:
        raise StackError("`--no-services` and `--service` contradict each other: give one of them.")
    unknown = [name for name in only or [] if name not in SERVICES]
    if unknown:
        raise StackError(f"There is no service {', '.join(unknown)}; there are {', '.join(SERVICES)}.")
    return only or not no_services


def _several(told: list[str]) -> dict[str, int]:
    several = {}
    for one in told:
        name, _, many = one.partition("=")
        if name not in SERVICES or not many.isdecimal() or not 1 <= int(many) <= MOST_REPLICAS:
            raise StackError(f"`--replicas {one}` is not of the form SERVICE=N, with N from 1 to {MOST_REPLICAS}.")
        several[name] = int(many)
    return several
