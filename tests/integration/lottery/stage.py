"""A stage for lottery alone: real Kafka and MongoDB, the service as a process, the test in the others' parts.

The test speaks as intake (applications, windows) and as retention (programmes, clock, staff register), each with that
service's own Kafka user, so that the broker's rights are tried as well.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.environment import service_environment, surroundings
from deploy.local.stack import Stack
from services.lottery.domain.witness import commitment, signed_message
from shared.contracts.envelope import CONTENT_TYPE, Envelope, Event, decode, encode, envelope, new_id
from shared.contracts.intake import ApplicationFact, ApplicationTaken, PartitionClosed
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked, Programme, ProgrammeDefined
from shared.contracts.retention import RegisterAffirmed, SigningKeyPublished, StaffDesignated
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.settings import Settings

PATIENCE = 60.0
OFFICERS = ("officer-1", "officer-2")


def settings_of(state: Path, name: str) -> Settings:
    """The settings that the stack tells service `name`."""
    told = service_environment(state, name)
    names = {key.removeprefix("KUJIBIKI_").lower(): value for key, value in told.items()}
    names.pop("public_urls")
    return Settings(**{key: value for key, value in names.items() if key in Settings.model_fields})  # type: ignore


@dataclass
class Witness:
    """A witness of the test: key pair, secret, and what they hand in."""

    draw: str
    name: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    secret: str = field(default_factory=lambda: os.urandom(32).hex())

    @property
    def registration(self) -> dict[str, str]:
        return {"key": self.key.public_key().public_bytes_raw().hex(),
                "commitment": commitment(self.draw, self.name, self.secret)}

    def signature(self, record: dict[str, Any]) -> dict[str, str]:
        return {"witness": self.name, "signature": self.key.sign(signed_message(record)).hex()}


class Process:
    """A service's process, which tests may kill."""

    def __init__(self, module: str, environment: dict[str, str], log: Path) -> None:
        self._module, self._environment, self.log = module, environment, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **more: str) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module], env={**surroundings(), **self._environment, **more},
                stdout=log, stderr=subprocess.STDOUT)

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Stage:
    """The surroundings of lottery."""

    def __init__(self, stack: Stack) -> None:
        self.state = stack.state.root
        self.url = stack.ports.url("lottery")
        self.lottery = Process("services.lottery", service_environment(self.state, "lottery"),
                               self.state / "lottery.log")
        self.live = Process("services.lottery.live", service_environment(self.state, "lottery.live"),
                            self.state / "lottery-live.log")
        self._producers: dict[str, AIOKafkaProducer] = {}
        self._key = Ed25519PrivateKey.generate()
        self._numbers: dict[tuple[str, int], int] = defaultdict(int)
        self._ticks: dict[str, int] = defaultdict(int)
        self._heartbeat: asyncio.Task[None] | None = None
        self.http = httpx.AsyncClient(base_url=self.url, timeout=30)

    async def open(self) -> None:
        """Signs the officers in and keeps the register fresh."""
        public = self._key.public_key().public_bytes_raw().hex()
        await self.say("retention", SigningKeyPublished(key_id="test", public_key=public), "test", "-")
        for name in OFFICERS:
            await self.say("retention", StaffDesignated(
                staff=name, roles=("officer",), programmes=("*",), trained_on=datetime(2020, 1, 1).date(),
                valid_from=datetime(2020, 1, 1, tzinfo=UTC), employer="ward"), name, "-")
        self._heartbeat = asyncio.create_task(self._affirm())

    async def close(self) -> None:
        self.lottery.kill()
        self.live.kill()
        if self._heartbeat:
            self._heartbeat.cancel()
        for producer in self._producers.values():
            await producer.stop()
        await self.http.aclose()

    async def _affirm(self) -> None:
        while True:
            await self.say("retention", RegisterAffirmed(at=datetime.now(UTC)), "register", "-")
            await asyncio.sleep(10)

    # -- what the other services say ----------------------------------------------------------------------------

    async def say(self, user: str, event: Event, subject: str, programme: str, at: datetime | None = None,
                  **more: Any) -> None:
        message = envelope(event, source=user, subject=subject, programme=programme, at=at or datetime.now(UTC), **more)
        await self._sent(user, message)

    async def _sent(self, user: str, message: Envelope[Any]) -> None:
        topic = type(message.data).TOPIC
        producer = await self._producer(user)
        await producer.send_and_wait(
            topic, encode(message), key=message.subject.encode(), partition=partition_of(message.subject, topic),
            headers=[("content-type", CONTENT_TYPE)])

    async def _producer(self, user: str) -> AIOKafkaProducer:
        if user not in self._producers:
            await self.until(lambda: self._connect(user), f"{user} can sign in at the broker")
        return self._producers[user]

    async def _connect(self, user: str) -> bool:
        # The broker knows new users a moment after they were made.
        producer = kafka.producer(settings_of(self.state, user))
        try:
            await producer.start()
        except KafkaConnectionError:
            await producer.stop()
            return False
        self._producers[user] = producer
        return True

    async def define(self, programme: Programme) -> None:
        await self.say("retention", ProgrammeDefined(digest="0" * 64, definition=programme, by="officer-1"),
                       programme.id, programme.id)

    async def tick(self, programme: Programme, at: datetime, parts: Sequence[str] = ("lottery",)) -> None:
        """Moves the programme's time and waits until each part has done the tick."""
        number = await self.say_tick(programme, at)
        await self.until(lambda: self._done(programme.id, number, parts), f"tick {number} done by {parts}")

    async def say_tick(self, programme: Programme, at: datetime) -> int:
        """Moves the programme's time."""
        self._ticks[programme.id] += 1
        number = self._ticks[programme.id]
        await self.say("retention", ClockTicked(number=number, at=at), programme.id, programme.id, at=at)
        return number

    async def _done(self, programme: str, number: int, parts: Sequence[str]) -> bool:
        said = await self.read("programme.progress.v1", "retention")
        done = {message.data.part for message in said
                if message.programme == programme and message.data.number >= number}
        return set(parts) <= done

    async def fact(self, programme: Programme, event: type[ApplicationFact], application: str, at: datetime,
                   **fields: Any) -> None:
        """A numbered fact of intake."""
        await self.facts(programme, [(event, application, at, fields)])

    async def facts(
        self, programme: Programme, facts: Iterable[tuple[type[ApplicationFact], str, datetime, dict[str, Any]]]
    ) -> None:
        """Numbered facts of intake, many at once."""
        producer = await self._producer("intake")
        waiting = []
        for event, application, at, fields in facts:
            partition = partition_of(application, event.TOPIC)
            self._numbers[programme.id, partition] += 1
            data = event(application=application, number=self._numbers[programme.id, partition], **fields)
            trace = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
            message = envelope(data, source="intake", subject=application, programme=programme.id, at=at,
                               traceparent=trace)
            waiting.append(await producer.send(event.TOPIC, encode(message), key=application.encode(),
                                               partition=partition, headers=[("content-type", CONTENT_TYPE)]))
        await asyncio.gather(*waiting)

    async def close_window(self, programme: Programme, at: datetime, without: Sequence[int] = ()) -> None:
        """Intake closes its window: one event a partition, with the number of facts there."""
        partitions = TOPIC["intake.applications.v1"].partitions
        for partition in range(partitions):
            if partition not in without:
                await self.say("intake", PartitionClosed(
                    partition=partition, partitions=partitions, facts=self._numbers[programme.id, partition],
                    closed_at=at), programme.id, programme.id, at=at)

    # -- what lottery says and answers --------------------------------------------------------------------------

    async def read(self, topic: str, user: str = "lottery") -> list[Envelope[Any]]:
        """All of a topic, from its start to its end as of now."""
        consumer = kafka.consumer(settings_of(self.state, user))
        await consumer.start()
        try:
            partitions = [TopicPartition(topic, number) for number in range(TOPIC[topic].partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[Envelope[Any]] = []
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [decode(record.value) for record in records if record.value]
            return found
        finally:
            await consumer.stop()

    async def ready(self) -> None:
        """Waits until the service answers."""
        await self.until(self._is_ready, "lottery is ready")

    async def _is_ready(self) -> bool:
        assert self.lottery.runs, self.lottery.log.read_text()[-4000:]
        try:
            return (await self.http.get("/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    async def until(self, condition: Any, what: str, patience: float = PATIENCE) -> None:
        """Waits until `condition()` is true."""
        ends = time.monotonic() + patience
        while not await condition():
            if time.monotonic() > ends:
                raise AssertionError(f"not within {patience} s: {what}")
            await asyncio.sleep(0.1)

    def token(self, staff: str = OFFICERS[0]) -> str:
        claims = {"sub": staff, "aud": "lottery", "exp": datetime.now(UTC) + timedelta(minutes=15)}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": "test"})

    async def ask(self, method: str, path: str, body: Any = None, *, by: str | None = OFFICERS[0]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(by)}"} if by else {}
        return await self.http.request(method, path, json=body, headers=headers)


@dataclass
class Campaign:
    """One programme's draw, step by step, as an officer takes it."""

    stage: Stage
    programme: Programme
    entries: dict[str, str] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.witnesses = [Witness(self.draw, witness.name) for witness in self.programme.draw.witnesses]

    @property
    def draw(self) -> str:
        return self.programme.draw.id

    @property
    def base(self) -> str:
        return f"/lottery/{self.programme.id}/api/draws/{self.draw}"

    async def step(self, method: str, path: str, body: Any = None, *, by: str | None = OFFICERS[0],
                   status: int = 200) -> Any:
        answer = await self.stage.ask(method, f"{self.base}{path}", body, by=by)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()

    async def state(self) -> Any:
        return await self.step("GET", "", by=None)

    async def reaches(self, stage: str, patience: float = PATIENCE) -> Any:
        async def there() -> bool:
            return bool((await self.state())["state"] == stage)

        await self.stage.until(there, f"the draw is {stage}", patience)
        return await self.state()

    async def announce(self) -> Any:
        """From the programme's definition to the announcement."""
        await self.stage.define(self.programme)
        await self.stage.tick(self.programme, self.programme.draw.timetable.commit_until - timedelta(hours=1))
        for witness in self.witnesses:
            await self.step("PUT", f"/witnesses/{witness.name}", witness.registration)
        return await self.step("POST", "/announcement")

    async def apply(self, count: int, random: Any) -> None:
        """`count` applications by `random`, spread over the window's days and both channels."""
        programme, slots = self.programme, [slot.id for slot in self.programme.slots]
        await self.stage.tick(programme, programme.window.opens + timedelta(hours=1))
        facts = []
        for _ in range(count):
            application, entry = f"{random.getrandbits(128):032x}", f"{random.getrandbits(128):032x}"
            self.entries[application] = entry
            at = programme.window.opens + timedelta(hours=random.randrange(1, 300))
            wishes = random.sample(slots, random.randint(1, programme.draw.max_wishes))
            facts.append((ApplicationTaken, application, at, {
                "entry": entry, "receipt": new_id(), "channel": random.choice(("web", "web", "postcard")),
                "contact": "mail", "language": "ja", "seats": random.randint(1, programme.party.max_seats),
                "wishes": tuple(wishes), "taken_at": at,
            }))
        await self.stage.facts(programme, facts)

    async def close_window(self, without: Sequence[int] = ()) -> None:
        await self.stage.close_window(self.programme, self.programme.window.closes, without)

    async def reveal_and_close(self) -> Any:
        """Reveals, the closing and its signatures."""
        times = self.programme.draw.timetable
        await self.stage.tick(self.programme, times.close_from + timedelta(minutes=5))
        for witness in self.witnesses:
            await self.step("POST", "/reveals", {"witness": witness.name, "secret": witness.secret})
        record = (await self.step("POST", "/closing"))["record"]
        for witness in self.witnesses[:3]:
            await self.step("POST", "/closing/signatures", witness.signature(record), by=None)
        return await self.step("POST", "/closing/confirmation")

    async def throw_dice(self, value: str) -> Any:
        """The ceremony: two readings, the signatures, the confirmation."""
        await self.stage.tick(self.programme, self.programme.draw.beacons[0].at + timedelta(minutes=5))
        for officer in OFFICERS:
            record = (await self.step("POST", "/beacon/readings", {"value": value}, by=officer))["record"]
        for witness in self.witnesses[:3]:
            await self.step("POST", "/beacon/signatures", witness.signature(record), by=None)
        return await self.step("POST", "/beacon/confirmation")

    async def transcript(self) -> bytes:
        answer = await self.stage.http.get(f"/lottery/{self.programme.id}/draws/{self.draw}/transcript.jsonl")
        assert answer.status_code == 200, answer.text
        return answer.content
