"""The supervisor as a process: staying in the foreground, starting in the background, being ended."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import NoReturn

import psutil

from deploy.local import records
from deploy.local.errors import StackError
from deploy.local.records import PartRecord
from deploy.local.stack import Stack
from deploy.local.state import CHECKOUT, State

Report = Callable[[str], None]
_END_WITHIN = 120.0
_LOOK_EVERY = 0.1
_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _AskedToEnd(BaseException):
    """A signal asked for the end; not an Exception, so that nothing on its way takes it for a fault."""


def stay(stack: Stack, when_ready: Callable[[State], None]) -> None:
    """Run the stack until Ctrl-C, `kujibiki down` or the terminal's end."""
    for which in _ASKED_TO_END:
        signal.signal(which, _ask)
    try:
        stack.start()
        when_ready(stack.state)
        threading.Event().wait()
    except _AskedToEnd:
        stack.stop()
    finally:
        for which in _ASKED_TO_END:
            signal.signal(which, signal.SIG_DFL)


def start(
    state: State, port_base: int, services: bool | Sequence[str], report: Report,
    replicas: Mapping[str, int] | None = None,
) -> None:
    """Start a supervisor that outlives this command; return when all is ready."""
    state.create()
    log = state.logs / "supervisor.log"
    command = [sys.executable, "-m", "cli", "up", "--quiet", "--state", str(state.root)]
    command += ["--port-base", str(port_base), *_service_options(services)]
    command += [option for name, many in (replicas or {}).items() for option in ("--replicas", f"{name}={many}")]
    with log.open("a", encoding="utf-8") as out:
        before = out.tell()
        log.chmod(0o600)
        # KUJIBIKI_… variables go on to it, as it may use parts that run elsewhere.
        child = subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    report(f"starting in the background as pid {child.pid}; its log is {log}")
    while not _is_ready(state, child):
        if child.poll() is not None:
            raise StackError(_why_it_ended(child, log.read_bytes()[before:].decode()))
        time.sleep(_LOOK_EVERY)


def stop(state: State, report: Report) -> None:
    """End the supervisor and with it all parts; also parts that a killed supervisor left."""
    record = records.load(state, records.SUPERVISOR)
    process = records.process_of(record) if record else None
    if process:
        report(f"stopping the stack (pid {process.pid})")
        _end(process)
    left = records.stop_leftovers(state)
    if left:
        report(f"stopped what a killed supervisor had left: {', '.join(left)}")
    records.forget(state, [records.SUPERVISOR])
    report("stopped" if process or left else f"no stack runs on {state.root}")


def _ask(which: int, frame: FrameType | None) -> NoReturn:
    # One request is enough; a second one must not interrupt the orderly end.
    for each in _ASKED_TO_END:
        signal.signal(each, signal.SIG_IGN)
    raise _AskedToEnd


def _end(process: psutil.Process) -> None:
    process.terminate()
    try:
        process.wait(_END_WITHIN)
    except psutil.TimeoutExpired as problem:
        raise StackError(
            f"The supervisor (pid {process.pid}) has not ended within {_END_WITHIN:.0f} s. See `kujibiki logs`. "
            f"`kill -9 {process.pid}` ends it and all its parts, and the next `kujibiki up` recovers."
        ) from problem


def _is_ready(state: State, child: subprocess.Popen[bytes]) -> bool:
    record: PartRecord | None = records.load(state, records.SUPERVISOR)
    return record is not None and record.pid == child.pid and record.condition == "ready"


def _why_it_ended(child: subprocess.Popen[bytes], log: str) -> str:
    _, marker, message = log.rpartition("kujibiki: ")
    return message.strip() if marker else f"The supervisor ended with code {child.returncode}:\n{log}"


def _service_options(services: bool | Sequence[str]) -> list[str]:
    if services is True:
        return []
    if not services:
        return ["--no-services"]
    return [word for name in services for word in ("--service", name)]
