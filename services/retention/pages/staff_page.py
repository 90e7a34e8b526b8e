"""The staff register as a page: who is designated; an officer designates and dismisses."""

from __future__ import annotations

from datetime import date
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from pydantic import ValidationError

from services.retention import store
from services.retention.domain.staff import EVERY_PROGRAMME
from services.retention.office import Office
from services.retention.pages import show
from services.retention.staff_api import Designation, designated
from shared.contracts.retention import Role
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form, form_of
from shared.ui.formats import day

Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Officer = Annotated[Person, Depends(staff("officer"))]
_FAULTS = {"staff": "id", "trained_on": "date"}


def add(routes: APIRouter, office: Office) -> None:
    """Adds the register's routes."""

    @routes.get("/staff")
    async def register(request: Request, person: Reader) -> HTMLResponse:
        return await _page(office, request, person, Form())

    @routes.post("/staff")
    async def designate(request: Request, officer: Officer) -> HTMLResponse:
        pairs = (await request.form()).multi_items()
        typed = form_of(pairs)
        say = office.service.pages.words_for(request)
        try:
            wanted = _wanted(typed)
            password = await office.staff.designate(await designated(office, wanted), wanted.name, officer)
        except ValidationError as error:
            faults = {str(fault["loc"][0]): _fault(str(fault["loc"][0]), fault["input"]) for fault in error.errors()}
        except Problem as refused:
            if refused.type != "designation-refused":
                raise
            faults = {fault["field"]: fault["reason"] for fault in refused.extra["errors"]}
        else:
            return await _page(office, request, officer, Form(), saved=wanted.staff, password=password)
        errors = {field: say(f"staff.fault.{code}") for field, code in faults.items()}
        return await _page(office, request, officer, form_of(pairs, errors), status=422)

    @routes.post("/staff/{staff_id}/dismissal")
    async def dismiss(staff_id: str, officer: Officer) -> Response:
        await office.staff.dismiss(staff_id, officer)
        return RedirectResponse("/retention/staff", 303)


def _wanted(typed: Form) -> Designation:
    return Designation.model_validate({
        "staff": typed.value("staff").strip(), "name": typed.value("name").strip(),
        "employer": typed.value("employer"), "roles": typed.chosen("roles"),
        "programmes": typed.chosen("programmes"), "trained_on": typed.value("trained_on") or None,
    })


def _fault(field: str, value: object) -> str:
    return "missing" if not value else _FAULTS.get(field, "missing")


async def _page(
    office: Office, request: Request, person: Person, form: Form, *, saved: str | None = None,
    password: str | None = None, status: int = 200,
) -> HTMLResponse:
    pages = office.service.pages
    say, officer = pages.words_for(request), "officer" in person.roles
    names = {one.id: one.title.ja for one in office.service.programmes.all()}
    people: list[show.Row] = []
    for one in await store.register(office.service.database):
        row: show.Row = [
            one.staff, show.joined(one.roles, "role", say),
            "、".join(str(say("staff.all-programmes")) if name == EVERY_PROGRAMME else names.get(name, name)
                     for name in one.programmes),
            show.word("employer", one.employer, say), show.trained(one, say),
            _until(one.valid_until.date()) if one.valid_until else say("staff.no-end"),
        ]
        people.append([*row, _dismissal(office, one.staff, say)] if officer else row)
    return pages.render(
        request, "staff.html", chrome=show.chrome(office, request), status_code=status, form=form, officer=officer,
        saved=saved, password=password, people=people,
        employers=[(code, show.word("employer", code, say)) for code in office.settings.employers],
        roles=[(code, say(f"role.{code}")) for code in get_args(Role)],
        programmes=[(EVERY_PROGRAMME, say("staff.all-programmes")), *names.items()],
    )


def _until(last: date) -> str:
    return day(last)


def _dismissal(office: Office, staff_id: str, say: show.Say) -> Markup:
    macros = office.service.pages.environment.globals["forms"]
    return Markup(macros.post_button(say("staff.dismiss"), f"/retention/staff/{staff_id}/dismissal"))  # type: ignore[attr-defined]  # noqa: S704
