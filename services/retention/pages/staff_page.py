"""The staff register as pages: designated, trained, dismissed; the report of the designated to the ward (S19, S20)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from services.retention import staff_store, store
from services.retention.bodies import Officer, Reader
from services.retention.domain.staff import EVERY_PROGRAMME, covers, without_responsible
from services.retention.domain.training import missing
from services.retention.office import Office
from services.retention.pages import show
from services.retention.staff_api import Designation, Training, designated
from shared.contracts.retention import Role, StaffDesignated
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.ui import Form, form_of
from shared.ui.formats import day

_FAULTS = {"staff": "id", "trained_on": "date", "day": "date"}


def add(routes: APIRouter, office: Office) -> None:
    """Adds the register's routes."""
    _register(routes, office)
    _report(routes, office)


def _register(routes: APIRouter, office: Office) -> None:
    @routes.get("/staff")
    async def register(request: Request, person: Reader) -> HTMLResponse:
        return await _page(office, request, person, Form())

    @routes.post("/staff")
    async def designate(request: Request, officer: Officer) -> HTMLResponse:
        typed = form_of((await request.form()).multi_items())
        try:
            wanted = _wanted(typed)
            password = await office.staff.designate(await designated(office, wanted), wanted.name, officer)
        except (ValidationError, Problem) as error:
            return await _refused(office, request, officer, typed, error)
        return await _page(office, request, officer, Form(), saved=wanted.staff, password=password)

    @routes.post("/staff/trainings")
    async def train(request: Request, officer: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        try:
            training = Training.model_validate({name: typed.value(name) for name in ("course", "day")})
            await office.staff.train(typed.value("trained"), training.course, training.day, officer)
        except (ValidationError, Problem) as error:
            return await _refused(office, request, officer, typed, error)
        return RedirectResponse("/retention/staff", 303)

    @routes.post("/staff/{staff_id}/dismissal")
    async def dismiss(staff_id: str, officer: Officer) -> Response:
        await office.staff.dismiss(staff_id, officer)
        return RedirectResponse("/retention/staff", 303)


def _wanted(typed: Form) -> Designation:
    return Designation.model_validate({
        "staff": typed.value("staff").strip(), "name": typed.value("name").strip(),
        "employer": typed.value("employer"), "roles": typed.chosen("roles"),
        "programmes": typed.chosen("programmes"), "trained_on": typed.value("trained_on") or None,
        "responsible": "yes" in typed.chosen("responsible"),
    })


async def _refused(
    office: Office, request: Request, officer: Person, typed: Form, error: ValidationError | Problem
) -> HTMLResponse:
    if isinstance(error, ValidationError):
        faults = {str(fault["loc"][0]): _fault(str(fault["loc"][0]), fault["input"]) for fault in error.errors()}
    elif error.type == "designation-refused":
        faults = {fault["field"]: fault["reason"] for fault in error.extra["errors"]}
    else:
        raise error
    say = office.service.pages.words_for(request)
    errors = {field: say(f"staff.fault.{code}") for field, code in faults.items()}
    return await _page(office, request, officer, Form(typed.values, errors), status=422)


def _fault(field: str, value: object) -> str:
    return "missing" if not value else _FAULTS.get(field, "missing")


async def _page(
    office: Office, request: Request, person: Person, form: Form, *, saved: str | None = None,
    password: str | None = None, status: int = 200,
) -> HTMLResponse:
    pages, register = office.service.pages, await store.register(office.service.database)
    say, officer = pages.words_for(request), "officer" in person.roles
    names = {one.id: one.title.ja for one in office.service.programmes.all()}
    trainings = await staff_store.all_trainings(office.service.database)
    people: list[show.Row] = []
    for one in register:
        row: show.Row = [
            one.staff, _roles(one, say),
            "、".join(str(say("staff.all-programmes")) if name == EVERY_PROGRAMME else names.get(name, name)
                     for name in one.programmes),
            show.word("employer", one.employer, say),
            _trainings(one, trainings.get(one.staff, []), office.settings.courses, say), _until(one, say),
        ]
        button = show.button(office, say("staff.dismiss"), f"/retention/staff/{one.staff}/dismissal")
        people.append([*row, button] if officer else row)
    return pages.render(
        request, "staff.html", chrome=show.chrome(office, request), status_code=status, form=form, officer=officer,
        saved=saved, password=password, people=people, ids=[(one.staff, one.staff) for one in register],
        no_responsible=[names[name] for name in without_responsible(list(names), register)],
        by_programme=list(names.items()),
        courses=[(code, show.word("course", code, say)) for code in office.settings.courses],
        employers=[(code, show.word("employer", code, say)) for code in office.settings.employers],
        roles=[(code, say(f"role.{code}")) for code in get_args(Role)],
        programmes=[(EVERY_PROGRAMME, say("staff.all-programmes")), *names.items()],
    )


def _report(routes: APIRouter, office: Office) -> None:
    @routes.get("/staff/report/{programme}")
    async def report(request: Request, programme: str, person: Reader) -> HTMLResponse:
        return await _report_page(office, request, programme, person, names=None)

    # A post, as it opens personal data: each name that is shown is an access event.
    @routes.post("/staff/report/{programme}")
    async def report_with_names(request: Request, programme: str, officer: Officer) -> HTMLResponse:
        people = [one.staff for one in await store.register(office.service.database) if covers(one, programme)]
        return await _report_page(
            office, request, programme, officer, names=await office.staff.names(people, officer))


async def _report_page(
    office: Office, request: Request, name: str, person: Person, names: dict[str, str] | None
) -> HTMLResponse:
    pages, programme = office.service.pages, office.service.programmes.get(name)
    say, officer = pages.words_for(request), "officer" in person.roles
    people = [one for one in await store.register(office.service.database) if covers(one, name)]
    rows: list[show.Row] = [
        [
            one.staff, *([names.get(one.staff, say("report.no-name"))] if names is not None else []),
            say("report.responsible" if one.responsible else "report.handler"), show.joined(one.roles, "role", say),
            show.word("employer", one.employer, say), show.trained(one, say),
            say("report.from-the-start") if one.vouched else day(one.valid_from.date()), _until(one, say),
        ]
        for one in sorted(people, key=lambda one: (not one.responsible, one.staff))
    ]
    return pages.render(
        request, "report.html", chrome=show.chrome(office, request), programme=programme, people=rows,
        named=names is not None, officer=officer, no_responsible=bool(without_responsible([name], people)),
        as_of=office.now(name), offset=timedelta(minutes=programme.utc_offset_minutes))


def _roles(one: StaffDesignated, say: show.Say) -> str:
    roles = show.joined(one.roles, "role", say)
    return f"{say('report.responsible')}（{roles}）" if one.responsible else roles


def _trainings(one: StaffDesignated, on_record: list[Document], courses: tuple[str, ...], say: show.Say) -> object:
    """The day of the training; or what is still missing, by name."""
    lacking = missing([(training["course"], training["day"]) for training in on_record], courses)
    if one.vouched or not lacking or len(lacking) == len(courses):
        return show.trained(one, say)
    return say("staff.course-missing", courses=show.joined(lacking, "course", say))


def _until(one: StaffDesignated, say: show.Say) -> object:
    last: date | None = one.valid_until.date() if one.valid_until else None
    return day(last) if last else say("staff.no-end")
