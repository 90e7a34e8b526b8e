"""One incident: its scope, the second person's release, each card's way, the count to 100 % (S10, B08)."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from services.checkin.desk import Desk
from services.checkin.domain.incidents import CALLS, RELEASES, is_out_too_long, next_attempts, progress
from services.checkin.incident_store import card_file
from services.checkin.pages.front import Front
from services.checkin.refusals import Say, slot_words
from shared.contracts.checkin import ContactOutcome, LeftReason
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.ui import Form

OUTCOMES: tuple[ContactOutcome, ...] = get_args(ContactOutcome)
REASONS: tuple[LeftReason, ...] = get_args(LeftReason)
MISSING: tuple[LeftReason, ...] = ("card-missing", "card-destroyed")
"""Reasons for a card that cannot be taken out."""


class StepForm(BaseModel):
    """A step as a button says it. Unknown fields are refused (S13); no field takes a free text (S14)."""

    model_config = ConfigDict(extra="forbid")
    step: str = ""
    card: str = ""
    custodian: str = ""
    tracer: str = ""
    outcome: str = ""
    next: str = ""
    reason: str = ""


async def show_incident(
    front: Front, desk: Desk, request: Request, programme: str, person: Person, incident: str
) -> HTMLResponse:
    """The page; the query's `card` is the one that is worked on."""
    known, say = front.programme(programme), desk.door.say(request)
    row = await desk.incident(say, known.id, incident)
    form = Form(values=_own_name(person))
    return await _show(front, desk, request, known, person, row, request.query_params.get("card", ""), form)


async def step_incident(
    front: Front, desk: Desk, request: Request, programme: str, person: Person, incident: str, form: StepForm
) -> HTMLResponse | RedirectResponse:
    """Takes the step that a button stands for."""
    known, say = front.programme(programme), desk.door.say(request)
    row = await desk.incident(say, known.id, incident)
    typed = {name: str(value) for name, value in form.model_dump().items()}
    errors = _missing(say, form)
    if not errors:
        try:
            await _take(desk, say, known, person, incident, form)
        except Problem as problem:
            errors = {_field_of(form, problem): f"{problem.title} {problem.detail}"}
    if errors:
        return await _show(front, desk, request, known, person, row, form.card, Form(typed, errors), status=422)
    # Back to the card as long as it is out: its call comes next. After it was put back, to the list.
    stays = form.card and form.step in ("take-out", "contact")
    where = f"?done={form.step}&card={form.card}#card" if stays else f"?done={form.step or 'step'}"
    return RedirectResponse(f"/checkin/{known.id}/cluster/{incident}{where}", 303)


async def _take(desk: Desk, say: Say, programme: Programme, person: Person, incident: str, form: StepForm) -> None:
    custodian, tracer, name = form.custodian.strip(), form.tracer.strip(), programme.id
    match form.step:
        case "release":
            _only(say, person, RELEASES)
            await desk.release(say, name, incident, person)
        case "drop":
            await desk.drop(say, name, incident, person)
        case "take-out":
            await desk.take_out(say, name, incident, form.card, custodian, tracer, person)
        case "contact":
            _only(say, person, CALLS)
            outcome = next(one for one in OUTCOMES if one == form.outcome)
            times = next_attempts(desk.door.now(name), programme.zone)
            await desk.contact(say, name, incident, form.card, outcome, times.get(form.next), person)
        case "put-back" | "leave":
            reason = next((one for one in REASONS if one == form.reason), None)
            await desk.put_back(say, name, incident, form.card, reason, custodian, tracer, person)
        case "close":
            await desk.close(say, name, incident, person)
        case _:
            raise Problem(422, "unknown-step", str(say("incident.refused.unknown-step.word")),
                          str(say("incident.refused.unknown-step.say")))


def _only(say: Say, person: Person, role: str) -> None:
    if role not in person.roles:
        raise Problem(403, "role", str(say("incident.refused.role.word")), str(say("incident.refused.role.say")))


def _missing(say: Say, form: StepForm) -> dict[str, object]:
    errors: dict[str, object] = {}
    if form.step in ("take-out", "put-back", "leave"):
        errors |= {name: say("incident.people-missing") for name in ("custodian", "tracer")
                   if not getattr(form, name).strip()}
    if form.step == "contact" and form.outcome not in OUTCOMES:
        errors["outcome"] = say("incident.outcome-missing")
    if form.step == "leave" and form.reason not in REASONS:
        errors["reason"] = say("incident.reason-missing")
    return errors


def _field_of(form: StepForm, problem: Problem) -> str:
    if problem.type == "not-designated":
        return "tracer" if problem.extra.get("staff") == form.tracer.strip() else "custodian"
    if problem.type.startswith("next-attempt"):
        return "next"
    return {"reason-not-needed": "reason", "contact-complete": "outcome"}.get(problem.type, "step")


def _own_name(person: Person) -> dict[str, str]:
    return {role: person.staff for role in (RELEASES, CALLS) if role in person.roles}


async def _show(
    front: Front, desk: Desk, request: Request, programme: Programme, person: Person, row: Document, card: str,
    form: Form, *, status: int = 200,
) -> HTMLResponse:
    now, rows = front.door.now(programme.id), await desk.book.cards(row["_id"])
    chosen = next((one for one in rows if one["card"] == card), None)
    places = await desk.book.places(programme.id, [one["card"] for one in rows])
    return front.page(
        request, programme, "incident.html", dark=False, status=status, form=form, row=row, cards=rows,
        counted=progress(card_file(one) for one in rows), chosen=chosen, places=places,
        late={one["card"] for one in rows if is_out_too_long(card_file(one), now)},
        steps=[_told(step) for step in await desk.book.steps(row["_id"])], person=person,
        done=request.query_params.get("done", ""), scope=_scope(programme, row),
        slot_names={slot.id: f"{slot.time_name.ja} {slot.starts:%H:%M}" for slot in programme.slots},
        is_custodian=RELEASES in person.roles, is_tracer=CALLS in person.roles,
        outcomes=OUTCOMES, reasons=tuple(one for one in REASONS if one not in MISSING), missing_reasons=MISSING,
        next_times=list(next_attempts(now, programme.zone)),
    )


def _scope(programme: Programme, row: Document) -> list[dict[str, Any]]:
    return [
        {"slot": slot_words(programme, programme.slot_by_id[one["slot"]]), "seats": "、".join(one["seats"]),
         "radius": one["radius"]}
        for one in row["scope"] if one["slot"] in programme.slot_by_id
    ]


def _told(step: Document) -> dict[str, Any]:
    """A line of the history: the step, its card, its code, who."""
    code = next(((family, step[name]) for family, name in (
        ("outcome", "outcome"), ("reason", "reason"), ("result", "result")) if step.get(name)), None)
    people = [step[name] for name in ("handed_by", "taken_by") if step.get(name)]
    return {"step": step["step"], "card": step.get("card"), "code": code, "people": people or [step["recorded_by"]],
            "at": step["at"]}
