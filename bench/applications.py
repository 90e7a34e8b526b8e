"""M1: applications accepted a second over HTTP, held to a bare FastAPI endpoint and, where there is one, to pretix.

`python -m bench.applications [--seconds S] [--replicas N] [--connections C] [--turns T] [--results FILE]`

A 201 is a MongoDB commit (majority, journaled) of application, sealed record and outbox. A turn is: the bare endpoint
with two workers; intake at its most, until all that was said is on Kafka; intake at half of that, requests due at
fixed times. At the end every acknowledged application must be in MongoDB and on Kafka once: else no figure counts.
Rates are accepted applications by the time until the last event was on Kafka.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bench.applicants import bodies
from bench.counting import find, outbox_empty
from bench.ground import ended, intakes, prepare, programme, wait_for
from bench.machine import Meter, machine
from bench.peer import peer_orders
from deploy.local.environment import surroundings
from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running

FIRST_BASE = 25_200
BARE_OFFSET = 80
TIMES_THE_PEER, SHARE_OF_BARE, P99_MS = 150, 0.2, 100
RESULTS = Path(__file__).parent / "results"
MOST_A_SECOND = 4000
WARM_UP_SECONDS = 10
"""Kafka's Java gets quick with what it does often."""


class Bench:
    """One stack with intake on it, and the load."""

    def __init__(self, stack: Stack, folder: Path, asked: argparse.Namespace) -> None:
        self.stack, self.folder, self.asked = stack, folder, asked
        self.programme = programme()
        self.answers = folder / "answers"
        self._people = count(0, 10_000_000 // 64)

    def load(
        self, ports: list[int], path: str, processes: dict[str, list[int]], seconds: float, *,
        rate: float | None = None, answers: Path | None = None, drained: bool = False,
    ) -> dict[str, Any]:
        """One run of the load client, and what the processes used for it."""
        many = int(seconds * (rate * 1.2 if rate else MOST_A_SECOND * (1 if drained else 5)))
        file = self.folder / "bodies"
        file.write_bytes(b"\n".join([path.encode(), *bodies(self.programme, many, next(self._people))]))
        command = [sys.executable, "-m", "bench.load", ",".join(map(str, ports)), str(file),
                   str(answers or self.folder / "dropped"), "--connections", str(self.asked.connections),
                   "--seconds", str(seconds), *(["--rate", str(rate)] if rate else [])]
        meter = Meter(processes)
        said: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        said["drain_seconds"] = round(asyncio.run(outbox_empty(self.stack)), 2) if drained else 0.0
        said["rate"] = round(said["taken"] / (said["seconds"] + said["drain_seconds"]), 1)
        said["cpu_ms_each"] = meter.milliseconds_each(said["taken"])
        said["other_cores"] = meter.other_cores(said["seconds"])
        return said

    def bare(self) -> dict[str, Any]:
        """The bare endpoint with two workers."""
        port = self.stack.ports.base + BARE_OFFSET
        command = [sys.executable, "-m", "uvicorn", "bench.bare:app", "--port", str(port), "--workers", "2", "--loop",
                   "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        log = self.folder / "bare.log"
        with log.open("ab") as file, ended(subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT, env=surroundings())) as process:
            wait_for(f"http://127.0.0.1:{port}/openapi.json", log)
            self.load([port], "/applications", {"bare": [process.pid]}, 1)
            return self.load([port], "/applications", {"bare": [process.pid]}, self.asked.seconds)

    def turns(self) -> list[dict[str, Any]]:
        """Three figures a turn: bare, most, half."""
        log = self.folder / "intake.log"
        asyncio.run(prepare(self.stack, self.programme))
        with intakes(self.stack, self.asked.replicas, log) as (pids, ports):
            processes = {"intake": pids, **{name: [part.record.pid] for name, part in self.stack.parts.items()
                                            if part.record.pid}}
            path = f"/intake/{self.programme.id}/api/applications"

            def intake(seconds: float, rate: float | None = None) -> dict[str, Any]:
                return self.load(
                    ports, path, processes, seconds, rate=rate, answers=self.answers, drained=True)

            intake(WARM_UP_SECONDS)
            return [self._turn(intake) for _ in range(self.asked.turns)]

    def _turn(self, intake: Any) -> dict[str, Any]:
        turn = {"bare": self.bare(), "most": intake(self.asked.seconds)}
        turn["half"] = intake(self.asked.seconds, turn["most"]["rate"] / 2)
        print(json.dumps(turn), file=sys.stderr, flush=True)
        return turn

    def wrong(self) -> list[str]:
        """What was acknowledged and is not there once."""
        receipts = [receipt for receipt, _ in answered(self.answers)]
        print(f"{len(receipts):,} acknowledged applications are looked for", file=sys.stderr)
        return asyncio.run(find(self.stack, self.programme.id)).wrong(receipts)


def answered(file: Path) -> list[tuple[str, float]]:
    """Receipt and time, in seconds, of each 201 that the load client wrote down."""
    lines = [line.split(b" ", 1) for line in file.read_bytes().splitlines()]
    return [(json.loads(body)["receipt"], float(at)) for at, body in lines]


def keep(name: str, file: Path | None, figures: dict[str, Any]) -> None:
    """Writes the figures to `file`, or beside the bench under name and time."""
    file = file or RESULTS / f"local-{name}-{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M}Z", **figures}, indent=1) + "\n")


def spread(values: list[float]) -> str:
    """Least, median and most."""
    return f"{min(values):,.1f} / {statistics.median(values):,.1f} / {max(values):,.1f}"


def report(turns: list[dict[str, Any]], peer: float | None) -> str:
    """The figures, and what they are held to."""
    lines = []
    for name, what in (("bare", "bare FastAPI, two workers"), ("most", "intake at its most"), ("half", "at half")):
        runs = [turn[name] for turn in turns]
        lines.append(
            f"{what}: {spread([run['rate'] for run in runs])} a second; p50 {spread([run['p50_ms'] for run in runs])} "
            f"ms, p99 {spread([run['p99_ms'] for run in runs])} ms; CPU "
            f"{spread([run['cpu_ms_each']['all'] for run in runs])} ms a request")
    share = statistics.median(turn["most"]["rate"] / turn["bare"]["rate"] for turn in turns)
    p99 = statistics.median(turn["half"]["p99_ms"] for turn in turns)
    by_cpu = statistics.median(
        turn["bare"]["cpu_ms_each"]["all"] / turn["most"]["cpu_ms_each"]["all"] for turn in turns)
    lines.append(f"share of bare: {share:.1%} (at least {SHARE_OF_BARE:.0%} wanted), by CPU a request {by_cpu:.1%}; "
                 f"p99 at half: {p99:.0f} ms (below {P99_MS} wanted)")
    if peer:
        times = statistics.median(turn["most"]["rate"] for turn in turns) / peer
        lines.append(f"pretix: {peer:.1f} orders a second; intake takes {times:.0f} times as many "
                     f"(at least {TIMES_THE_PEER} wanted)")
    return "\n".join(lines)


def main() -> None:
    """Measures, checks, prints, and keeps the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    peer, before = peer_orders(), machine()
    with (
        tempfile.TemporaryDirectory(prefix="kujibiki-bench-") as folder,
        running(Stack(Path(folder) / "state", free_base(FIRST_BASE), services=False, outside=Outside())) as stack,
    ):
        bench = Bench(stack, Path(folder), asked)
        turns = bench.turns()
        wrong = bench.wrong()
    print(report(turns, peer))
    print(f"void: {'; '.join(wrong)}" if wrong else "every acknowledged application is in MongoDB and on Kafka once")
    print(f"load before: {before['load']}, now {os.getloadavg()[0]:.1f}")
    keep("applications", asked.results, {"measure": "M1", "machine": before, "asked": {
        "seconds": asked.seconds, "replicas": asked.replicas, "connections": asked.connections,
    }, "peer_orders": peer, "turns": turns, "wrong": wrong})
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
