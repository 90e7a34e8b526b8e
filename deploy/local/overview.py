"""How a stack is doing, from its records: for `kujibiki status` and the start page."""

from dataclasses import dataclass

import psutil

from deploy.local import records
from deploy.local.records import PartRecord
from deploy.local.state import State

_FINE = ("ready", "outside")


@dataclass(frozen=True)
class PartView:
    """One line of the status."""

    name: str
    condition: str
    pid: int | None
    port: int | None
    since: float
    restarts: int
    memory: int | None
    note: str
    url: str | None


@dataclass(frozen=True)
class Overview:
    """The whole stack."""

    running: bool
    ready: bool
    supervisor: PartView | None
    parts: tuple[PartView, ...]


def overview(state: State) -> Overview:
    """What the records say, checked against the processes that really run."""
    supervisor = records.load(state, records.SUPERVISOR)
    parts = tuple(_view(record) for record in records.load_all(state))
    running = supervisor is not None and supervisor.alive
    conditions = [supervisor.condition if supervisor else "", *(part.condition for part in parts)]
    ready = running and all(condition in _FINE for condition in conditions)
    return Overview(running, ready, _view(supervisor) if supervisor else None, parts)


def _view(record: PartRecord) -> PartView:
    process = records.process_of(record)
    gone = process is None and record.condition in ("starting", "ready", "unready")
    return PartView(
        record.name,
        # A killed supervisor leaves records behind that say "ready".
        "failed" if gone else record.condition,
        process.pid if process else None,
        record.port,
        record.since,
        record.restarts,
        _memory(process),
        "its process is gone" if gone and not record.note else record.note,
        record.url,
    )


def _memory(process: psutil.Process | None) -> int | None:
    try:
        return int(process.memory_info().rss) if process else None
    except psutil.Error:
        return None
