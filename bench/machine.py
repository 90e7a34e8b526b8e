"""CPU time by process, and what the figures were taken on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

import psutil

LIBRARIES = ("fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "motor", "pymongo", "aiokafka", "orjson")


def cpu_seconds(processes: Mapping[str, list[int]]) -> dict[str, float]:
    """User and system time that each part's processes have used so far, their children included."""
    used = {}
    for name, pids in processes.items():
        trees = [one for pid in pids for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]
        used[name] = sum(sum(one.cpu_times()[:2]) for one in trees)
    return used


@dataclass
class Meter:
    """Who used the CPU between two moments."""

    processes: Mapping[str, list[int]]

    def __post_init__(self) -> None:
        self._before, self._busy = cpu_seconds(self.processes), _busy()

    def milliseconds_each(self, count: int) -> dict[str, float]:
        """CPU milliseconds of each part by `count` requests, and their sum."""
        now = cpu_seconds(self.processes)
        each = {name: 1000 * (now[name] - self._before[name]) / max(1, count) for name in now}
        return {**{name: round(value, 3) for name, value in each.items()}, "all": round(sum(each.values()), 3)}

    def other_cores(self, seconds: float) -> float:
        """Cores that anything else used, the load client included."""
        now = cpu_seconds(self.processes)
        own = sum(now.values()) - sum(self._before.values())
        return round((_busy() - self._busy - own) / seconds, 2)


def _busy() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - getattr(times, "guest", 0)


def machine() -> dict[str, object]:
    """Cores, Python and libraries, and the load at this moment."""
    return {
        "cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2), "libraries": {name: version(name) for name in LIBRARIES},
    }
