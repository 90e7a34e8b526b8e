"""The cluster desk: the list of incidents, and the form that asks for a new one in two steps (S10, B08)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import TypeAdapter, ValidationError

from services.checkin.desk import Desk
from services.checkin.domain.incidents import OPENS, Progress, progress
from services.checkin.domain.seating import seat_name
from services.checkin.handlers.incidents import Ask
from services.checkin.incident_store import card_file
from services.checkin.pages.front import Front
from services.checkin.refusals import Say
from shared.contracts.checkin import FARTHEST_SEAT, MOST_CARDS_OF_AN_INCIDENT, LegalBasis, Reference, SlotScope
from shared.contracts.programme import Programme, Slot
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.ui import Form, form_of
from shared.ui.formats import day

BASES: tuple[LegalBasis, ...] = get_args(LegalBasis)
_REFERENCE: TypeAdapter[str] = TypeAdapter(Reference)
_USUAL_LIMIT, _USUAL_RADIUS = 20, 4


@dataclass(frozen=True)
class SeatedSlot:
    """A slot of the chosen day, with its groups as choices: (value, seat and people)."""

    slot: Slot
    groups: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listed:
    """An incident in the list."""

    row: Document
    venue: str
    day: str
    counted: Progress


async def show_cluster(front: Front, desk: Desk, request: Request, programme: str, person: Person) -> HTMLResponse:
    """The list, and the form's first or second step by the query's `day`."""
    known, where = front.programme(programme), request.query_params.get("where", "")
    usual = Form(values={"radius": str(_USUAL_RADIUS), "limit": str(_USUAL_LIMIT)})
    return await _show(front, desk, request, known, person, where, usual)


async def ask_cluster(
    front: Front, desk: Desk, request: Request, programme: str, person: Person
) -> HTMLResponse | RedirectResponse:
    """Shows the cards concerned by number, or, when the second button was pressed, opens the incident."""
    known, say = front.programme(programme), desk.door.say(request)
    form = form_of((await request.form()).multi_items())
    where = form.value("where")
    scope, errors = _scope(say, known, form)
    if errors:
        return await _show(front, desk, request, known, person, where, Form(form.values, errors), status=422)
    try:
        ask = desk.ask(say, known.id, scope, _basis(form), form.value("reference"), int(form.value("limit")))
        cards = await desk.incidents.concerned(known, ask)
        # What was seen is what is asked for: seats ticked since then are looked at again first.
        if form.value("step") == "ask" and form.value("seen") == ",".join(cards):
            incident = await desk.open(say, known.id, ask, person)
            return RedirectResponse(f"/checkin/{known.id}/cluster/{incident}", 303)
    except Problem as problem:
        wrong = Form(form.values, {"scope": f"{problem.title} {problem.detail}"})
        return await _show(front, desk, request, known, person, where, wrong, status=problem.status)
    return await _show(front, desk, request, known, person, where, form, cards=cards, ask=ask)


def _scope(say: Say, programme: Programme, form: Form) -> tuple[list[SlotScope], dict[str, object]]:
    """The slots and seats that were ticked; only codes and numbers of what was seated get through (S14)."""
    errors: dict[str, object] = {}
    radius, limit = _number(form.value("radius"), 0, FARTHEST_SEAT), _number(
        form.value("limit"), 1, MOST_CARDS_OF_AN_INCIDENT)
    whole = [slot for slot in form.chosen("whole") if slot in programme.slot_by_id]
    seats: dict[str, list[str]] = {}
    for chosen in form.chosen("seats"):
        slot, _, seat = chosen.partition("/")
        if slot in programme.slot_by_id and slot not in whole:
            seats.setdefault(slot, []).append(seat)
    if not whole and not seats:
        errors["scope"] = say("cluster.scope-missing")
    if radius is None:
        errors["radius"] = say("cluster.radius-missing", most=FARTHEST_SEAT)
    if _basis(form) not in BASES:
        errors["basis"] = say("cluster.basis-missing")
    if not _is_reference(form.value("reference")):
        errors["reference"] = say("cluster.reference-missing")
    if limit is None:
        errors["limit"] = say("cluster.limit-missing", most=MOST_CARDS_OF_AN_INCIDENT)
    scope = [SlotScope(slot=slot) for slot in whole]
    scope += [SlotScope(slot=slot, seats=tuple(names), radius=radius or 0) for slot, names in seats.items()]
    return scope, errors


def _basis(form: Form) -> Any:
    return form.value("basis")


def _is_reference(text: str) -> bool:
    try:
        _REFERENCE.validate_python(text)
    except ValidationError:
        return False
    return True


def _number(text: str, least: int, most: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and least <= int(text) <= most else None


async def _show(
    front: Front, desk: Desk, request: Request, programme: Programme, person: Person, where: str, form: Form, *,
    cards: tuple[str, ...] | None = None, ask: Ask | None = None, status: int = 200,
) -> HTMLResponse:
    seated = await desk.book.groups_by_slot(programme.id)
    return front.page(
        request, programme, "cluster.html", dark=False, status=status, form=form, cards=cards, ask=ask, where=where,
        may_open=bool(person.roles & set(OPENS)), days=_days(programme, seated),
        slots=await _slots(desk, programme, where), incidents=await _incidents(desk, programme), bases=BASES,
        farthest=FARTHEST_SEAT, most=MOST_CARDS_OF_AN_INCIDENT,
    )


def _days(programme: Programme, seated: dict[str, int]) -> list[tuple[str, str]]:
    """Venue and day of every slot in which somebody was seated, the latest first."""
    found = {
        f"{slot.day.isoformat()}/{slot.venue}": f"{day(slot.day)} {programme.venue_by_id[slot.venue].name.ja}"
        for slot in programme.slots if slot.id in seated
    }
    return sorted(found.items(), reverse=True)


async def _slots(desk: Desk, programme: Programme, where: str) -> list[SeatedSlot]:
    of_day = {slot.id: slot for slot in programme.slots if f"{slot.day.isoformat()}/{slot.venue}" == where}
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in await desk.book.seated(programme.id, of_day):
        first, last = seat_name(row["seats"][0]), seat_name(row["seats"][-1])
        label = first if first == last else f"{first}〜{last[2:]}"
        groups.setdefault(row["slot"], []).append((f"{row['slot']}/{row['seat']}", label))
    return [SeatedSlot(of_day[slot], tuple(choices)) for slot, choices in groups.items()]


async def _incidents(desk: Desk, programme: Programme) -> list[Listed]:
    listed = []
    for row in await desk.book.incidents(programme.id):
        counted = progress(card_file(one) for one in await desk.book.cards(row["_id"]))
        slot = programme.slot_by_id.get(row["scope"][0]["slot"])
        venue = programme.venue_by_id.get(row["venue"])
        listed.append(Listed(row, venue.name.ja if venue else row["venue"], day(slot.day) if slot else row["day"],
                             counted))
    return listed
