"""The page on which destroyed cards go on record: two people, a witness of the ward, one count (S16)."""

from __future__ import annotations

from typing import get_args

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from services.checkin.desk import Desk
from services.checkin.domain.destruction import Batch, destroyable_from, is_due
from services.checkin.handlers.destructions import FromCase, FromStock
from services.checkin.pages.front import Front
from services.checkin.refusals import Say
from shared.contracts.checkin import DestructionMethod, EarlyReason
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.ui import Form
from shared.ui.formats import day

METHODS: tuple[DestructionMethod, ...] = get_args(DestructionMethod)
REASONS: tuple[EarlyReason, ...] = get_args(EarlyReason)
ELSEWHERE = ("seat", "attendant", "bag", "opened")


class DestructionForm(BaseModel):
    """A batch as typed. Unknown fields are refused (S13); everything is parsed, nothing kept as text (S14)."""

    model_config = ConfigDict(extra="forbid")
    kind: str = "case"
    pile: str = ""
    venue: str = ""
    first: str = ""
    last: str = ""
    count: str = ""
    method: str = ""
    handed_by: str = ""
    taken_by: str = ""
    witnessed_by: str = ""
    reason: str = ""


async def show_destruction(
    front: Front, desk: Desk, request: Request, programme: str, person: Person, recorded: int = 0
) -> HTMLResponse:
    """The page; `recorded` cards were just put on record."""
    return await _show(
        front, desk, request, front.programme(programme), Form(values={"handed_by": person.staff}), "case", person,
        recorded=recorded)


async def take_destruction(
    front: Front, desk: Desk, request: Request, programme: str, person: Person, form: DestructionForm
) -> HTMLResponse | RedirectResponse:
    """Records one pile."""
    known, say = front.programme(programme), desk.door.say(request)
    errors = _missing(say, known, form)
    if not errors:
        try:
            done = await desk.destroy(
                say, known.id, _pile(desk, say, known, form), _batch(form), _method(form.method), person)
            return RedirectResponse(f"/checkin/{known.id}/destruction?recorded={done.count}", 303)
        except Problem as problem:
            errors = {_field_of(form, problem): f"{problem.title} {problem.detail}"}
    typed = {name: str(value) for name, value in form.model_dump().items()}
    return await _show(front, desk, request, known, Form(typed, errors), form.kind, person, status=422)


def _missing(say: Say, programme: Programme, form: DestructionForm) -> dict[str, object]:
    errors: dict[str, object] = {}
    if form.kind == "case":
        if form.pile.partition("/")[0] not in programme.venue_by_id:
            errors["pile"] = say("destruction.pile-missing")
    else:
        if form.venue not in programme.venue_by_id:
            errors["venue"] = say("cards.venue-missing")
        errors |= {name: say("destruction.number-missing") for name in ("first", "last")
                   if not getattr(form, name).strip()}
    if not (form.count.isascii() and form.count.isdigit() and len(form.count) < 7):
        errors["count"] = say("destruction.count-missing")
    if form.method not in METHODS:
        errors["method"] = say("destruction.method-missing")
    errors |= {name: say("destruction.staff-missing") for name in ("handed_by", "taken_by", "witnessed_by")
               if not getattr(form, name).strip()}
    return errors


def _pile(desk: Desk, say: Say, programme: Programme, form: DestructionForm) -> FromCase | FromStock:
    if form.kind == "case":
        venue, _, of_day = form.pile.partition("/")
        return FromCase(venue, of_day or None)
    return desk.stock_pile(say, programme.id, form.venue, form.first, form.last)


def _batch(form: DestructionForm) -> Batch:
    reason = next((one for one in REASONS if one == form.reason), None)
    return Batch((form.handed_by.strip(), form.taken_by.strip()), form.witnessed_by.strip(), int(form.count), reason)


def _method(text: str) -> DestructionMethod:
    return next(one for one in METHODS if one == text)


def _field_of(form: DestructionForm, problem: Problem) -> str:
    if problem.type == "not-designated":
        names = ("handed_by", "taken_by", "witnessed_by")
        return next(name for name in names if getattr(form, name).strip() == problem.extra.get("staff"))
    pile = "pile" if form.kind == "case" else "first"
    return {
        "destruction-count": "count", "destruction-too-early": "reason", "destruction-officer": "reason",
        "destruction-reason-not-needed": "reason", "destruction-same-person": "taken_by",
        "destruction-witness-not-ward": "witnessed_by",
    }.get(problem.type, pile)


async def _show(
    front: Front, desk: Desk, request: Request, programme: Programme, form: Form, kind: str, person: Person, *,
    status: int = 200, recorded: int = 0,
) -> HTMLResponse:
    now = front.door.now(programme.id)
    by_place = await front.door.store.cards_by_place(programme.id)
    places: dict[str, int] = {}
    for (_, place), cards in by_place.items():
        places[place] = places.get(place, 0) + cards
    total = programme.cards.last - programme.cards.first + 1 if programme.cards else 0
    return front.page(
        request, programme, "destruction.html", dark=False, status=status, form=form, kind=kind, recorded=recorded,
        total=total, in_cases=places.get("case", 0), destroyed=places.get("destroyed", 0),
        elsewhere=sum(places.get(place, 0) for place in ELSEWHERE), stock=total - sum(places.values()),
        piles=await _piles(desk, programme), since=destroyable_from(programme), due=is_due(programme, now),
        venues=[(venue.id, venue.name.ja) for venue in programme.venues], methods=METHODS, reasons=REASONS,
        is_officer="officer" in person.roles, history=await desk.book.destructions(programme.id),
    )


async def _piles(desk: Desk, programme: Programme) -> list[tuple[str, str, str, int]]:
    """(value, day, venue, cards) of each pile in a case."""
    slots = {slot.day.isoformat(): slot.day for slot in programme.slots}
    return [
        (f"{venue}/{of_day}", day(slots[of_day]) if of_day in slots else of_day,
         programme.venue_by_id[venue].name.ja if venue in programme.venue_by_id else venue, cards)
        for venue, of_day, cards in await desk.book.in_case_by_day(programme.id)
    ]
