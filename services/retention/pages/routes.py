"""Routes of the records office's pages, under `/retention`."""

from __future__ import annotations

from typing import Annotated, get_args
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.retention import store
from services.retention.bodies import ServiceName
from services.retention.domain.handover import safe_next
from services.retention.domain.pins import SERVICES_BY_PIN
from services.retention.office import Office
from services.retention.pages import alarms_page, roster_page, show, staff_page, tablets_page
from services.retention.pages.handover import hand_over
from services.retention.signin_api import Credentials, signed_in
from shared.contracts.retention import Role
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form as Typed

Anybody = Annotated[Person, Depends(staff(*get_args(Role)))]
Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]


def router(office: Office) -> APIRouter:
    """Sign-in, hand-over, start page, state of handling; the staff register has its own module."""
    routes = APIRouter(include_in_schema=False)
    _sign_in(routes, office)
    staff_page.add(routes, office)
    alarms_page.add(routes, office)
    roster_page.add(routes, office)
    tablets_page.add(routes, office)
    pages = office.service.pages

    @routes.get("/")
    async def start(request: Request, _: Anybody) -> HTMLResponse:
        alarms = await store.alarms(office.service.database)
        say = pages.words_for(request)
        return pages.render(
            request, "start.html", chrome=show.chrome(office, request), programmes=show.programmes(office),
            alarms=show.alarms(alarms, say))

    @routes.get("/state/{programme}")
    async def state(programme: str, request: Request, _: Reader) -> HTMLResponse:
        definition, found = office.service.programmes.get(programme), await office.state(programme)
        alarms = await store.alarms(office.service.database, programme)
        return pages.render(
            request, "state.html", chrome=show.chrome(office, request), state=found, as_of=office.now(programme),
            paper_cards=definition.cards is not None,
            **show.state(found, alarms, definition, pages.words_for(request)))

    return routes


def _sign_in(routes: APIRouter, office: Office) -> None:
    def page(
        request: Request, service: str, next_path: str, *, error: str | None = None, staff: str = "", status: int = 200
    ) -> HTMLResponse:
        pages = office.service.pages
        errors = {"staff": pages.words_for(request)(error)} if error else {}
        running = office.service.sign_in.person(request)
        return pages.render(
            request, "signin.html", chrome=show.chrome(office, request), status_code=status, target=service,
            next=safe_next(next_path, service), form=Typed({"staff": staff}, errors),
            running=running.staff if running else None)

    @routes.get("/signin")
    async def ask(
        request: Request, service: ServiceName = "retention", next: str = "", how: str = ""
    ) -> Response:
        if how != "password" and service in SERVICES_BY_PIN and await tablets_page.enrolled(office, request):
            return RedirectResponse(f"/retention/pin?service={service}&next={quote(next)}", 303)
        return page(request, service, next)

    @routes.post("/signin")
    async def check(
        request: Request, staff: Annotated[str, Form(max_length=64)], password: Annotated[str, Form(max_length=200)],
        service: Annotated[ServiceName, Form()] = "retention", next: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            done = await signed_in(office, Credentials(staff=staff, password=password, service=service), request)
        except Problem as refused:
            error = "signin.too-many" if refused.status == 429 else "signin.failed"
            response = page(request, service, next, error=error, staff=staff, status=refused.status)
            response.headers.update(refused.headers)
            return response
        return hand_over(office, request, service, next, done.token)

    @routes.post("/signin/continue")
    async def go_on(
        request: Request, person: Anybody,
        service: Annotated[ServiceName, Form()] = "retention", next: Annotated[str, Form()] = "",
    ) -> Response:
        token, _ = office.sign_ins.key.token(person.staff, service)
        return hand_over(office, request, service, next, token)
