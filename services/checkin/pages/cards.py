"""The page that says where every card and case is, what is missing, and takes hand-overs with two names (S15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from services.checkin.domain.cards import UnknownCard, card_list
from services.checkin.domain.custody import OUTSIDE, START, VISITOR, Kind, case_name, is_left_behind, is_missing
from services.checkin.domain.incidents import is_out_too_long
from services.checkin.incident_store import card_file
from services.checkin.pages.front import Front
from services.checkin.refusals import Say, unknown_card_words
from shared.contracts.checkin import Place
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.ui import Form

SHOWN: tuple[Place, ...] = ("seat", "attendant", "bag", "case", "opened", "destroyed")
CARD_WAYS: tuple[Place, ...] = ("attendant", "bag", "case")
CASE_WAYS: tuple[Place, ...] = ("reception", "main-building-safe")


class CardsForm(BaseModel):
    """A hand-over as typed. Unknown fields are refused (S13); everything is parsed, nothing kept as text (S14)."""

    model_config = ConfigDict(extra="forbid")
    kind: str = "card"
    place: str = ""
    venue: str = ""
    cards: str = ""
    count: str = ""
    handed_by: str = ""
    taken_by: str = ""


@dataclass(frozen=True)
class Told:
    """The same, understood."""

    kind: Kind
    place: Place
    venue: str
    count: int | None
    handed_by: str
    taken_by: str


@dataclass(frozen=True)
class Case:
    """A venue's case: where it is, by whose count, and what the ledger says."""

    name: str
    venue: str
    place: str
    cards: int
    row: Document | None
    left_behind: bool


async def show_cards(
    front: Front, request: Request, programme: str, person: Person, recorded: int = 0
) -> HTMLResponse:
    """The page; `recorded` objects were just handed over."""
    form = Form(values={"taken_by": person.staff})
    return await _show(front, request, front.programme(programme), form, "card", recorded=recorded)


async def take_cards(
    front: Front, request: Request, programme: str, person: Person, form: CardsForm
) -> HTMLResponse | RedirectResponse:
    """Records a hand-over of all cards named, or of none."""
    known, say = front.programme(programme), front.door.say(request)
    objects, errors = _understand(say, known, form)
    if not errors:
        try:
            told = _told(form)
            await front.door.hand_over(say, known.id, objects, told, person.staff)
            return RedirectResponse(f"/checkin/{known.id}/cards?recorded={len(objects)}", 303)
        except Problem as problem:
            errors = {_field_of(problem): f"{problem.title} {problem.detail}"}
    typed = {name: str(value) for name, value in form.model_dump().items()}
    return await _show(front, request, known, Form(typed, errors), form.kind, status=422)


def _understand(say: Say, programme: Programme, form: CardsForm) -> tuple[tuple[str, ...], dict[str, object]]:
    errors: dict[str, object] = {}
    ways = CARD_WAYS if form.kind == "card" else CASE_WAYS
    if form.place not in ways:
        errors["place"] = say("cards.place-missing")
    if form.venue not in programme.venue_by_id:
        errors["venue"] = say("cards.venue-missing")
    if not form.taken_by.strip():
        errors["taken_by"] = say("cards.taken-by-missing")
    if not form.handed_by.strip() and form.place != "attendant":
        errors["handed_by"] = say("cards.handed-by-missing")
    if _number(form.count) is None:
        errors["count"] = say("cards.count-missing")
    if form.kind != "card":
        return (case_name(form.venue),), errors
    try:
        objects = card_list(programme.cards, form.cards)
    except UnknownCard:
        return (), {**errors, "cards": unknown_card_words(say, programme.cards)}
    if "count" not in errors and _number(form.count) != len(objects):
        errors["count"] = say("cards.count-differs", listed=len(objects), counted=form.count)
    return objects, errors


def _told(form: CardsForm) -> Told:
    count = _number(form.count) if form.kind == "case" else None
    return Told(cast(Kind, form.kind), cast(Place, form.place), form.venue, count,
                form.handed_by.strip() or VISITOR, form.taken_by.strip())


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _field_of(problem: Problem) -> str:
    if problem.type in ("custody-count", "custody-count-missing"):
        return "count"
    if problem.type == "not-designated":
        return "taken_by"
    return "handed_by" if problem.type in ("custody-same-person", "custody-visitor") else "place"


async def _show(
    front: Front, request: Request, programme: Programme, form: Form, kind: str, *, status: int = 200,
    recorded: int = 0,
) -> HTMLResponse:
    store, now = front.door.store, front.door.now(programme.id)
    by_place = await store.cards_by_place(programme.id)
    outside = await store.cards_outside(programme.id, OUTSIDE)
    missing = [card for card in outside if is_missing(programme, card["place"], _day(card), now)]
    places = {place: sum(n for (_, at), n in by_place.items() if at == place) for place in SHOWN}
    total = programme.cards.last - programme.cards.first + 1 if programme.cards else 0
    opened = [card_file(row) for row in await front.book.cards_out(programme.id)]
    return front.page(
        request, programme, "cards.html", dark=False, status=status, form=form, kind=kind, recorded=recorded,
        opened_late=sum(is_out_too_long(card, now) for card in opened),
        places=places, stock=total - sum(by_place.values()), total=total, missing=missing,
        outside=[card for card in outside if card not in missing], cases=await _cases(front, programme, by_place, now),
        moves=await store.moves(programme.id), card_ways=CARD_WAYS, case_ways=CASE_WAYS,
        venues=[(venue.id, venue.name.ja) for venue in programme.venues],
    )


async def _cases(
    front: Front, programme: Programme, by_place: dict[tuple[str, str], int], now: datetime
) -> list[Case]:
    rows = {row["case"]: row for row in await front.door.store.cases(programme.id)}
    last = await front.door.store.last_day_in_case(programme.id)
    cases = []
    for venue in programme.venues:
        name, cards = case_name(venue.id), by_place.get((venue.id, "case"), 0)
        row = rows.get(name)
        place: Place = row["place"] if row else START["case"]
        used = last.get(venue.id)
        behind = is_left_behind(programme, place, cards, date.fromisoformat(used) if used else None, now)
        cases.append(Case(name, venue.name.ja, place, cards, row, behind))
    return cases


def _day(card: Document) -> date:
    return date.fromisoformat(card["day"])
