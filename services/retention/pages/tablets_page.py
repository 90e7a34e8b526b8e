"""Shared tablets: enrolled and revoked by an officer; people change by PIN (S21)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from services.retention import staff_store
from services.retention.bodies import Officer, Reader, ServiceName, TerminalName
from services.retention.domain.handover import safe_next
from services.retention.domain.pins import SERVICES_BY_PIN
from services.retention.office import Office
from services.retention.pages import show
from services.retention.pages.handover import hand_over
from services.retention.signin_api import PinCredentials, PinWanted, set_pin, signed_in_by_pin
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form as Typed
from shared.ui.formats import moment

COOKIE = "kujibiki_terminal"
"""The tablet's key, in a cookie that no script reads and no other service gets."""
_LASTS = 400 * 24 * 3600  # the longest that browsers keep a cookie

Attendant = Annotated[Person, Depends(staff("attendant"))]
Word = Annotated[str, Form(max_length=200)]
_NAME = TypeAdapter[str](TerminalName)


async def enrolled(office: Office, request: Request) -> Document | None:
    """The tablet that asks, if it is one that is in use."""
    key = request.cookies.get(COOKIE)
    return await staff_store.terminal(office.service.database, key) if key else None


def add(routes: APIRouter, office: Office) -> None:
    """Adds the tablets' routes."""
    _terminals(routes, office)
    _change(routes, office)
    _own_pin(routes, office)


def _terminals(routes: APIRouter, office: Office) -> None:
    @routes.get("/terminals")
    async def terminals(request: Request, person: Reader) -> HTMLResponse:
        return await _list(office, request, person, Typed())

    @routes.post("/terminals")
    async def enrol(request: Request, officer: Officer, name: Word = "") -> Response:
        try:
            done = await office.staff.enrol(_NAME.validate_python(name.strip()), officer)
        except (ValidationError, Problem) as error:
            if isinstance(error, Problem) and error.type != "designation-refused":
                raise
            fault = "name-taken" if isinstance(error, Problem) else "name"
            errors = {"name": office.service.pages.words_for(request)(f"terminals.fault.{fault}")}
            return await _list(office, request, officer, Typed({"name": name}, errors), status=422)
        response = RedirectResponse("/retention/terminals", 303)
        response.set_cookie(COOKIE, done.key, _LASTS, path="/retention", httponly=True, samesite="lax",
                            secure=request.url.scheme == "https")
        return response

    @routes.post("/terminals/{terminal}/revocation")
    async def revoke(terminal: str, officer: Officer) -> Response:
        await office.staff.revoke(terminal, officer)
        return RedirectResponse("/retention/terminals", 303)


async def _list(
    office: Office, request: Request, person: Person, form: Typed, *, status: int = 200
) -> HTMLResponse:
    pages, here = office.service.pages, await enrolled(office, request)
    say, officer = pages.words_for(request), "officer" in person.roles
    rows: list[show.Row] = []
    for one in await staff_store.terminals(office.service.database):
        over = one["revoked_at"]
        row: show.Row = [
            one["name"], moment(one["enrolled_at"]), one["enrolled_by"],
            moment(one["used_at"]) if one["used_at"] else "",
            say("terminals.revoked-at", at=moment(over)) if over else say("terminals.in-use")]
        button = "" if over else show.button(
            office, say("terminals.revoke"), f"/retention/terminals/{one['_id']}/revocation")
        rows.append([*row, button] if officer else row)
    return pages.render(
        request, "terminals.html", chrome=show.chrome(office, request), status_code=status, form=form, rows=rows,
        officer=officer, here=here["name"] if here else None)


def _change(routes: APIRouter, office: Office) -> None:
    async def page(
        request: Request, service: str, next_path: str, *, error: str | None = None, staff: str = "", status: int = 200
    ) -> HTMLResponse:
        pages, terminal = office.service.pages, await enrolled(office, request)
        usable = terminal is not None and service in SERVICES_BY_PIN
        errors = {"staff": pages.words_for(request)(error)} if error else {}
        return pages.render(
            request, "pin.html", status_code=status if usable else 403, target=service,
            next=safe_next(next_path, service), terminal=terminal["name"] if terminal and usable else None,
            form=Typed({"staff": staff}, errors))

    @routes.get("/pin")
    async def ask(request: Request, service: ServiceName = "checkin", next: str = "") -> HTMLResponse:
        return await page(request, service, next)

    @routes.post("/pin")
    async def check(
        request: Request, staff: Annotated[str, Form(max_length=64)], pin: Annotated[str, Form(max_length=20)],
        service: Annotated[ServiceName, Form()] = "checkin", next: Annotated[str, Form()] = "",
    ) -> Response:
        key = request.cookies.get(COOKIE, "")[:100]
        try:
            done = await signed_in_by_pin(
                office, PinCredentials(staff=staff.strip(), pin=pin, terminal_key=key, service=service))
        except Problem as refused:
            error = "signin.too-many" if refused.status == 429 else "pin.failed"
            return await page(request, service, next, error=error, staff=staff, status=refused.status)
        return hand_over(office, request, service, next, done.token)


def _own_pin(routes: APIRouter, office: Office) -> None:
    def page(
        request: Request, *, errors: dict[str, object] | None = None, saved: bool = False, status: int = 200
    ) -> HTMLResponse:
        return office.service.pages.render(
            request, "pin_new.html", chrome=show.chrome(office, request), status_code=status, saved=saved,
            form=Typed({}, errors or {}))

    @routes.get("/pin/new")
    async def ask(request: Request, _: Attendant) -> HTMLResponse:
        return page(request)

    @routes.post("/pin/new")
    async def take(
        request: Request, person: Attendant, password: Word = "", pin: Word = "", again: Word = "",
    ) -> HTMLResponse:
        say = office.service.pages.words_for(request)
        if pin != again:
            return page(request, errors={"again": say("pin.fault.again")}, status=422)
        try:
            await set_pin(office, person.staff, PinWanted(password=password, pin=pin), request)
        except ValidationError:
            return page(request, errors={"pin": say("pin.fault.shape")}, status=422)
        except Problem as refused:
            field, code = {
                "pin-refused": ("pin", "weak"), "sign-in-refused": ("password", "password"),
            }.get(refused.type, ("password", "too-many"))
            return page(request, errors={field: say(f"pin.fault.{code}")}, status=refused.status)
        return page(request, saved=True)
