"""The roster of a day: who is on, where, and who could stand in; a replacement in one step (B20)."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from pydantic import ValidationError

from services.retention import store
from services.retention.bodies import Officer, Reader
from services.retention.domain import roster
from services.retention.domain.staff import covers, without_responsible
from services.retention.office import Office
from services.retention.pages import show
from services.retention.staff_api import ReplacementBody, ShiftBody, replaced
from shared.contracts.programme import Programme
from shared.contracts.retention import Shift, StaffDesignated
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.ui import Form, form_of

_FAULTS = {"day": "date", "begins": "time", "ends": "time", "staff": "id"}


def add(routes: APIRouter, office: Office) -> None:
    """Adds the roster's routes."""

    @routes.get("/roster/{programme}")
    async def on_duty(request: Request, programme: str, person: Reader, day: date | None = None) -> HTMLResponse:
        return await _page(office, request, programme, person, day, Form())

    @routes.post("/roster/{programme}")
    async def enter(request: Request, programme: str, officer: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        try:
            wanted = ShiftBody.model_validate({
                "programme": programme, "venue": typed.value("venue") or None,
                **{name: typed.value(name) for name in ("day", "begins", "ends")}})
            await office.staff.enter_shift(typed.value("staff"), wanted.shift(), officer)
        except (ValidationError, Problem) as error:
            return await _refused(office, request, programme, officer, typed, error)
        return RedirectResponse(f"/retention/roster/{programme}?day={wanted.day}", 303)

    @routes.post("/roster/{programme}/removals")
    async def remove(request: Request, programme: str, officer: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        shift = Shift.model_validate_json(typed.value("shift")).model_copy(update={"programme": programme})
        await office.staff.drop_shift(typed.value("staff"), shift, officer)
        return RedirectResponse(f"/retention/roster/{programme}?day={shift.day}", 303)

    @routes.post("/roster/{programme}/replacements")
    async def replace(request: Request, programme: str, officer: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        absent, _, shift = typed.value("absent").partition(" ")
        try:
            wanted = ReplacementBody.model_validate({
                "staff": typed.value("new").strip(), "name": typed.value("name").strip(),
                "employer": typed.value("employer"), "trained_today": "yes" in typed.chosen("trained_today"),
                "absent": absent, "shift": ShiftBody.model_validate_json(shift)})
            password = await replaced(office, programme, wanted, officer)
        except (ValidationError, Problem) as error:
            return await _refused(office, request, programme, officer, typed, error)
        return await _page(office, request, programme, officer, wanted.shift.day, Form(), saved=wanted.staff,
                           password=password)


async def _refused(
    office: Office, request: Request, programme: str, officer: Person, typed: Form, error: ValidationError | Problem
) -> HTMLResponse:
    say = office.service.pages.words_for(request)
    if isinstance(error, ValidationError):
        found = {str(fault["loc"][0]): _FAULTS.get(str(fault["loc"][0]), "missing") for fault in error.errors()}
    elif error.type == "designation-refused":
        found = {fault["field"]: fault["reason"] for fault in error.extra["errors"]}
    else:
        raise error
    if typed.value("new") or typed.value("absent"):
        found = {{"staff": "new"}.get(field, field): code for field, code in found.items()}
    errors = {field: say(f"staff.fault.{code}") for field, code in found.items()}
    try:
        day = date.fromisoformat(typed.value("day"))
    except ValueError:
        day = None
    return await _page(office, request, programme, officer, day, Form(typed.values, errors), status=422)


async def _page(
    office: Office, request: Request, name: str, person: Person, day: date | None, form: Form, *,
    saved: str | None = None, password: str | None = None, status: int = 200,
) -> HTMLResponse:
    pages, programme = office.service.pages, office.service.programmes.get(name)
    say, officer = pages.words_for(request), "officer" in person.roles
    day = day or office.staff.today(name)
    people = [one for one in await store.register(office.service.database) if covers(one, name)]
    lines = roster.on_duty(people, name, day)
    venues = {venue.id: venue.name.ja for venue in programme.venues}
    employers = [(code, show.word("employer", code, say)) for code in office.settings.employers]
    return pages.render(
        request, "roster.html", chrome=show.chrome(office, request), status_code=status, programme=programme, day=day,
        form=form, officer=officer, saved=saved, password=password, venues=list(venues.items()), employers=employers,
        before=day - timedelta(days=1), after=day + timedelta(days=1), days=roster.days(people, name),
        no_responsible=bool(without_responsible([name], people)),
        designated=[(one.staff, f"{one.staff}（{show.joined(one.roles, 'role', say)}）") for one in people],
        absent=[(f"{line.person.staff} {line.shift.model_dump_json()}", f"{line.person.staff}　{_hours(line.shift)}")
                for line in lines],
        lines=[_line(office, programme, line, people, venues, say, officer=officer) for line in lines])


def _line(
    office: Office, programme: Programme, line: roster.OnDuty, people: list[StaffDesignated], venues: dict[str, str],
    say: show.Say, *, officer: bool,
) -> show.Row:
    shift = line.shift
    deputies = "、".join(one.staff for one in roster.deputies(people, line)) or say("roster.nobody")
    row: show.Row = [
        venues.get(shift.venue or "", say("roster.any-venue")), _hours(shift), line.person.staff,
        show.joined(line.person.roles, "role", say),
        show.trained(line.person, say) if line.ready else say("roster.not-trained"),
        shift.stands_in_for or "", deputies,
    ]
    if not officer:
        return row
    hidden = {"staff": line.person.staff, "shift": shift.model_dump_json()}
    return [*row, show.button(office, say("roster.remove"), f"/retention/roster/{programme.id}/removals", hidden)]


def _hours(shift: Shift) -> Markup:
    return Markup("{}–{}").format(f"{shift.begins:%H:%M}", f"{shift.ends:%H:%M}")
