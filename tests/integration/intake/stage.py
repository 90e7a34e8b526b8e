"""The surroundings of intake: the test says what retention, lottery, checkin and notifier say, as their Kafka users."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import jwt
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.environment import service_environment, surroundings
from deploy.local.stack import Stack
from shared.contracts.envelope import CONTENT_TYPE, Envelope, Event, decode, encode, envelope
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked, Programme, ProgrammeDefined
from shared.contracts.retention import RegisterAffirmed, Role, SigningKeyPublished, StaffDesignated
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.settings import Settings
from shared.privacy.epochkeys import KeyFolder
from shared.privacy.keyring import KeyRing

PATIENCE = 60.0
RECIPIENTS = ("notifier", "checkin")
STAFF: dict[str, Role] = {"officer-1": "officer", "desk-1": "desk", "attendant-1": "attendant"}


def settings_of(stack: Stack, name: str) -> Settings:
    """The settings that the stack tells service `name`."""
    told = service_environment(stack.state.root, name)
    names = {key.removeprefix("KUJIBIKI_").lower(): value for key, value in told.items()}
    known = {
        key: value
        for key, value in names.items()
        if key in Settings.model_fields and key != "public_urls"
    }
    return Settings(**known)  # type: ignore[arg-type]


class Stage:
    """Intake, its neighbours' voices, and a client."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._process: subprocess.Popen[bytes] | None = None
        self._producers: dict[str, AIOKafkaProducer] = {}
        self._signing_key = Ed25519PrivateKey.generate()
        self._ticks: dict[str, int] = {}
        self._affirming: asyncio.Task[None] | None = None
        self.rings = {
            name: KeyRing(name, KeyFolder(settings_of(stack, name).keys_dir).load())
            for name in RECIPIENTS
        }
        self.url = stack.ports.url("intake")
        self.http = httpx.AsyncClient(base_url=self.url, timeout=30)

    async def open(self) -> None:
        """Starts intake, with the staff on the register and the recipients' keys published."""
        public = self._signing_key.public_key().public_bytes_raw().hex()
        await self.say("retention", SigningKeyPublished(key_id="test", public_key=public), "test", "-")
        for name, role in STAFF.items():
            await self.say(
                "retention",
                StaffDesignated(
                    staff=name,
                    roles=(role,),
                    programmes=("*",),
                    trained_on=date(2020, 1, 1),
                    valid_from=datetime(2020, 1, 1, tzinfo=UTC),
                    employer="ward",
                ),
                name,
                "-",
            )
        for name, ring in self.rings.items():
            await self.say(name, ring.publication(), name, "-")
        self._affirming = asyncio.create_task(self._affirm())
        await self.start()

    async def start(self) -> None:
        """Starts intake's process and waits until it is ready."""
        self._launch()
        await self.until(self._up, "intake is up")

    def _launch(self) -> None:
        environment = {**surroundings(), **service_environment(self._stack.state.root, "intake")}
        with (self._stack.state.root / "intake.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.intake"], env=environment, stdout=log, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        """Ends intake at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def close(self) -> None:
        """Ends everything that was started here."""
        self.kill()
        if self._affirming:
            self._affirming.cancel()
        for producer in self._producers.values():
            await producer.stop()
        await self.http.aclose()

    async def _affirm(self) -> None:
        while True:
            await self.say("retention", RegisterAffirmed(at=datetime.now(UTC)), "register", "-")
            await asyncio.sleep(10)

    async def _up(self) -> bool:
        try:
            answer = (await self.http.get("/readyz")).json()
        except (httpx.HTTPError, ValueError):
            return False
        return bool(answer["views"] and answer["consumer"])

    async def say(
        self, user: str, event: Event, subject: str, programme: str, at: datetime | None = None
    ) -> None:
        """Says `event` with the Kafka user of service `user`."""
        message = envelope(
            event, source=user, subject=subject, programme=programme, at=at or datetime.now(UTC)
        )
        if user not in self._producers:
            self._producers[user] = await self.until(lambda: self._connected(user), f"{user} is let in")
        await self._producers[user].send_and_wait(
            event.TOPIC,
            encode(message),
            key=subject.encode(),
            partition=partition_of(subject, event.TOPIC),
            headers=[("content-type", CONTENT_TYPE)],
        )

    async def _connected(self, user: str) -> AIOKafkaProducer | None:
        # A broker knows new users a moment after it was told of them.
        producer = kafka.producer(settings_of(self._stack, user))
        try:
            await producer.start()
        except KafkaConnectionError:
            await producer.stop()
            return None
        return producer

    async def define(self, programme: Programme) -> None:
        """Publishes a programme and waits until intake knows it and can seal for its recipients."""
        await self.say(
            "retention",
            ProgrammeDefined(digest="0" * 64, definition=programme, by="officer-1"),
            programme.id,
            programme.id,
        )

        async def known() -> bool:
            window = await self.http.get(f"/intake/{programme.id}/api/window")
            return window.status_code == 200 and (await self.http.get("/readyz")).status_code == 200

        await self.until(known, "intake knows the programme")

    async def move_to(self, programme: Programme, at: datetime) -> None:
        """Moves the programme's time and waits until intake has done the tick."""
        number = self._ticks[programme.id] = self._ticks.get(programme.id, 0) + 1
        await self.say("retention", ClockTicked(number=number, at=at), programme.id, programme.id, at)

        async def done() -> bool:
            said = await self.read("programme.progress.v1", "retention")
            return any(
                one.programme == programme.id and one.data.part == "intake" and one.data.number >= number
                for one in said
            )

        await self.until(done, f"tick {number}")

    async def read(self, topic: str, user: str = "intake") -> list[Envelope[Any]]:
        """A topic from its start to its end as of now; tombstones are left out."""
        return [decode(value) for _, value in await self.read_raw(topic, user) if value is not None]

    async def read_raw(self, topic: str, user: str = "intake") -> list[tuple[int, bytes | None]]:
        """Partition and value of each record."""
        consumer = kafka.consumer(settings_of(self._stack, user))
        await consumer.start()
        try:
            partitions = [TopicPartition(topic, number) for number in range(TOPIC[topic].partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[tuple[int, bytes | None]] = []
            while any([await consumer.position(one) < ends[one] for one in partitions]):
                for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                    found += [(partition.partition, record.value) for record in records]
            return found
        finally:
            await consumer.stop()

    async def facts(self, programme: Programme) -> list[Envelope[Any]]:
        """What intake said about the programme's applications: each once, as a killed relay may send again (ADR 1)."""
        said = {one.id: one for one in await self.read("intake.applications.v1") if one.programme == programme.id}
        return list(said.values())

    async def until(self, condition: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Waits until `condition()` is true, and returns it."""
        ends = time.monotonic() + PATIENCE
        while not (answer := await condition()):
            if time.monotonic() > ends:
                raise AssertionError(f"not within {PATIENCE} s: {what}")
            await asyncio.sleep(0.1)
        return answer

    def token(self, staff: str) -> str:
        """A sign-in of `staff`."""
        claims = {"sub": staff, "aud": "intake", "exp": datetime.now(UTC) + timedelta(minutes=15)}
        return jwt.encode(claims, self._signing_key, algorithm="EdDSA", headers={"kid": "test"})

    async def post(
        self, path: str, body: Any, *, by: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """Posts JSON, as a member of staff where `by` names one."""
        headers = {"Authorization": f"Bearer {self.token(by)}"} if by else {}
        if key:
            headers["Idempotency-Key"] = key
        return await self.http.post(path, json=body, headers=headers)

    async def apply(self, programme: Programme, key: str | None = None, **change: Any) -> httpx.Response:
        """Sends an application by web."""
        return await self.post(
            f"/intake/{programme.id}/api/applications", {**a_family(), **change}, key=key
        )

    async def key_in(
        self, programme: Programme, card: str, by: str = "desk-1", **change: Any
    ) -> httpx.Response:
        """Keys a postcard in."""
        family = {name: value for name, value in a_family().items() if name not in ("email", "language")}
        body = {
            **family,
            "card": card,
            "postmarked_on": "2021-06-10",
            "received_on": "2021-06-11",
            **change,
        }
        return await self.post(f"/intake/{programme.id}/api/postcards", body, by=by)

    async def mine(self, programme: Programme, receipt: dict[str, Any]) -> httpx.Response:
        """Looks the application up."""
        keys = {"receipt": receipt["receipt"], "secret": receipt["secret"]}
        return await self.post(f"/intake/{programme.id}/api/mine", keys)


def a_family() -> dict[str, Any]:
    """An application like no other: each has its own telephone number."""
    number = f"090-{1000 + secrets.randbelow(9000)}-{secrets.randbelow(10_000):04d}"
    return {
        "name": "髙橋　﨑子",
        "address": "東京都新宿区西新宿二丁目8番1号",
        "age": 34,
        "telephone": number,
        "email": "takahashi@mail.example",
        "companions": ["髙橋　太郎", "𠮷田　はな"],
        "seats": 2,
        "wishes": ["2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm"],
        "language": "ja",
    }
