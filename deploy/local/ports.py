"""Which part listens where, and who sits on a port that we want."""

import errno
import os
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from deploy.local.errors import StackError

DEFAULT_BASE = 8700
LOOPBACK = "127.0.0.1"

OFFSETS = {
    "start": 0,
    "intake": 1,
    "lottery": 2,
    "notifier": 3,
    "checkin": 4,
    "retention": 5,
    "mail": 10,
    "smtp": 11,
    "zipkin": 12,
    "kafka": 20,
    "controller": 21,
    "mongo": 30,
}
# A Faust view is told a port of its own, so that it can never take its service's.
LIVE_OFFSET = 40
HIGHEST_BASE = 65535 - 100
# Replicas share their service's port; each has one of its own as well, by which it is watched.
REPLICA_OFFSET, REPLICA_STEP, MOST_REPLICAS = 50, 10, 5
_reserved: list[FileLock] = []


@dataclass(frozen=True)
class Ports:
    """All ports of one stack: a base and fixed offsets, so that two stacks can run side by side."""

    base: int = DEFAULT_BASE

    def __post_init__(self) -> None:
        if not 1024 <= self.base <= HIGHEST_BASE:
            raise StackError(f"The port base {self.base} is not usable: choose 1024 to {HIGHEST_BASE}.")

    def of(self, name: str) -> int:
        """The port of a part; `lottery.live` is the Faust view of lottery, `intake-2` a replica's own port."""
        service, _, view = name.partition(".")
        service, _, number = service.partition("-")
        replica = REPLICA_OFFSET + REPLICA_STEP * (int(number) - 1) if number else 0
        return self.base + OFFSETS[service] + (LIVE_OFFSET if view else 0) + replica

    def url(self, name: str) -> str:
        """Where a browser on this machine finds the part."""
        return f"http://{LOOPBACK}:{self.of(name)}"


def refuse_taken(ports: Ports, names: Iterable[str]) -> None:
    """Raise one message that names every wanted port that is taken, and by whom."""
    taken = [f"{ports.of(name)} ({name}) by {_holder(ports.of(name))}" for name in names if _taken(ports.of(name))]
    if taken:
        raise StackError(
            f"Taken ports: {'; '.join(taken)}. End that program, or move this stack with "
            f"`--port-base {free_base(ports.base + 1000)}` (or KUJIBIKI_PORT_BASE)."
        )


def _taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # What is left in TIME_WAIT from the last run does not hinder a server; only a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as problem:
            if problem.errno in (errno.EADDRINUSE, errno.EACCES):
                return True
            raise
    return False


def _holder(port: int) -> str:
    try:
        pids = [c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr[1] == port and c.pid]
        return f"{psutil.Process(pids[0]).name()} (pid {pids[0]})" if pids else "a program of another user"
    except psutil.Error:
        return "a program that this user may not see"


def free_base(above: int = 20_000) -> int:
    """A base whose ports are all free now, and that no other call gets while this process lives."""
    for candidate in range(above, HIGHEST_BASE, 100):
        if _reserve(candidate) and not any(_taken(candidate + offset) for offset in OFFSETS.values()):
            return candidate
    raise StackError(f"No range of free ports was found above {above}. End programs that listen on many.")


def _reserve(base: int) -> bool:
    """Whether nobody else is about to start a stack there: between the look and the start lie seconds."""
    folder = Path(tempfile.gettempdir()) / f"kujibiki-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(folder / f"{base}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    _reserved.append(lock)
    return True
