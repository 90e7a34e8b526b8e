"""A stage for lottery alone: real Kafka and MongoDB, the service as a process, the test in the others' parts.

The test speaks as intake (applications, windows) and as retention (programmes, clock, staff register), each with that
service's own Kafka user, so that the broker's rights are tried as well.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.stack import Stack
from services.lottery.domain.witness import commitment, signed_message
from shared.contracts.envelope import envelope, new_id
from shared.contracts.intake import ApplicationFact, ApplicationTaken, PartitionClosed
from shared.contracts.lottery import FairnessStated
from shared.contracts.notifier import NoticeFellDue, second_draw_id
from shared.contracts.programme import Programme
from shared.contracts.topics import TOPIC
from tests.stages.process import Process
from tests.stages.stage import PATIENCE, TRAINED, Staff
from tests.stages.stage import Stage as Shared

OFFICERS = ("officer-1", "officer-2")
AUDITOR = "auditor-1"


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


class Stage(Shared):
    """The surroundings of lottery."""

    service = "lottery"
    staff: ClassVar[Staff] = {
        **dict.fromkeys(OFFICERS, ("officer", TRAINED)), "attendant-1": ("attendant", TRAINED),
        AUDITOR: ("auditor", TRAINED)}
    reads_as = "lottery"

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.live = Process(self.state, "lottery.live")

    async def close(self) -> None:
        self.live.kill()
        await super().close()

    # -- what intake says ----------------------------------------------------------------------------------------

    async def fact(self, programme: Programme, event: type[ApplicationFact], application: str, at: datetime,
                   **fields: Any) -> None:
        """A numbered fact of intake."""
        await self.facts(programme, [(event, application, at, fields)])

    async def facts(
        self, programme: Programme, facts: Iterable[tuple[type[ApplicationFact], str, datetime, dict[str, Any]]]
    ) -> None:
        """Numbered facts of intake, many at once, each in a trace of its own."""
        await self.say_all("intake", [envelope(
            event(application=application, number=self.voices.next_number(programme.id, application), **fields),
            source="intake", subject=application, programme=programme.id, at=at,
            traceparent=f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01",
        ) for event, application, at, fields in facts])

    async def close_window(self, programme: Programme, at: datetime, without: Sequence[int] = ()) -> None:
        """Intake closes its window: one event a partition, with the number of facts there."""
        partitions = TOPIC["intake.applications.v1"].partitions
        for partition in range(partitions):
            if partition not in without:
                await self.say("intake", PartitionClosed(
                    partition=partition, partitions=partitions, facts=self.voices.facts_in(programme.id, partition),
                    closed_at=at), programme.id, programme.id, at=at)

    async def tell_of_second_draw(self, programme: Programme, applications: Iterable[str], at: datetime) -> None:
        """Notifier commissions the notice of the programme's second draw for each of `applications`."""
        draw = programme.draw.id
        await self.say_all("notifier", [envelope(
            NoticeFellDue(notice=second_draw_id(programme.id, application, draw), application=application,
                          kind="second-draw", way="mail", due_by=at + timedelta(days=1), draw=draw),
            source="notifier", subject=application, programme=programme.id, at=at) for application in applications])

    # -- what lottery answers ------------------------------------------------------------------------------------

    async def ask(self, method: str, path: str, body: Any = None, *, by: str | None = OFFICERS[0]) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers=self.headers(by))


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

    async def agree(self, path: str, body: Any = None) -> Any:
        """A step that takes two officers: one proposes, the other approves."""
        waits = await self.step("POST", path, body, status=202)
        return await self.step("POST", f"/proposals/{waits['proposal']}/approval", by=OFFICERS[1])

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
        return await self.agree("/announcement")

    async def apply(self, count: int, random: Any) -> None:
        """`count` applications by `random`, spread over the window's days and both channels."""
        programme, slots = self.programme, [slot.id for slot in self.programme.slots]
        await self.stage.tick(programme, programme.window.opens + timedelta(hours=1))
        facts = []
        for _ in range(count):
            # No two tests' are the same, whatever their seeds are: they share a store.
            application, entry = uuid.uuid4().hex, uuid.uuid4().hex
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
        return await self.agree("/closing/confirmation")

    async def throw_dice(self, value: str) -> Any:
        """The ceremony: two readings, the signatures, the confirmation."""
        await self.stage.tick(self.programme, self.programme.draw.beacons[0].at + timedelta(minutes=5))
        for officer in OFFICERS:
            record = (await self.step("POST", "/beacon/readings", {"value": value}, by=officer))["record"]
        for witness in self.witnesses[:3]:
            await self.step("POST", "/beacon/signatures", witness.signature(record), by=None)
        return await self.agree("/beacon/confirmation")

    async def fairness(self) -> FairnessStated:
        """How fair the draw came out, once it is stated: nothing else waits for that."""
        found: list[FairnessStated] = []

        async def stated() -> bool:
            found[:] = [message.data for message in await self.stage.read(FairnessStated.TOPIC)
                        if message.programme == self.programme.id and isinstance(message.data, FairnessStated)
                        and message.data.draw == self.draw]
            return bool(found)

        await self.stage.until(stated, "the fairness of the draw is stated")
        assert len(found) == 1
        return found[0]

    async def transcript(self) -> bytes:
        answer = await self.stage.http.get(f"/lottery/{self.programme.id}/draws/{self.draw}/transcript.jsonl")
        assert answer.status_code == 200, answer.text
        return answer.content
