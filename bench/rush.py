"""The opening rush: three times what intake can take, for a minute.

`python -m bench.rush [--seconds S] [--measured S] [--replicas N] [--times T]`

First the most that it takes, by connections that each wait for their answer; then T times that rate, requests due at
fixed times on thousands of connections, at the port that the replicas share, while somebody looks at the form and at
My application. Exits with 1 unless: whoever was acknowledged is in MongoDB and on Kafka once; everybody got 201, or 503
with Retry-After and quickly; memory stayed within bounds; and afterwards the service answers as on any other day.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from bench.applicants import bodies
from bench.counting import find, outbox_empty
from bench.ground import intakes, prepare
from bench.ground import programme as seed
from bench.load import PATIENCE_SECONDS
from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from shared.contracts.programme import Programme

FIRST_BASE = 26_400
CONNECTIONS, RUSH_CONNECTIONS = 128, 3000
LOOK_EVERY_SECONDS = 0.25
LOOKER_PATIENCE_SECONDS = 60
CALM_SECONDS, CALM_WITHIN = 1.0, 15.0
MOST_GROWTH_MB = 200
REFUSED_MOSTLY_WITHIN_MS, REFUSED_WITHIN_MS, TAKEN_WITHIN_MS = 1000.0, 4000.0, 10_000.0


@dataclass
class Rush:
    """What happened."""

    most: dict[str, Any]
    offered: float
    seen: dict[str, Any]
    looks: list[float]
    failed_looks: int
    calm_after: float | None
    megabytes: list[float]
    slack: float
    """How many times slower a machine may be that does other things as well."""
    wrong: list[str] = field(default_factory=list)

    def faults(self, times: float) -> list[str]:
        """What is not as it must be; empty when all is."""
        statuses, seen, slack = self.seen["statuses"], self.seen, self.slack
        mostly, refused = (seen["refusals"].get(f"{part}_ms", 0.0) for part in ("p50", "p99"))
        return [*self.wrong, *(what for what, is_wrong in {
            f"that was no rush: {self.offered:.0f} a second came, {self.most['rate']} a second can be taken":
                self.offered < self.most["rate"] * times / 2 or "503" not in statuses,
            f"answers that are none of ours: {statuses}": not statuses.keys() <= {"201", "503"},
            f"{seen['unanswered']} were never answered": seen["unanswered"] > 0,
            f"Retry-After {seen['retry_after']}": not 1 <= seen["retry_after"][0] <= seen["retry_after"][1] <= 60,
            f"turned away only after {mostly} ms (p50)": mostly > slack * REFUSED_MOSTLY_WITHIN_MS,
            f"turned away only after {refused} ms (p99)": refused > slack * REFUSED_WITHIN_MS,
            f"taken only after {seen.get('p99_ms')} ms (p99)": seen.get("p99_ms", 0.0) > slack * TAKEN_WITHIN_MS,
            f"{self.failed_looks} looks failed of {len(self.looks) + self.failed_looks}": self.failed_looks > 0,
            f"memory grew by {self.megabytes} MB": max(self.megabytes) > MOST_GROWTH_MB,
            "the service does not calm down": self.calm_after is None,
        }.items() if is_wrong)]

    def report(self) -> str:
        """The figures."""
        looks = sorted(self.looks)
        return "\n".join([
            f"most: {self.most['rate']} a second, p99 {self.most['p99_ms']} ms",
            f"rush: {self.offered:.0f} a second came for {self.seen['seconds']} s; answers {self.seen['statuses']}",
            f"taken: {self.seen['rate']} a second; p50 / p99 / max {self.seen.get('p50_ms')} / "
            f"{self.seen.get('p99_ms')} / {self.seen.get('max_ms')} ms",
            f"turned away: p50 / p99 / max {[self.seen['refusals'].get(f'{one}_ms') for one in ('p50', 'p99', 'max')]} "
            f"ms, Retry-After {self.seen['retry_after']} s",
            f"looks meanwhile: {len(looks)}, p50 / max {looks[len(looks) // 2]:.2f} / {looks[-1]:.2f} s",
            f"memory grew by {self.megabytes} MB; calm after {self.calm_after} s",
        ])


class Field:
    """A stack with intake on it, where the rush takes place."""

    def __init__(self, stack: Stack, folder: Path, programme: Programme, slack: float = 1.0) -> None:
        self.stack, self.folder, self.programme, self._slack = stack, folder, programme, slack
        self.url = stack.ports.url("intake")
        self._path = f"/intake/{programme.id}/api/applications"
        self._people = count(10_000_000, 1_000_000)
        self._answers = folder / "acknowledged"

    def rush(self, *, replicas: int, measured: float, seconds: float, times: float) -> Rush:
        """All of it, one after the other."""
        asyncio.run(prepare(self.stack, self.programme))
        with intakes(self.stack, replicas, self.folder / "rush.log") as (pids, ports):
            self._await_programme(ports)
            self._load(ports, min(measured, 2), None, CONNECTIONS)
            most = self._load(ports, measured, None, CONNECTIONS)
            before = [_megabytes(pid) for pid in pids]
            rate = times * most["rate"]
            with self._looking() as looks:
                seen = self._load([self.stack.ports.of("intake")], seconds, rate, RUSH_CONNECTIONS)
            calm = self._calm()
            grown = [round(_megabytes(pid) - then) for pid, then in zip(pids, before, strict=True)]
            asyncio.run(outbox_empty(self.stack))
        wrong = asyncio.run(find(self.stack, self.programme.id)).wrong(self.acknowledged)
        return Rush(most, sum(seen["statuses"].values()) / seen["seconds"], seen, looks.took, looks.failed, calm, grown,
                    self._slack, wrong)

    @property
    def acknowledged(self) -> list[str]:
        """The receipts that anybody got."""
        return [json.loads(line.partition(b" ")[2])["receipt"] for line in self._answers.read_bytes().splitlines()]

    def _load(self, ports: list[int], seconds: float, rate: float | None, connections: int) -> dict[str, Any]:
        many = int(seconds * (rate * 1.1 if rate else 3000)) + connections
        file = self.folder / "bodies"
        file.write_bytes(b"\n".join([self._path.encode(), *bodies(self.programme, many, next(self._people))]))
        command = [sys.executable, "-m", "bench.load", ",".join(map(str, ports)), str(file), str(self._answers),
                   "--connections", str(connections), "--seconds", str(seconds),
                   "--patience", str(self._slack * PATIENCE_SECONDS),
                   *(["--rate", str(rate)] if rate else [])]
        told: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return told

    def _await_programme(self, ports: list[int]) -> None:
        """Each replica has heard of the programme and can seal for its recipients."""
        for port in ports:
            end = time.monotonic() + 60
            while _ask(f"http://127.0.0.1:{port}{self._path}", self._one()) is None:
                if time.monotonic() > end:
                    raise SystemExit(f"port {port} takes nothing; see {self.folder / 'rush.log'}")
                time.sleep(0.1)

    def _one(self) -> bytes:
        return bodies(self.programme, 1, next(self._people))[0]

    @contextmanager
    def _looking(self) -> Iterator[Looks]:
        looks = Looks(self.url, self.programme.id)
        looks.start()
        try:
            yield looks
        finally:
            looks.ending.set()
            looks.join()

    def _calm(self) -> float | None:
        """Seconds until five applications in a row are each taken within a second; None if that does not come."""
        began, row = time.monotonic(), 0
        while row < 5:
            asked = time.monotonic()
            answer = _ask(f"{self.url}{self._path}", self._one())
            if answer is not None:
                with self._answers.open("ab") as file:
                    file.write(b"%.6f %s\n" % (time.time(), answer))
            row = row + 1 if answer is not None and time.monotonic() - asked < CALM_SECONDS else 0
            if time.monotonic() - began > self._slack * CALM_WITHIN:
                return None
        return round(time.monotonic() - began, 1)


class Looks(threading.Thread):
    """Somebody who looks at the form, at My application and at the probe while the rush goes on."""

    def __init__(self, url: str, programme: str) -> None:
        super().__init__(name="looks")
        self.ending = threading.Event()
        self.took: list[float] = []
        self.failed = 0
        self._urls = [f"{url}/intake/{programme}", f"{url}/intake/{programme}/mine", f"{url}/healthz"]

    def run(self) -> None:
        """Until told to end."""
        while not self.ending.wait(LOOK_EVERY_SECONDS):
            for url in self._urls:
                began = time.monotonic()
                if _ask(url) is None:
                    self.failed += 1
                else:
                    self.took.append(time.monotonic() - began)


def _ask(url: str, body: bytes | None = None) -> bytes | None:
    """The body of a good answer, each time on a connection of its own."""
    headers = {"Content-Type": "application/json"} if body else {}
    try:
        with urllib.request.urlopen(
                urllib.request.Request(url, body, headers), timeout=LOOKER_PATIENCE_SECONDS) as answer:
            return bytes(answer.read())
    except OSError:
        return None


def _megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def main() -> None:
    """Has the rush, prints what happened, and says whether it was borne."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--measured", type=float, default=10)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--times", type=float, default=3)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="kujibiki-rush-") as folder,
        running(Stack(Path(folder) / "state", free_base(FIRST_BASE), services=False, outside=Outside())) as stack,
    ):
        place = Field(stack, Path(folder), seed())
        rush = place.rush(
            replicas=asked.replicas, measured=asked.measured, seconds=asked.seconds, times=asked.times)
        print(rush.report())
        print(f"{len(place.acknowledged):,} were acknowledged; load {os.getloadavg()[0]:.1f}")
        print((Path(folder) / "rush.log").read_text()[-1500:], file=sys.stderr)
    faults = rush.faults(asked.times)
    print(f"not borne: {'; '.join(faults)}" if faults else "borne: nothing lost, nothing doubled, nobody left waiting")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
