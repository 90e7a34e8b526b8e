"""What runs now, as files below `run/`: read by `status` and the start page, and to find leftovers."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import psutil

from deploy.local.state import State, read_json, write_json

Condition = Literal["starting", "ready", "unready", "failed", "stopped", "outside"]
SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class PartRecord:
    """One part, as last reported by its supervisor."""

    name: str
    condition: Condition
    port: int | None = None
    pid: int | None = None
    created: float | None = None
    since: float = 0.0
    restarts: int = 0
    note: str = ""
    url: str | None = None

    @property
    def alive(self) -> bool:
        """Whether the very process that was recorded still runs."""
        return process_of(self) is not None


def save(state: State, record: PartRecord) -> None:
    """Write one part's record."""
    write_json(state.run / f"{record.name}.json", asdict(record))


def load(state: State, name: str) -> PartRecord | None:
    """One part's record."""
    content = read_json(state.run / f"{name}.json")
    return PartRecord(**content) if content else None


def load_all(state: State) -> list[PartRecord]:
    """All records in the order in which the parts were started, the supervisor's left out."""
    names = [file.stem for file in state.run.glob("*.json") if file.stem != SUPERVISOR]
    found = [record for name in names if (record := load(state, name))]
    return sorted(found, key=lambda record: (record.port or 1 << 20, record.name))


def forget(state: State, names: Iterable[str]) -> None:
    """Delete records."""
    for name in names:
        (state.run / f"{name}.json").unlink(missing_ok=True)


def process_of(record: PartRecord) -> psutil.Process | None:
    """The recorded process, if it is still the same one: a number can be given to another process."""
    if record.pid is None or record.created is None:
        return None
    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.created) < 0.01 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def stop_leftovers(state: State) -> list[str]:
    """End parts that outlived their supervisor, so that a new one can start; return their names."""
    left = [(record, process) for record in load_all(state) if (process := process_of(record))]
    for _, process in left:
        _end_tree(process)
    psutil.wait_procs([process for _, process in left], timeout=10)
    forget(state, [record.name for record in load_all(state)])
    return [record.name for record, _ in left]


def _end_tree(process: psutil.Process) -> None:
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue


def now() -> float:
    """The wall clock, for people to read."""
    return time.time()
