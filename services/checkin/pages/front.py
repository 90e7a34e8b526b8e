"""What the pages share: surroundings, numbers, the words of an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.checkin.door import Door
from services.checkin.incident_store import IncidentStore
from services.checkin.pages.slots import Numbers, Picker, pick
from shared.contracts.programme import Programme, Slot
from shared.platform.problems import Problem
from shared.platform.service import Service
from shared.ui import Link
from shared.ui.policy import content_security_policy

Tone = Literal["admit", "stop", "ask"]
ICONS: dict[Tone, str] = {"admit": "check", "stop": "cross", "ask": "warning"}
# What somebody at the desk can put right; everything else stops at the door.
ASK = frozenset({"wrong-slot", "too-early", "too-late", "full", "unknown-pass", "from-the-future", "too-many-forged"})

ROOMS: dict[str, frozenset[str]] = {
    "terminal": frozenset({"attendant"}), "seats": frozenset({"attendant"}),
    "cards": frozenset({"attendant", "officer"}), "cluster": frozenset({"officer", "custodian", "tracer"}),
    "destruction": frozenset({"officer", "custodian"}),
}
"""The pages, and the roles that may see each."""


@dataclass(frozen=True)
class Answer:
    """The full-screen answer: colour and shape by `tone`, a word, the size of the party, what to say or do."""

    tone: Tone
    word: str
    say: str
    party: int | None = None

    @property
    def icon(self) -> str:
        """The shape."""
        return ICONS[self.tone]


@dataclass(frozen=True)
class Front:
    """Renders pages."""

    door: Door
    service: Service
    book: IncidentStore

    def programme(self, name: str) -> Programme:
        """The programme of the path; raises problem 404."""
        return self.door.programmes.get(name)

    def picker(self, programme: Programme, slot: str | None) -> Picker:
        """The slot picker."""
        return pick(programme, self.door.now(programme.id), slot)

    async def numbers(self, programme: Programme, slot: Slot) -> Numbers:
        """The slot's numbers of this moment."""
        occupancies = await self.door.store.occupancies(programme.id, [slot.id])
        return Numbers(slot, occupancies[slot.id], *await self.door.store.expected(programme.id, slot.id))

    def page(
        self, request: Request, programme: Programme, name: str, *, dark: bool, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A page with links above it to those that its reader may see."""
        base, person = f"/checkin/{programme.id}", self.service.sign_in.person(request)
        roles = person.roles if person else frozenset()
        links = tuple(
            Link(room, f"{base}/{room}", f"nav.{room}") for room, readers in ROOMS.items() if readers & roles
        )
        usual = self.service.chrome(request)
        staff = replace(usual.staff, change="/checkin/session/change", change_hidden={"next": _here(request)}
                        ) if usual.staff else None
        chrome = replace(usual, nav=links, staff=staff, theme="door" if dark else "auto", width="wide",
                         languages=())
        offset = timedelta(minutes=programme.utc_offset_minutes)
        response = self.door.pages.render(
            request, name, chrome=chrome, status_code=status, programme=programme, base=base,
            now=self.door.now(programme.id), offset=offset, **context)
        # The button for a change of person is answered by a redirect to retention's page for PINs.
        origin = self.service.settings.public_urls.get("retention")
        response.headers["Content-Security-Policy"] = content_security_policy(
            {"form-action": [origin] if origin else []})
        return response


def _here(request: Request) -> str:
    """This page, or after a post the one that it came from."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def answer_of(problem: Problem) -> Answer:
    """A refusal as the door shows it."""
    return Answer("ask" if problem.type in ASK else "stop", problem.title, problem.detail)
