"""Routes of the pages. Each works by links and forms alone; scripts add the camera and the sound."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.checkin.desk import Desk
from services.checkin.pages.cards import CardsForm, show_cards, take_cards
from services.checkin.pages.cluster import ask_cluster, show_cluster
from services.checkin.pages.destruction import DestructionForm, show_destruction, take_destruction
from services.checkin.pages.front import Answer, Front, answer_of
from services.checkin.pages.incident import StepForm, show_incident, step_incident
from services.checkin.pages.seats import SeatsForm, show_seats, take_seats
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.service import Service
from shared.platform.signin import staff

Attendant = Annotated[Person, Depends(staff("attendant"))]
Handler = Annotated[Person, Depends(staff("attendant", "officer"))]
Opener = Annotated[Person, Depends(staff("officer", "tracer"))]
Cluster = Annotated[Person, Depends(staff("officer", "custodian", "tracer"))]
Destroyer = Annotated[Person, Depends(staff("officer", "custodian"))]
TERMINALS = tuple((name, name) for name in (f"door-{number}" for number in range(1, 13)))


def router(desk: Desk, service: Service) -> APIRouter:
    """Routes under `/checkin`."""
    routes, door = APIRouter(include_in_schema=False), desk.door
    front = Front(door, service, desk.book)
    _desks(routes, front, desk)

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


def _desks(routes: APIRouter, front: Front, desk: Desk) -> None:
    """The cluster desk and destruction."""

    @routes.get("/{programme}/cluster")
    async def cluster(request: Request, programme: str, person: Cluster) -> HTMLResponse:
        return await show_cluster(front, desk, request, programme, person)

    @routes.post("/{programme}/cluster", response_model=None)
    async def ask(request: Request, programme: str, person: Opener) -> HTMLResponse | RedirectResponse:
        return await ask_cluster(front, desk, request, programme, person)

    @routes.get("/{programme}/cluster/{incident}")
    async def incident(request: Request, programme: str, incident: str, person: Cluster) -> HTMLResponse:
        return await show_incident(front, desk, request, programme, person, incident)

    @routes.post("/{programme}/cluster/{incident}", response_model=None)
    async def step(
        request: Request, programme: str, incident: str, person: Cluster, form: Annotated[StepForm, Form()]
    ) -> HTMLResponse | RedirectResponse:
        return await step_incident(front, desk, request, programme, person, incident, form)

    @routes.get("/{programme}/destruction")
    async def destruction(request: Request, programme: str, person: Destroyer, recorded: int = 0) -> HTMLResponse:
        return await show_destruction(front, desk, request, programme, person, recorded)

    @routes.post("/{programme}/destruction", response_model=None)
    async def destroy(
        request: Request, programme: str, person: Destroyer, form: Annotated[DestructionForm, Form()]
    ) -> HTMLResponse | RedirectResponse:
        return await take_destruction(front, desk, request, programme, person, form)


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
