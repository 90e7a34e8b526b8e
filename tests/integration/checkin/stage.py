"""The surroundings of checkin: the test says what retention and lottery say, as their Kafka users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

import httpx

from shared.contracts.checkin import PassIssued
from shared.contracts.envelope import new_id
from shared.contracts.lottery import ResultChanged, ResultDrawn
from shared.contracts.programme import Programme
from tests.conftest import settings_of
from tests.stages.stage import PATIENCE, TRAINED, Staff
from tests.stages.stage import Stage as Shared

__all__ = ["ANNE", "BEN", "DESK", "OFFICER", "PATIENCE", "UNTRAINED", "Stage", "settings_of"]

ANNE, BEN, OFFICER, DESK, UNTRAINED = "attendant-1", "attendant-2", "officer-1", "desk-1", "attendant-new"


class Stage(Shared):
    """checkin as a process, its neighbours' voices, and a client."""

    service = "checkin"
    staff: ClassVar[Staff] = {
        ANNE: ("attendant", TRAINED), BEN: ("attendant", TRAINED), OFFICER: ("officer", TRAINED),
        DESK: ("desk", TRAINED), UNTRAINED: ("attendant", None),
    }
    # Nobody plays the recipients that checkin seals for, so their keys are not waited for.
    parts_ready = ("started", "consumer")

    async def define(self, programme: Programme) -> None:
        """Publishes a programme and waits until checkin knows it."""
        await super().define(programme)

        async def known() -> bool:
            return (await self._slot(programme, programme.slots[0].id)).status_code == 200

        await self.until(known, "checkin knows the programme")

    async def move_to(self, programme: Programme, at: datetime) -> None:
        """Moves the programme's time, and waits until checkin lives in it."""
        await self.say_tick(programme, at)

        async def moved() -> bool:
            answer = await self._slot(programme, programme.slots[0].id)
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

    async def tokens(self, programme: Programme, application: str) -> dict[str, PassIssued]:
        """Passes issued to an application, by slot; the latest of each."""
        passes = await self.said(programme, "checkin.passes.v1")
        return {
            one.data.slot: one.data for one in passes
            if isinstance(one.data, PassIssued) and one.data.application == application
        }

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
        return (await self._slot(programme, slot)).json()  # type: ignore[no-any-return]

    async def _slot(self, programme: Programme, slot: str) -> httpx.Response:
        return await self.http.get(f"/checkin/{programme.id}/api/slots/{slot}", headers=self.headers(ANNE))
