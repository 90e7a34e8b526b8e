"""M8: from the answer 201 to the event handled by lottery, notifier, checkin and retention, at half load.

`python -m bench.freshness [--seconds S] [--rate R] [--connections C] [--turns T] [--results FILE]`

The whole embedded stack runs. Without a rate, intake's most is measured first, with all services hearing, and half of
it is sent. When an event was handled is read afterwards from MongoDB's oplog: the time at which the transaction with
its inbox mark was committed; when the 201 came, the load client wrote down. Both clocks are this machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from bench.applications import FIRST_BASE, Bench, answered, keep, spread
from bench.counting import FACTS, RECORDS, read
from bench.ground import prepare
from bench.machine import machine
from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from shared.contracts.envelope import decode
from shared.contracts.intake import ApplicationTaken
from shared.contracts.privacy import ApplicationRecorded

HEARERS: Mapping[str, tuple[str, ...]] = {
    "lottery": (FACTS,), "notifier": (FACTS, RECORDS), "checkin": (RECORDS,), "retention": (FACTS,)}
P99_MS = 500


async def event_ids(stack: Stack) -> dict[str, dict[str, str]]:
    """Topic → application → the event that brought it; and, under `receipts`, receipt → application."""
    found: dict[str, dict[str, str]] = {FACTS: {}, RECORDS: {}, "receipts": {}}
    for topic in (FACTS, RECORDS):
        for _, value in await read(stack, topic):
            message = decode(value)
            if isinstance(message.data, ApplicationTaken | ApplicationRecorded):
                found[topic][message.subject] = message.id
            if isinstance(message.data, ApplicationTaken):
                found["receipts"][message.data.receipt] = message.subject
    return found


def handled(stack: Stack) -> dict[str, float]:
    """Inbox mark (`service/event`) → when its transaction was committed, in seconds."""
    client: MongoClient[dict[str, Any]] = MongoClient(stack.mongo_uri, tz_aware=True)
    inboxes = [f"{service}.inbox" for service in HEARERS]
    times: dict[str, float] = {}
    for entry in client["local"]["oplog.rs"].find({"o.applyOps.ns": {"$in": inboxes}}, {"o": 1, "wall": 1}):
        for written in entry["o"]["applyOps"]:
            if written["ns"] in inboxes:
                times[written["o"]["_id"]] = entry["wall"].timestamp()
    client.close()
    return times


def delays(
    answers: Iterable[tuple[str, float]], events: dict[str, dict[str, str]], times: dict[str, float]
) -> dict[str, list[float]]:
    """Service → milliseconds from each answer (receipt, seconds) until the last of its events was handled there.

    Raises `KeyError` where one was not handled.
    """
    return {
        service: [1000 * max(0.0, max(
            times[f"{service}/{events[topic][events['receipts'][receipt]]}"] for topic in topics) - answered)
            for receipt, answered in answers]
        for service, topics in HEARERS.items()
    }


def percentile(values: list[float], part: int) -> float:
    """The value that `part` of a hundred do not exceed."""
    return round(sorted(values)[min(len(values) - 1, int(len(values) * part / 100))], 1)


class Freshness(Bench):
    """The whole stack, and the load."""

    def turn(self, number: int) -> dict[str, Any]:
        """One run at half load: p50 and p99 of each service."""
        processes = {name: [part.record.pid] for name, part in self.stack.parts.items() if part.record.pid}
        path = f"/intake/{self.programme.id}/api/applications"
        ports = [self.stack.ports.of("intake")]
        rate = self.asked.rate
        if rate is None:
            most = self.load(ports, path, processes, self.asked.seconds, drained=True)
            rate = most["rate"] / 2
            self.until_heard()
        answers = self.folder / f"half-{number}"
        run = self.load(ports, path, processes, self.asked.seconds, rate=rate, answers=answers, drained=True)
        self.until_heard()
        found = delays(answered(answers), asyncio.run(event_ids(self.stack)), handled(self.stack))
        return {"rate": rate, "load": run, **{
            service: {f"p{part}_ms": percentile(values, part) for part in (50, 99)} | {"max_ms": round(max(values), 1)}
            for service, values in found.items()}}

    def until_heard(self) -> None:
        """Until every service has handled all that intake said."""
        events = asyncio.run(event_ids(self.stack))
        client: MongoClient[dict[str, Any]] = MongoClient(self.stack.mongo_uri)
        for service, topics in HEARERS.items():
            marks = [f"{service}/{event}" for topic in topics for event in events[topic].values()]
            while client[service]["inbox"].count_documents({"_id": {"$in": marks}}) < len(marks):
                time.sleep(0.5)
        client.close()


def report(turns: list[dict[str, Any]]) -> str:
    """Each service's figures."""
    rates = spread([turn["rate"] for turn in turns])
    lines = [f"at {rates} applications a second, all services hearing:"]
    for service in HEARERS:
        p50, p99 = (spread([turn[service][f"p{part}_ms"] for turn in turns]) for part in (50, 99))
        lines.append(f"{service}: p50 {p50} ms, p99 {p99} ms after the 201")
    worst = max(statistics.median(turn[service]["p99_ms"] for turn in turns) for service in HEARERS)
    lines.append(f"slowest service's p99: {worst:,.0f} ms (below {P99_MS} wanted)")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and keeps the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--results", type=Path)
    asked, before = parser.parse_args(), machine()
    with (
        tempfile.TemporaryDirectory(prefix="kujibiki-bench-") as folder,
        running(Stack(Path(folder) / "state", free_base(FIRST_BASE), outside=Outside())) as stack,
    ):
        bench = Freshness(stack, Path(folder), asked)
        asyncio.run(prepare(stack, bench.programme, speaking_for=()))
        turns = [bench.turn(number) for number in range(asked.turns)]
    print(report(turns))
    print(f"load before: {before['load']}, now {os.getloadavg()[0]:.1f}")
    keep("freshness", asked.results, {"measure": "M8", "machine": before, "asked": {
        "seconds": asked.seconds, "connections": asked.connections}, "turns": turns})


if __name__ == "__main__":
    main()
