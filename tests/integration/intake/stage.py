"""The surroundings of intake: the test says what retention, lottery, checkin and notifier say, as their Kafka users."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar

import httpx

from deploy.local.stack import Stack
from shared.contracts.envelope import Envelope, new_id
from shared.contracts.erasure import ROTATIONS_KEY, EpochDestroyed, RotationOrdered
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme
from shared.privacy.epochkeys import KeyFolder
from shared.privacy.keyring import KeyRing
from shared.privacy.sealing import unseal
from tests.conftest import settings_of
from tests.stages.stage import PATIENCE, TRAINED, Staff
from tests.stages.stage import Stage as Shared

__all__ = ["PATIENCE", "RECIPIENTS", "Stage", "a_family", "settings_of"]

RECIPIENTS = ("notifier", "checkin")


class Stage(Shared):
    """Intake, its neighbours' voices, and a client."""

    service = "intake"
    staff: ClassVar[Staff] = {
        "officer-1": ("officer", TRAINED), "officer-2": ("officer", TRAINED), "desk-1": ("desk", TRAINED),
        "desk-2": ("desk", TRAINED), "desk-3": ("desk", TRAINED), "untrained-1": ("desk", None),
        "attendant-1": ("attendant", TRAINED), "auditor-1": ("auditor", TRAINED),
    }
    # Whom it must seal for follows from the programmes; `define` waits for that.
    parts_ready = ("views", "consumer")
    reads_as = "intake"

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.rings = {name: KeyRing(name, KeyFolder(settings_of(stack, name).keys_dir).load()) for name in RECIPIENTS}

    async def open(self) -> None:
        """Starts intake, with the staff on the register and the recipients' keys published."""
        for name, ring in self.rings.items():
            await self.say(name, ring.publication(), name, "-")
        await super().open()

    async def define(self, programme: Programme) -> None:
        """Publishes a programme and waits until intake knows it and can seal for its recipients."""
        await super().define(programme)

        async def known() -> bool:
            window = await self.http.get(f"/intake/{programme.id}/api/window")
            return window.status_code == 200 and (await self.http.get("/readyz")).status_code == 200

        await self.until(known, "intake knows the programme")

    async def rotate(self) -> None:
        """A rotation of keys in which the recipients take part; returns when intake has destroyed its older ones."""
        rotation = new_id()
        await self.say("retention", RotationOrdered(rotation=rotation, why="demand"), ROTATIONS_KEY, "*")
        for name, ring in self.rings.items():
            ring.use(KeyFolder(settings_of(self.stack, name).keys_dir).begin(rotation))
            await self.say(name, ring.publication(), name, "-")

        async def destroyed() -> bool:
            said = await self.read("privacy.recipients.v1", "retention")
            return any(isinstance(one.data, EpochDestroyed) and one.data.rotation == rotation
                       and one.data.service == "intake" for one in said)

        await self.until(destroyed, "intake has rotated its keys")

    async def move_to(self, programme: Programme, at: datetime) -> None:
        """Moves the programme's time and waits until intake has done the tick."""
        await self.tick(programme, at)

    async def read_raw(self, topic: str, user: str = "intake") -> list[tuple[int, bytes | None]]:
        """Partition and value of each record."""
        return await self.ears.read_raw(topic, user)

    async def facts(self, programme: Programme) -> list[Envelope[Any]]:
        """What intake said about the programme's applications: each once, as a killed relay may send again (ADR 1)."""
        said = {one.id: one for one in await self.read("intake.applications.v1") if one.programme == programme.id}
        return list(said.values())

    async def read_by(self, recipient: str, programme: Programme, subject: str) -> dict[str, Any]:
        """What `recipient` reads in the last version of a subject's record."""
        ring = self.rings[recipient]
        for message in await self.read("privacy.recipients.v1"):
            ring.apply(message)
        records = [one.data for one in await self.said(programme, "intake.personal.v1")
                   if isinstance(one.data, ApplicationRecorded) and one.data.subject == subject]
        last = max(records, key=lambda record: record.version)
        part = last.part_for(recipient)
        assert part is not None
        return unseal(ring, part, programme.id, subject, last.version)

    async def post(
        self, path: str, body: Any, *, by: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """Posts JSON, as a member of staff where `by` names one."""
        headers = self.headers(by) | ({"Idempotency-Key": key} if key else {})
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

    async def batch(self, programme: Programme, count: int, **change: Any) -> dict[str, Any]:
        """Opens a batch of postcards and returns it."""
        body = {"count": count, "received_on": "2021-06-11", **change}
        answer = await self.desk(programme, "/batches", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def desk(
        self, programme: Programme, what: str, body: Any = None, by: str = "desk-1"
    ) -> httpx.Response:
        """Posts something to the postcard desk."""
        return await self.post(f"/intake/{programme.id}/api/postcards{what}", body, by=by)

    async def closing(self, programme: Programme, step: str = "", by: str = "officer-1") -> httpx.Response:
        """A step of the closing: asked for, or `/confirmation`, `/taking-back`."""
        return await self.post(f"/intake/{programme.id}/api/window/closing{step}", None, by=by)

    async def close_by_two(self, programme: Programme) -> None:
        """One officer asks for the closing, another confirms."""
        for step, by in (("", "officer-1"), ("/confirmation", "officer-2")):
            answer = await self.closing(programme, step, by)
            assert answer.status_code == 202, answer.text

    async def mine(self, programme: Programme, receipt: dict[str, Any]) -> httpx.Response:
        """Looks the application up."""
        keys = {"receipt": receipt["receipt"], "secret": receipt["secret"]}
        return await self.post(f"/intake/{programme.id}/api/mine", keys)


def a_family() -> dict[str, Any]:
    """An application like no other: each has a telephone number, a house and a mail address of its own."""
    middle, last = 1000 + secrets.randbelow(9000), secrets.randbelow(10_000)
    number = f"090-{middle}-{last:04d}"
    return {
        "name": "髙橋　﨑子",
        "address": f"東京都新宿区西新宿{1 + last % 8}丁目{middle}番{last}号",
        "age": 34,
        "telephone": number,
        "email": f"takahashi.{middle}{last}@mail.example",
        "companions": ["髙橋　太郎", "𠮷田　はな"],
        "seats": 2,
        "wishes": ["2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm"],
        "language": "ja",
    }
