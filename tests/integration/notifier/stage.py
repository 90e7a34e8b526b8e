"""A stage for notifier alone: real Kafka, MongoDB and mail catcher, the service as a process.

The test speaks as the other services, each with its own Kafka user. Intake's part is played by the runtime's own
`Service`, so that personal records are really sealed for notifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import httpx

from deploy.local.stack import Stack
from shared.contracts.checkin import PassIssued
from shared.contracts.envelope import Envelope, new_id
from shared.contracts.intake import ApplicationDecided, ApplicationTaken
from shared.contracts.lottery import DrawStepTaken, ResultDrawn
from shared.contracts.notifier import letter_id
from shared.contracts.privacy import LETTERS, ApplicationRecorded
from shared.contracts.programme import Programme
from shared.platform.service import Service
from tests.conftest import settings_of
from tests.stages.stage import TRAINED, Staff
from tests.stages.stage import Stage as Shared

CLERK, OFFICER = "clerk-1", "officer-1"


@dataclass
class Applicant:
    """One application of the test, with what only its record holds."""

    name: str
    email: str | None = None
    address: str = "〒160-0022 東京都新宿区新宿一丁目2番3号"
    application: str = field(default_factory=new_id)
    entry: str = field(default_factory=new_id)
    reply_card: str | None = None
    telephone: str = "03-1234-5678"
    language: str = "ja"
    wishes: tuple[str, ...] = ()
    receipt: str = field(default_factory=lambda: f"LS-{new_id()[:8].upper()}")

    @property
    def contact(self) -> str:
        return "mail" if self.email else "post"


class Stage(Shared):
    """The surroundings of notifier."""

    service = "notifier"
    staff: ClassVar[Staff] = {CLERK: ("notices", TRAINED), OFFICER: ("officer", TRAINED)}

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.mails = httpx.AsyncClient(base_url=stack.ports.url("mail"), timeout=30)
        self.intake = Service(settings_of(stack, "intake"))

    async def open(self) -> None:
        await self.intake.start()
        await super().open()

    async def close(self) -> None:
        await super().close()
        await self.intake.stop()
        await self.mails.aclose()

    @property
    def log(self) -> str:
        """All that notifier wrote."""
        return self.process.log

    async def define(self, programme: Programme) -> None:
        """Publishes a programme and waits until notifier knows it, and intake too, with keys to seal for notifier."""
        await super().define(programme)
        await self.until(lambda: self._knows(programme.id), "both know the programme, and intake seals for notifier")

    async def _knows(self, programme: str) -> bool:
        answer = await self.http.get(f"/notifier/{programme}/api/ledger", headers=self.headers(CLERK))
        known = self.intake.programmes.find(programme) is not None
        return answer.status_code == 200 and known and self.intake.ring.ready_for(["notifier"])

    # -- what the other services say -----------------------------------------------------------------------------

    async def apply(self, programme: Programme, applicants: Sequence[Applicant], *, recorded: bool = True) -> None:
        """The applications' facts and, from intake's own sealer, their personal records."""
        at = programme.window.opens
        for applicant in applicants:
            number = self.voices.next_number(programme.id, applicant.application)
            await self.say("intake", ApplicationTaken(
                application=applicant.application, number=number, entry=applicant.entry, receipt=applicant.receipt,
                channel="web" if applicant.email else "postcard", contact=applicant.contact,  # type: ignore[arg-type]
                language=applicant.language,  # type: ignore[arg-type]
                seats=2, wishes=applicant.wishes or (programme.slots[0].id,), taken_at=at,
                card=applicant.reply_card, reply_half=applicant.reply_card is not None,
            ), applicant.application, programme.id, at)
        if recorded:
            await self.record(programme, applicants)

    def letter(
        self, programme: Programme, applicant: Applicant, version: int, secret: str | None = None
    ) -> dict[str, Any]:
        """An entry about the letter of a version: it goes to `applicant`."""
        to = {"name": applicant.name, "address": applicant.address, "email": applicant.email}
        return {"notice": letter_id(programme.id, applicant.application, version), **to,
                **({"secret": secret} if secret else {})}

    async def record(
        self, programme: Programme, applicants: Sequence[Applicant], version: int = 1,
        letters: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Notifier's part alone: nobody plays checkin here."""
        for applicant in applicants:
            items: dict[str, Any] = {"name": applicant.name, "address": applicant.address,
                                     "telephone": applicant.telephone}
            items |= {"email": applicant.email} if applicant.email else {}
            items |= {LETTERS: list(letters)} if letters else {}
            record = self.intake.sealer.seal_shares(
                ApplicationRecorded, programme.id, applicant.application, version, {"notifier": items})
            await self.say("intake", record, applicant.application, programme.id, programme.window.opens)

    async def decide(self, programme: Programme, applicant: Applicant, reason: str, told_with: str | None) -> None:
        await self.say("intake", ApplicationDecided(
            application=applicant.application, reason=reason, told_with=told_with, counted=False,
            number=self.voices.next_number(programme.id, applicant.application),
        ), applicant.application, programme.id, programme.window.opens)

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

    async def said(self, programme: Programme, topic: str = "notifier.notices.v1") -> list[Envelope[Any]]:
        return await super().said(programme, topic)

    async def ask(
        self, method: str, path: str, body: Any = None, *, by: str | None = CLERK, status: int = 200
    ) -> httpx.Response:
        answer = await self.http.request(method, path, json=body, headers=self.headers(by))
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
