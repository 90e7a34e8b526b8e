"""Freeze and draw by the running service, on a real Kafka and MongoDB: time, memory, and whether it answers meanwhile.

`python -m bench.draw_service [--sizes N,N,…] [--results FILE]`

What intake would have said of N applications is laid into lottery's store as lottery keeps it. All that follows is the
service's own: it hears that the window is closed, freezes, is closed and given its beacon over HTTP, draws, and says
every result on Kafka. Meanwhile somebody asks `/healthz` every 20 ms: the longest answer is about as long as the
service's loop stood still. At the end the published transcript is verified; and the service, killed and started again,
takes the draw up from its lines.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.applications import keep
from bench.draw import BYTES_AN_ENTRY, exponents
from bench.draw_work import VERIFIER
from bench.ground import ended, programme, say, settings_of, wait_for
from bench.machine import machine
from deploy.local.environment import service_environment, surroundings
from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from services.lottery.domain.witness import commitment, signed_message
from services.lottery.store import APPLICATIONS, PARTITIONS
from shared.contracts.intake import PartitionClosed
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked, Programme, ProgrammeDefined
from shared.contracts.retention import RegisterAffirmed, SigningKeyPublished, StaffDesignated
from shared.contracts.topics import TOPIC
from shared.platform.mongo import connect

FIRST_BASE = 27_200
STILL_MS = 100.0
LOOK_EVERY_SECONDS, PATIENCE_SECONDS = 0.02, 3600
OFFICERS = ("officer-1", "officer-2")
DICE = "6123415266" + "3415263415" + "24516"
TRANSCRIPT = "transcript.jsonl"
FACTS = "intake.applications.v1"
ROWS = 10_000


def campaign_of(count: int) -> Programme:
    """The seed's programme under a name of its own, with seats for about a third."""
    defined = programme()
    seats = max(1, count * 3 // 2 // len(defined.slots))
    return defined.model_copy(update={
        "id": f"bench-{count}", "draw": defined.draw.model_copy(update={"id": f"bench-{count}-1"}),
        "slots": tuple(slot.model_copy(update={"seats": seats}) for slot in defined.slots)})


class Watch(threading.Thread):
    """Somebody who asks whether the service is alive, again and again."""

    def __init__(self, url: str) -> None:
        super().__init__(name="watch")
        self._url = f"{url}/healthz"
        self.ending = threading.Event()
        self.milliseconds: list[float] = []

    def run(self) -> None:
        """Until told to end."""
        with httpx.Client(timeout=120) as client:
            while not self.ending.wait(LOOK_EVERY_SECONDS):
                began = time.monotonic()
                client.get(self._url)
                self.milliseconds.append(1000 * (time.monotonic() - began))


class Lottery:
    """The service as a process, and what its neighbours and its officers do."""

    def __init__(self, stack: Stack, count: int, log: Path) -> None:
        self.stack, self.count, self.log = stack, count, log
        self.programme = campaign_of(count)
        self.url = stack.ports.url("lottery")
        self.base = f"/lottery/{self.programme.id}/api/draws/{self.programme.draw.id}"
        self._key, self._tick = Ed25519PrivateKey.generate(), 0
        self._witnesses = {witness.name: (Ed25519PrivateKey.generate(), os.urandom(32).hex())
                           for witness in self.programme.draw.witnesses}
        self.pid = 0

    @contextmanager
    def runs(self) -> Iterator[None]:
        """As long as the block lasts."""
        told = service_environment(self.stack.state.root, "lottery")
        with self.log.open("ab") as file, ended(subprocess.Popen(
                [sys.executable, "-m", "services.lottery"], stdout=file, stderr=subprocess.STDOUT,
                env={**surroundings(), **told})) as process:
            self.pid = process.pid
            wait_for(f"{self.url}/readyz", self.log)
            yield

    async def announce(self) -> None:
        """The staff register, the programme, and the announcement of its draw."""
        public = self._key.public_key().public_bytes_raw().hex()
        await say(self.stack, "retention", [
            (SigningKeyPublished(key_id="bench", public_key=public), "bench"),
            *((StaffDesignated(staff=name, roles=("officer",), programmes=("*",), trained_on=date(2020, 1, 1),
                               valid_from=datetime(2020, 1, 1, tzinfo=UTC), employer="ward"), name)
              for name in OFFICERS),
            (RegisterAffirmed(at=datetime.now(UTC)), "register"),
        ], "-")
        await say(self.stack, "retention", [(
            ProgrammeDefined(digest="0" * 64, definition=self.programme, by="bench"), self.programme.id)],
            self.programme.id)
        await self.tick(self.programme.draw.timetable.commit_until - timedelta(hours=1))
        for name, (key, secret) in self._witnesses.items():
            body = {"key": key.public_key().public_bytes_raw().hex(),
                    "commitment": commitment(self.programme.draw.id, name, secret)}
            await self.until_taken("PUT", f"/witnesses/{name}", body)
        await self.agree("/announcement")

    async def hear_applications(self) -> None:
        """As lottery keeps what it hears of them; then each partition is closed."""
        client, database = connect(settings_of(self.stack, "lottery").mongo_uri(), "lottery")
        chance, heard = random.Random(self.count), [0] * TOPIC[FACTS].partitions
        slots, opens = [slot.id for slot in self.programme.slots], self.programme.window.opens
        for start in range(0, self.count, ROWS):
            rows = []
            for _ in range(min(ROWS, self.count - start)):
                application = f"{chance.getrandbits(128):032x}"
                heard[partition_of(application, FACTS)] += 1
                rows.append({
                    "_id": application, "programme": self.programme.id, "partition": partition_of(application, FACTS),
                    "entry": f"{chance.getrandbits(128):032x}", "seats": chance.randint(1, 4),
                    "wishes": chance.sample(slots, 3), "channel": chance.choice(("web", "web", "postcard")),
                    "taken_at": opens + timedelta(hours=chance.randrange(300)),
                    "traceparent": f"00-{chance.getrandbits(128):032x}-{chance.getrandbits(64):016x}-00"})
            await database[APPLICATIONS].insert_many(rows, ordered=False)
        await database[PARTITIONS].insert_many([
            {"_id": f"{self.programme.id}/{number}", "programme": self.programme.id, "partition": number,
             "heard": facts, "highest": facts} for number, facts in enumerate(heard)])
        client.close()
        await say(self.stack, "intake", [
            (PartitionClosed(partition=number, partitions=len(heard), facts=facts,
                             closed_at=self.programme.window.closes), self.programme.id)
            for number, facts in enumerate(heard)], self.programme.id)

    async def close(self) -> None:
        """Reveals, closing, signatures."""
        await self.tick(self.programme.draw.timetable.close_from + timedelta(minutes=5))
        for name, (_, secret) in self._witnesses.items():
            await self.until_taken("POST", "/reveals", {"witness": name, "secret": secret})
        await self._sign("/closing", (await self.step("POST", "/closing"))["record"])

    async def throw_dice(self) -> None:
        """Two readings, signatures, confirmation: then it draws."""
        await self.tick(self.programme.draw.beacons[0].at + timedelta(minutes=5))
        await self.until_taken("POST", "/beacon/readings", {"value": DICE})
        record = (await self.step("POST", "/beacon/readings", {"value": DICE}, OFFICERS[1]))["record"]
        await self._sign("/beacon", record)

    async def _sign(self, path: str, record: dict[str, Any]) -> None:
        for name, (key, _) in self._witnesses.items():
            signature = key.sign(signed_message(record)).hex()
            await self.step("POST", f"{path}/signatures", {"witness": name, "signature": signature})
        await self.agree(f"{path}/confirmation")

    async def tick(self, at: datetime) -> None:
        """Moves the programme's time; nobody waits."""
        self._tick += 1
        await say(self.stack, "retention", [
            (ClockTicked(number=self._tick, at=at), self.programme.id),
            (RegisterAffirmed(at=datetime.now(UTC)), "register")], self.programme.id)

    async def step(self, method: str, path: str, body: Any = None, by: str = OFFICERS[0]) -> Any:
        """One step of the draw, which must be taken."""
        claims = {"sub": by, "aud": "lottery", "exp": datetime.now(UTC) + timedelta(minutes=15)}
        token = jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": "bench"})
        async with httpx.AsyncClient(base_url=self.url, timeout=600) as client:
            answer = await client.request(method, f"{self.base}{path}", json=body,
                                          headers={"Authorization": f"Bearer {token}"})
        if answer.is_error:
            raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)
        return answer.json()

    async def agree(self, path: str) -> None:
        """A step that takes two officers."""
        proposal = (await self.step("POST", path))["proposal"]
        await self.step("POST", f"/proposals/{proposal}/approval", by=OFFICERS[1])

    async def until_taken(self, method: str, path: str, body: Any) -> None:
        """A step as soon as the service has heard of programme, officer and time."""
        for _ in range(600):
            try:
                await self.step(method, path, body)
                return
            except httpx.HTTPStatusError as error:
                refused = error
                await asyncio.sleep(0.1)
        raise refused

    async def until(self, stage: str) -> None:
        """Until the draw has come so far."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while (await self.step("GET", ""))["state"] != stage:
            if time.monotonic() > ends:
                raise SystemExit(f"the draw does not become {stage}; see {self.log}")
            await asyncio.sleep(0.1)

    def kibibytes(self, name: str) -> int:
        """Of the process: `VmRSS` what it holds, `VmHWM` the most that it held."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    @contextmanager
    def watched(self, found: dict[str, float]) -> Iterator[None]:
        """Seconds of the block, and how the service answered meanwhile."""
        watch, began = Watch(self.url), time.monotonic()
        watch.start()
        try:
            yield
        finally:
            found["seconds"] = round(time.monotonic() - began, 2)
            watch.ending.set()
            watch.join()
        took = sorted(watch.milliseconds)
        found |= {"looks": len(took), "p50_ms": round(took[len(took) // 2], 1),
                  "p99_ms": round(took[len(took) * 99 // 100], 1), "max_ms": round(took[-1], 1),
                  "above": sum(one > STILL_MS for one in took)}


async def measured(lottery: Lottery, folder: Path) -> dict[str, Any]:
    """One campaign from its announcement to its published transcript."""
    found: dict[str, Any] = {"freeze": {}, "draw": {}, "again": {}}
    with lottery.runs():
        await lottery.announce()
        await lottery.hear_applications()
        base = lottery.kibibytes("VmRSS")
        with lottery.watched(found["freeze"]):
            await lottery.tick(lottery.programme.draw.timetable.freeze_from)
            await lottery.until("frozen")
        await lottery.close()
        with lottery.watched(found["draw"]):
            await lottery.throw_dice()
            await lottery.until("drawn")
        found["peak"] = 1024 * (lottery.kibibytes("VmHWM") - base)
    with lottery.runs():
        base = lottery.kibibytes("VmRSS")
        with lottery.watched(found["again"]):
            download(lottery, folder / TRANSCRIPT)
        found["again"]["peak"] = 1024 * (lottery.kibibytes("VmHWM") - base)
    return found


def download(lottery: Lottery, file: Path) -> None:
    """The published transcript."""
    address = f"{lottery.url}/lottery/{lottery.programme.id}/draws/{lottery.programme.draw.id}/transcript.jsonl"
    with file.open("wb") as out, httpx.stream("GET", address, timeout=PATIENCE_SECONDS) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            out.write(chunk)


def faults(sizes: dict[int, dict[str, Any]]) -> list[str]:
    """What is not reached; empty when all is."""
    missed = [f"{one:.0f} bytes an entry, {BYTES_AN_ENTRY} wanted" for one in grown(sizes) if one > BYTES_AN_ENTRY]
    for count, found in sizes.items():
        missed += [f"{part} at {count:,}: {found[part]['max_ms']} ms without an answer, {STILL_MS:g} wanted"
                   for part in ("freeze", "draw", "again") if found[part]["max_ms"] > STILL_MS]
    return missed


def grown(sizes: dict[int, dict[str, Any]]) -> list[float]:
    """Bytes of memory for each entry more, from each size to the next: a chunk at work and what was just loaded are in
    both."""
    return [(sizes[more]["peak"] - sizes[less]["peak"]) / (more - less) for less, more in pairwise(sorted(sizes))]


def report(sizes: dict[int, dict[str, Any]]) -> str:
    """The figures."""
    lines = []
    for count, found in sizes.items():
        lines.append(f"{count:,} entries: {found['peak'] / 2**20:.0f} MiB at most beyond what it began with, "
                     f"{found['again']['peak'] / 2**20:.0f} MiB when taken up again")
        lines += [f"  {what}: {found[part]['seconds']} s; /healthz p50 / p99 / max {found[part]['p50_ms']} / "
                  f"{found[part]['p99_ms']} / {found[part]['max_ms']} ms, {found[part]['above']} of "
                  f"{found[part]['looks']} above {STILL_MS:g} ms"
                  for part, what in (("freeze", "freeze"), ("draw", "draw, every result on Kafka"),
                                     ("again", "taken up from its lines and downloaded"))]
    lines.append(f"bytes for each entry more: {', '.join(f'{one:.0f}' for one in grown(sizes))}")
    for part in ("freeze", "draw", "again"):
        growth = exponents({count: found[part]["seconds"] for count, found in sizes.items()})
        lines.append(f"exponent of {part}: {', '.join(f'{one:.2f}' for one in growth)}")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and keeps the figures; exits with 1 if something is not reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=lambda text: [int(one) for one in text.split(",")], default=[10_000, 100_000])
    parser.add_argument("--results", type=Path)
    asked, before = parser.parse_args(), machine()
    sizes: dict[int, dict[str, Any]] = {}
    for count in sorted(asked.sizes):
        with (
            tempfile.TemporaryDirectory(prefix="kujibiki-bench-") as folder,
            running(Stack(Path(folder) / "state", free_base(FIRST_BASE), services=False, outside=Outside())) as stack,
        ):
            lottery = Lottery(stack, count, Path(folder) / "lottery.log")
            try:
                sizes[count] = asyncio.run(measured(lottery, Path(folder)))
                subprocess.run([sys.executable, VERIFIER, Path(folder) / TRANSCRIPT], check=True,
                               stdout=subprocess.DEVNULL)
            finally:
                print(lottery.log.read_text()[-2000:], file=sys.stderr)
        print(json.dumps({"entries": count, **sizes[count]}), file=sys.stderr, flush=True)
    print(report(sizes))
    missed = faults(sizes)
    print(f"not reached: {'; '.join(missed)}" if missed else "all reached")
    print(f"load before: {before['load']}, now {os.getloadavg()[0]:.1f}")
    keep("draw-service", asked.results, {"machine": before, "sizes": sizes, "missed": missed})
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
