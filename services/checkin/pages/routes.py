"""Routes of the pages. Each works by links and forms alone; scripts add the camera and the sound."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.checkin.door import Door
from services.checkin.pages.cards import CardsForm, show_cards, take_cards
from services.checkin.pages.front import Answer, Front, answer_of
from services.checkin.pages.seats import SeatsForm, show_seats, take_seats
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.service import Service
from shared.platform.signin import staff

Attendant = Annotated[Person, Depends(staff("attendant"))]
Handler = Annotated[Person, Depends(staff("attendant", "officer"))]
TERMINALS = tuple((name, name) for name in (f"door-{number}" for number in range(1, 13)))


def router(door: Door, service: Service) -> APIRouter:
    """Routes under `/checkin`."""
    routes, front = APIRouter(include_in_schema=False), Front(door, service)

    @routes.get("/{programme}")
    async def start(programme: str) -> RedirectResponse:
        return RedirectResponse(f"/checkin/{front.programme(programme).id}/terminal", 303)

    @routes.get("/{programme}/terminal")
    async def terminal(
        request: Request, programme: str, _: Attendant, slot: str = "", terminal: str = ""
    ) -> HTMLResponse:
        return await _terminal(front, request, programme, slot, terminal, None)

    @routes.post("/{programme}/terminal")
    async def scan(
        request: Request, programme: str, person: Attendant, slot: Annotated[str, Form()],
        terminal: Annotated[str, Form()], token: Annotated[str, Form()] = "",
    ) -> HTMLResponse:
        say = door.say(request)
        if not token.strip():
            answer = Answer("ask", str(say("terminal.nothing.word")), str(say("terminal.nothing.say")))
            return await _terminal(front, request, programme, slot, terminal, answer)
        try:
            admission = await door.admit(say, programme, token, slot, _terminal_name(terminal), person.staff)
        except Problem as problem:
            # 200 all the same: to say who may not come in is what this page is for.
            return await _terminal(front, request, programme, slot, terminal, answer_of(problem))
        answer = Answer("admit", str(say("terminal.admitted.word")), str(say("terminal.admitted.say")), admission.seats)
        return await _terminal(front, request, programme, slot, terminal, answer)

    @routes.get("/{programme}/seats")
    async def seats(
        request: Request, programme: str, person: Attendant, slot: str = "", people: str = "", seated: str = ""
    ) -> HTMLResponse:
        return await show_seats(front, request, programme, person, slot, people, seated)

    @routes.post("/{programme}/seats", response_model=None)
    async def seat(
        request: Request, programme: str, person: Attendant, form: Annotated[SeatsForm, Form()]
    ) -> HTMLResponse | RedirectResponse:
        return await take_seats(front, request, programme, person, form)

    @routes.get("/{programme}/cards")
    async def cards(request: Request, programme: str, person: Handler, recorded: int = 0) -> HTMLResponse:
        return await show_cards(front, request, programme, person, recorded)

    @routes.post("/{programme}/cards", response_model=None)
    async def move(
        request: Request, programme: str, person: Handler, form: Annotated[CardsForm, Form()]
    ) -> HTMLResponse | RedirectResponse:
        return await take_cards(front, request, programme, person, form)

    return routes


def _terminal_name(name: str) -> str:
    return name if name in dict(TERMINALS) else TERMINALS[0][0]


async def _terminal(
    front: Front, request: Request, programme: str, slot: str, terminal: str, answer: Answer | None
) -> HTMLResponse:
    known = front.programme(programme)
    picker = front.picker(known, slot)
    numbers = await front.numbers(known, picker.slot)
    return front.page(
        request, known, "terminal.html", dark=True, picker=picker, numbers=numbers, answer=answer,
        terminal=_terminal_name(terminal), terminals=TERMINALS)
