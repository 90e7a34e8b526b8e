"""The surroundings of checkin: the test says what retention and lottery say, as their Kafka users."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import httpx
import jwt
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.environment import service_environment, surroundings
from deploy.local.stack import Stack
from shared.contracts.checkin import PassIssued
from shared.contracts.envelope import CONTENT_TYPE, Envelope, Event, decode, encode, envelope, new_id
from shared.contracts.lottery import ResultChanged, ResultDrawn
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked, Programme, ProgrammeDefined
from shared.contracts.retention import RegisterAffirmed, Role, SigningKeyPublished, StaffDesignated
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.settings import Settings

PATIENCE = 60.0
ANNE, BEN, OFFICER, DESK, UNTRAINED = "attendant-1", "attendant-2", "officer-1", "desk-1", "attendant-new"
STAFF: dict[str, tuple[Role, date | None]] = {
    ANNE: ("attendant", date(2020, 1, 1)), BEN: ("attendant", date(2020, 1, 1)), OFFICER: ("officer", date(2020, 1, 1)),
    DESK: ("desk", date(2020, 1, 1)), UNTRAINED: ("attendant", None),
}


def settings_of(stack: Stack, name: str) -> Settings:
    """The settings that the stack tells service `name`."""
    told = service_environment(stack.state.root, name)
    names = {key.removeprefix("KUJIBIKI_").lower(): value for key, value in told.items()}
    known = {key: value for key, value in names.items() if key in Settings.model_fields and key != "public_urls"}
    return Settings(**known)  # type: ignore[arg-type]


class Stage:
    """checkin as a process, its neighbours' voices, and a client."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._process: subprocess.Popen[bytes] | None = None
        self._producers: dict[str, AIOKafkaProducer] = {}
        self._signing_key = Ed25519PrivateKey.generate()
        self._ticks: dict[str, int] = {}
        self._affirming: asyncio.Task[None] | None = None
        self.url = stack.ports.url("checkin")
        self.log = stack.state.root / "checkin.log"
        self.http = httpx.AsyncClient(base_url=self.url, timeout=30, limits=httpx.Limits(max_connections=200))

    async def open(self) -> None:
        """Starts checkin, with the staff on the register."""
        public = self._signing_key.public_key().public_bytes_raw().hex()
        await self.say("retention", SigningKeyPublished(key_id="test", public_key=public), "test", "-")
        for name, (role, trained_on) in STAFF.items():
            await self.say("retention", StaffDesignated(
                staff=name, roles=(role,), programmes=("*",), trained_on=trained_on,
                valid_from=datetime(2020, 1, 1, tzinfo=UTC), employer="ward",
            ), name, "-")
        self._affirming = asyncio.create_task(self._affirm())
        await self.start()

    async def start(self) -> None:
        """Starts checkin's process and waits until it is up."""
        self._spawn()
        await self.until(self._up, "checkin is up")

    def _spawn(self) -> None:
        environment = {**surroundings(), **service_environment(self.stack.state.root, "checkin")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.checkin"], env=environment, stdout=log, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        """Ends checkin at once, as a crash would."""
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
        assert self._process is not None and self._process.poll() is None, self.log.read_text()[-4000:]
        try:
            answer = (await self.http.get("/readyz")).json()
        except (httpx.HTTPError, ValueError):
            return False
        return bool(answer["started"] and answer["consumer"])

    # -- what the other services say -----------------------------------------------------------------------------

    async def say(
        self, user: str, event: Event, subject: str, programme: str, at: datetime | None = None,
        event_id: str | None = None,
    ) -> None:
        """Says `event` with the Kafka user of service `user`."""
        message = envelope(
            event, source=user, subject=subject, programme=programme, at=at or datetime.now(UTC), event_id=event_id)
        if user not in self._producers:
            self._producers[user] = await self.until(lambda: self._connected(user), f"{user} is let in")
        await self._producers[user].send_and_wait(
            event.TOPIC, encode(message), key=subject.encode(), partition=partition_of(subject, event.TOPIC),
            headers=[("content-type", CONTENT_TYPE)])

    async def _connected(self, user: str) -> AIOKafkaProducer | None:
        # A broker knows new users a moment after it was told of them.
        producer = kafka.producer(settings_of(self.stack, user))
        try:
            await producer.start()
        except KafkaConnectionError:
            await producer.stop()
            return None
        return producer

    async def define(self, programme: Programme) -> None:
        """Publishes a programme and waits until checkin knows it."""
        await self.say("retention", ProgrammeDefined(digest="0" * 64, definition=programme, by=OFFICER),
                       programme.id, programme.id)

        async def known() -> bool:
            slot = programme.slots[0].id
            answer = await self.http.get(f"/checkin/{programme.id}/api/slots/{slot}", headers=self.headers(ANNE))
            return answer.status_code == 200

        await self.until(known, "checkin knows the programme")

    async def move_to(self, programme: Programme, at: datetime) -> None:
        """Moves the programme's time, and waits until checkin lives in it."""
        self._ticks[programme.id] = number = self._ticks.get(programme.id, 0) + 1
        await self.say("retention", ClockTicked(number=number, at=at), programme.id, programme.id, at=at)
        slot = programme.slots[0].id

        async def moved() -> bool:
            answer = await self.http.get(f"/checkin/{programme.id}/api/slots/{slot}", headers=self.headers(ANNE))
            return bool(datetime.fromisoformat(answer.json()["as_of"]) == at)

        await self.until(moved, "checkin lives in the new time")

    async def win(
        self, programme: Programme, slots: Sequence[str], seats: int = 2, *, count: int = 1
    ) -> list[str]:
        """So many applications win `slots`; returns their ids when their passes are there."""
        applications = [new_id() for _ in range(count)]
        for application in applications:
            await self.say("lottery", ResultDrawn(
                draw=programme.draw.id, application=application, entry=new_id(), seats=seats, place=1, outcome="won",
                won=tuple(slots), result_digest="9" * 64,
            ), application, programme.id, programme.window.closes)
        await self.until(lambda: self._issued(programme, applications, len(slots)), "passes are issued")
        return applications

    async def _issued(self, programme: Programme, applications: Sequence[str], each: int) -> bool:
        passes = await self.said(programme, "checkin.passes.v1")
        mine = [one for one in passes if one.data.application in applications and isinstance(one.data, PassIssued)]
        return len(mine) >= each * len(applications)

    async def change(
        self, programme: Programme, application: str, kind: Any, holds: Sequence[str], seats: int = 2
    ) -> None:
        """After the draw, the application holds `holds`."""
        await self.say("lottery", ResultChanged(
            draw=programme.draw.id, application=application, entry=new_id(), seats=seats, kind=kind, slot=None,
            holds=tuple(holds),
        ), application, programme.id, programme.window.closes)

    # -- what checkin says and answers ---------------------------------------------------------------------------

    async def said(self, programme: Programme, topic: str) -> list[Envelope[Any]]:
        """All that checkin said on `topic` about the programme so far."""
        consumer = kafka.consumer(settings_of(self.stack, "retention"))
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
            return [message for message in found if message.programme == programme.id]
        finally:
            await consumer.stop()

    async def tokens(self, programme: Programme, application: str) -> dict[str, PassIssued]:
        """Passes issued to an application, by slot; the latest of each."""
        passes = await self.said(programme, "checkin.passes.v1")
        return {
            one.data.slot: one.data for one in passes
            if isinstance(one.data, PassIssued) and one.data.application == application
        }

    async def until(self, reached: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Waits until `reached()` says something true, and returns it."""
        ends = time.monotonic() + PATIENCE
        while not (result := await reached()):
            if time.monotonic() > ends:
                raise AssertionError(f"not within {PATIENCE} s: {what}\n{self.log.read_text()[-3000:]}")
            await asyncio.sleep(0.05)
        return result

    def token(self, staff: str) -> str:
        """A sign-in token as retention makes it."""
        claims = {"sub": staff, "aud": "checkin", "exp": datetime.now(UTC).timestamp() + 900}
        return jwt.encode(claims, self._signing_key, algorithm="EdDSA", headers={"kid": "test"})

    def headers(self, staff: str) -> dict[str, str]:
        """What a signed-in program sends."""
        return {"Authorization": f"Bearer {self.token(staff)}"}

    async def post(self, path: str, body: Any, *, by: str = ANNE, key: str | None = None) -> httpx.Response:
        """A JSON post to checkin."""
        headers = self.headers(by) | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(f"/checkin/{path}", json=body, headers=headers)

    async def admit(
        self, programme: Programme, token: str, slot: str, terminal: str = "door-1", **more: Any
    ) -> httpx.Response:
        """A pass at a terminal."""
        key = more.pop("key", None)
        return await self.post(f"{programme.id}/api/admissions",
                               {"token": token, "slot": slot, "terminal": terminal, **more}, key=key)

    async def group(self, programme: Programme, slot: str, people: int, card: str, by: str = ANNE) -> httpx.Response:
        """A walk-in group."""
        return await self.post(f"{programme.id}/api/groups", {"slot": slot, "people": people, "card": card}, by=by)

    async def hand_over(self, programme: Programme, name: str, kind: str, place: str, **more: Any) -> httpx.Response:
        """A hand-over."""
        body = {"object": name, "kind": kind, "place": place, "venue": programme.venues[0].id, **more}
        return await self.post(f"{programme.id}/api/custody", body)

    async def numbers(self, programme: Programme, slot: str) -> dict[str, Any]:
        """A slot's numbers."""
        answer = await self.http.get(f"/checkin/{programme.id}/api/slots/{slot}", headers=self.headers(ANNE))
        return answer.json()  # type: ignore[no-any-return]
