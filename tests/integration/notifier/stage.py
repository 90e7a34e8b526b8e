"""A stage for notifier alone: real Kafka, MongoDB and mail catcher, the service as a process.

The test speaks as the other services, each with its own Kafka user. Intake's part is played by the runtime's own
`Service`, so that personal records are really sealed for notifier.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
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
from shared.contracts.intake import ApplicationDecided, ApplicationTaken
from shared.contracts.lottery import DrawStepTaken, ResultDrawn
from shared.contracts.partitions import partition_of
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import ClockTicked, Programme, ProgrammeDefined
from shared.contracts.retention import RegisterAffirmed, SigningKeyPublished, StaffDesignated
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.service import Service
from shared.platform.settings import Settings

PATIENCE = 60.0
CLERK, OFFICER = "clerk-1", "officer-1"
ROLES = {CLERK: ("notices",), OFFICER: ("officer",)}


def settings_of(state: Path, name: str) -> Settings:
    """The settings that the stack tells service `name`."""
    told = service_environment(state, name)
    names = {key.removeprefix("KUJIBIKI_").lower(): value for key, value in told.items()}
    names.pop("public_urls")
    return Settings(**{key: value for key, value in names.items() if key in Settings.model_fields})  # type: ignore


@dataclass
class Applicant:
    """One application of the test, with what only its record holds."""

    name: str
    email: str | None = None
    address: str = "〒160-0022 東京都新宿区新宿一丁目2番3号"
    application: str = field(default_factory=new_id)
    entry: str = field(default_factory=new_id)
    receipt: str = field(default_factory=lambda: f"LS-{new_id()[:8].upper()}")

    @property
    def contact(self) -> str:
        return "mail" if self.email else "post"


class Stage:
    """The surroundings of notifier."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.state = stack, stack.state.root
        self.http = httpx.AsyncClient(base_url=stack.ports.url("notifier"), timeout=60)
        self.mails = httpx.AsyncClient(base_url=stack.ports.url("mail"), timeout=30)
        self.intake = Service(settings_of(self.state, "intake"))
        self._log = self.state / "notifier.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._producers: dict[str, AIOKafkaProducer] = {}
        self._key = Ed25519PrivateKey.generate()
        self._numbers: dict[tuple[str, int], int] = defaultdict(int)
        self._ticks: dict[str, int] = defaultdict(int)
        self._heartbeat: asyncio.Task[None] | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        public = self._key.public_key().public_bytes_raw().hex()
        await self.say("retention", SigningKeyPublished(key_id="test", public_key=public), "test", "-")
        for name, roles in ROLES.items():
            await self.say("retention", StaffDesignated(
                staff=name, roles=roles, programmes=("*",), trained_on=date(2020, 1, 1),  # type: ignore[arg-type]
                valid_from=datetime(2020, 1, 1, tzinfo=UTC), employer="ward"), name, "-")
        self._heartbeat = asyncio.create_task(self._affirm())
        self.start()
        await self.intake.start()
        await self.until(self.is_ready, "notifier is ready")

    def start(self, **more: str) -> None:
        """Starts the service's process."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.notifier"], stdout=log, stderr=subprocess.STDOUT,
                env={**surroundings(), **service_environment(self.state, "notifier"), **more})

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def close(self) -> None:
        self.kill()
        if self._heartbeat:
            self._heartbeat.cancel()
        await self.intake.stop()
        for producer in self._producers.values():
            await producer.stop()
        await self.http.aclose()
        await self.mails.aclose()

    async def is_ready(self) -> bool:
        assert self._process is not None and self._process.poll() is None, self.log[-4000:]
        try:
            return (await self.http.get("/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    async def _affirm(self) -> None:
        while True:
            await self.say("retention", RegisterAffirmed(at=datetime.now(UTC)), "register", "-")
            await asyncio.sleep(10)

    # -- what the other services say -----------------------------------------------------------------------------

    async def say(self, user: str, event: Event, subject: str, programme: str, at: datetime | None = None) -> None:
        message = envelope(event, source=user, subject=subject, programme=programme, at=at or datetime.now(UTC))
        producer = await self._producer(user)
        await producer.send(
            event.TOPIC, encode(message), key=subject.encode(), partition=partition_of(subject, event.TOPIC),
            headers=[("content-type", CONTENT_TYPE)])
        await producer.flush()

    async def _producer(self, user: str) -> AIOKafkaProducer:
        if user not in self._producers:
            await self.until(lambda: self._connect(user), f"{user} can sign in at the broker")
        return self._producers[user]

    async def _connect(self, user: str) -> bool:
        producer = kafka.producer(settings_of(self.state, user))
        try:
            await producer.start()
        except KafkaConnectionError:
            await producer.stop()
            return False
        self._producers[user] = producer
        return True

    async def define(self, programme: Programme) -> None:
        await self.say("retention", ProgrammeDefined(digest="0" * 64, definition=programme, by=OFFICER),
                       programme.id, programme.id)
        await self.until(lambda: self._knows(programme.id), "both know the programme, and intake seals for notifier")

    async def _knows(self, programme: str) -> bool:
        answer = await self.http.get(f"/notifier/{programme}/api/ledger", headers=self.headers(CLERK))
        known = self.intake.programmes.find(programme) is not None
        return answer.status_code == 200 and known and self.intake.ring.ready_for(["notifier"])

    async def tick(self, programme: Programme, at: datetime, patience: float = PATIENCE) -> None:
        """Moves the programme's time and waits until notifier has done the tick."""
        self._ticks[programme.id] += 1
        number = self._ticks[programme.id]
        await self.say("retention", ClockTicked(number=number, at=at), programme.id, programme.id, at=at)

        async def done() -> bool:
            said = await self.read("programme.progress.v1", "retention")
            return any(message.programme == programme.id and message.data.number >= number
                       and message.data.part == "notifier" for message in said)

        await self.until(done, f"tick {number} done by notifier", patience)

    async def apply(self, programme: Programme, applicants: Sequence[Applicant], *, recorded: bool = True) -> None:
        """The applications' facts and, from intake's own sealer, their personal records."""
        at = programme.window.opens
        for applicant in applicants:
            number = self._number(programme, applicant.application)
            await self.say("intake", ApplicationTaken(
                application=applicant.application, number=number, entry=applicant.entry, receipt=applicant.receipt,
                channel="web" if applicant.email else "postcard", contact=applicant.contact,  # type: ignore[arg-type]
                language="ja", seats=2, wishes=(programme.slots[0].id,), taken_at=at,
            ), applicant.application, programme.id, at)
        if recorded:
            await self.record(programme, applicants)

    async def record(self, programme: Programme, applicants: Sequence[Applicant]) -> None:
        """Notifier's part alone: nobody plays checkin here."""
        for applicant in applicants:
            items = {"name": applicant.name, "address": applicant.address}
            items |= {"email": applicant.email} if applicant.email else {}
            record = self.intake.sealer.seal_shares(
                ApplicationRecorded, programme.id, applicant.application, 1, {"notifier": items})
            await self.say("intake", record, applicant.application, programme.id, programme.window.opens)

    async def decide(self, programme: Programme, applicant: Applicant, reason: str, told_with: str | None) -> None:
        await self.say("intake", ApplicationDecided(
            application=applicant.application, number=self._number(programme, applicant.application), counted=False,
            reason=reason, told_with=told_with), applicant.application, programme.id, programme.window.opens)

    def _number(self, programme: Programme, application: str) -> int:
        partition = partition_of(application, "intake.applications.v1")
        self._numbers[programme.id, partition] += 1
        return self._numbers[programme.id, partition]

    async def step(self, programme: Programme, step: str, digest: str, at: datetime) -> None:
        await self.say("lottery", DrawStepTaken(
            draw=programme.draw.id, step=step, at=at, digest=digest), programme.draw.id, programme.id, at)  # type: ignore

    async def result(
        self, programme: Programme, applicant: Applicant, outcome: str, won: Sequence[str], at: datetime
    ) -> None:
        await self.say("lottery", ResultDrawn(
            draw=programme.draw.id, application=applicant.application, entry=applicant.entry, seats=2, place=1,
            outcome=outcome, won=tuple(won), result_digest="9" * 64,  # type: ignore[arg-type]
        ), applicant.application, programme.id, at)

    async def issue(self, programme: Programme, applicant: Applicant, slot: str, at: datetime) -> str:
        token = f"K1.{new_id()}{new_id()}{new_id()}"
        await self.say("checkin", PassIssued(
            pass_id=new_id(), application=applicant.application, slot=slot, seats=2, token=token,
        ), applicant.application, programme.id, at)
        return token

    # -- what notifier says and answers --------------------------------------------------------------------------

    async def read(self, topic: str, user: str) -> list[Envelope[Any]]:
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

    async def said(self, programme: Programme, topic: str = "notifier.notices.v1") -> list[Envelope[Any]]:
        return [message for message in await self.read(topic, "retention") if message.programme == programme.id]

    async def until(
        self, condition: Callable[[], Awaitable[bool]], what: str, patience: float = PATIENCE
    ) -> None:
        ends = time.monotonic() + patience
        while not await condition():
            if time.monotonic() > ends:
                log = self.log[-3000:] if self._log.exists() else ""
                raise AssertionError(f"not within {patience} s: {what}\n{log}")
            await asyncio.sleep(0.1)

    def token(self, staff: str) -> str:
        claims = {"sub": staff, "aud": "notifier", "exp": datetime.now(UTC).timestamp() + 900}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": "test"})

    def headers(self, staff: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(staff)}"}

    async def ask(
        self, method: str, path: str, body: Any = None, *, by: str | None = CLERK, status: int = 200
    ) -> httpx.Response:
        headers = self.headers(by) if by else {}
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text[:2000])
        return answer

    async def ledger(self, programme: Programme) -> dict[str, Any]:
        answer = await self.ask("GET", f"/notifier/{programme.id}/api/ledger")
        return answer.json()  # type: ignore[no-any-return]

    async def mails_to(self, address: str) -> list[dict[str, Any]]:
        answer = await self.mails.get("/api/mails", params={"to": address})
        return answer.json()["mails"]  # type: ignore[no-any-return]

    async def mail_of(self, summary: dict[str, Any]) -> bytes:
        return (await self.mails.get(f"/api/mails/{summary['id']}/raw")).content


FIRST_BASE = int(os.environ.get("KUJIBIKI_TEST_PORT_BASE", "18900"))
