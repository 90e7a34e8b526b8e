"""A stage for one service: it runs as a process on the real stack, and the test plays all the others.

`tests/integration/<area>/stage.py` adds what the area's neighbours say and what its service answers.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Self

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.stack import Stack
from shared.contracts.envelope import Envelope
from shared.contracts.programme import ClockTicked, Programme, ProgrammeDefined
from shared.contracts.retention import RegisterAffirmed, Role, SigningKeyPublished, StaffDesignated
from tests.conftest import PATIENCE_SECONDS, until
from tests.stages.kafka import Ears, Voices
from tests.stages.leases import lapse
from tests.stages.process import Process

PATIENCE = PATIENCE_SECONDS
TRAINED = date(2020, 1, 1)
# One for the session, as the stages of all areas speak as the same retention.
SIGNING_KEY = Ed25519PrivateKey.generate()
AFFIRMED_EVERY_SECONDS = 10
Staff = Mapping[str, tuple[Role, date | None]]
"""Who is on the register: role, and when they were trained."""


class Stage:
    """The surroundings of `service`."""

    service: ClassVar[str]
    staff: ClassVar[Staff]
    parts_ready: ClassVar[tuple[str, ...]] = ("ready",)
    """What `/readyz` must say before tests begin."""
    reads_as: ClassVar[str] = "retention"
    """Whose user reads topics where a test names none."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.state = stack, stack.state.root
        self.url = stack.ports.url(self.service)
        self.process = Process(self.state, self.service)
        self.voices, self.ears = Voices(stack), Ears(stack)
        self.say, self.say_all = self.voices.say, self.voices.say_all
        self.http = httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, limits=httpx.Limits(max_connections=200))
        self._ticks: dict[str, int] = defaultdict(int)
        self._affirming: asyncio.Task[None] | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    @classmethod
    @asynccontextmanager
    async def running(cls, stack: Stack) -> AsyncIterator[Self]:
        """The stage from its opening to its end."""
        stage = cls(stack)
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()

    async def open(self) -> None:
        """Puts the staff on the register and starts the service."""
        public = SIGNING_KEY.public_key().public_bytes_raw().hex()
        await self.say("retention", SigningKeyPublished(key_id="test", public_key=public), "test", "-")
        for name, (role, trained_on) in self.staff.items():
            await self.say("retention", StaffDesignated(
                staff=name, roles=(role,), programmes=("*",), trained_on=trained_on,
                valid_from=datetime(2020, 1, 1, tzinfo=UTC), employer="ward",
            ), name, "-")
        self._affirming = asyncio.create_task(self._affirm())
        await self.start()

    async def start(self, **more: str) -> None:
        """Starts the service's process, with more environment variables if need be, and waits until it is ready."""
        self.process.start(**more)
        await self.ready()

    async def ready(self) -> None:
        """Waits until the service is ready."""
        await self.until(self.is_ready, f"{self.service} is ready")

    async def is_ready(self) -> bool:
        """Whether the service says that it is."""
        assert self.process.runs, self.process.log[-4000:]
        try:
            answer = (await self.http.get("/readyz")).json()
        except (httpx.HTTPError, ValueError):
            return False
        return all(answer[part] for part in self.parts_ready)

    def kill(self) -> None:
        """Ends the service at once, as a crash would."""
        self.process.kill()

    async def restart_after_kill(self, **more: str) -> None:
        """Kills the service and starts it again, some minutes later as far as its claims are concerned."""
        self.kill()
        await lapse(self.stack, self.service)
        await self.start(**more)

    async def close(self) -> None:
        """Ends everything that was started here."""
        self.kill()
        if self._affirming:
            self._affirming.cancel()
        await self.voices.close()
        await self.ears.close()
        await self.http.aclose()

    async def _affirm(self) -> None:
        while True:
            await self.say("retention", RegisterAffirmed(at=datetime.now(UTC)), "register", "-")
            await asyncio.sleep(AFFIRMED_EVERY_SECONDS)

    # -- what retention says -------------------------------------------------------------------------------------

    async def define(self, programme: Programme) -> None:
        """Publishes a programme; nobody waits until it is known."""
        await self.say("retention", ProgrammeDefined(digest="0" * 64, definition=programme, by="officer-1"),
                       programme.id, programme.id)

    async def say_tick(self, programme: Programme, at: datetime) -> int:
        """Moves the programme's time; the tick's number."""
        self._ticks[programme.id] += 1
        await self.say("retention", ClockTicked(number=self._ticks[programme.id], at=at), programme.id, programme.id,
                       at=at)
        return self._ticks[programme.id]

    async def tick(
        self, programme: Programme, at: datetime, parts: Sequence[str] = (), patience: float = PATIENCE
    ) -> None:
        """Moves the programme's time and waits until each of `parts` (the service if none) has done the tick."""
        number, expected = await self.say_tick(programme, at), set(parts or [self.service])

        async def done() -> bool:
            said = await self.read("programme.progress.v1", "retention")
            return expected <= {one.data.part for one in said
                                if one.programme == programme.id and one.data.number >= number}

        await self.until(done, f"tick {number} is done by {', '.join(expected)}", patience)

    # -- what is read and asked ----------------------------------------------------------------------------------

    async def read(self, topic: str, user: str | None = None) -> list[Envelope[Any]]:
        """A topic from its start to its end as of now; tombstones are left out."""
        return await self.ears.read(topic, user or self.reads_as)

    async def said(self, programme: Programme, topic: str) -> list[Envelope[Any]]:
        """All that was said on `topic` about the programme so far."""
        return [message for message in await self.read(topic) if message.programme == programme.id]

    async def until(self, reached: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Waits until `reached()` is true, and returns it."""
        return await until(reached, patience, told=lambda: f"{what}\n{self.process.log[-3000:]}")

    def token(self, staff: str) -> str:
        """A sign-in of `staff`, as retention makes it."""
        claims = {"sub": staff, "aud": self.service, "exp": datetime.now(UTC) + timedelta(minutes=15)}
        return jwt.encode(claims, SIGNING_KEY, algorithm="EdDSA", headers={"kid": "test"})

    def headers(self, staff: str | None) -> dict[str, str]:
        """What a program sends that `staff` signed in; nothing for nobody."""
        return {"Authorization": f"Bearer {self.token(staff)}"} if staff else {}
