"""The page on which a walk-in group is seated in two touches: how many, and done (S09)."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from services.checkin.domain.cards import UnknownCard, next_card, written
from services.checkin.domain.seating import Full, Seating, seat_group, seat_name, seat_numbers
from services.checkin.handlers.groups import seated_of
from services.checkin.pages.front import Front
from services.checkin.pages.slots import Picker
from shared.contracts.envelope import new_id
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.ui import Form

BY_TOUCH = tuple(range(1, 9))


class SeatsForm(BaseModel):
    """The second touch. Unknown fields are refused (S13)."""

    model_config = ConfigDict(extra="forbid")
    slot: str
    people: str = ""
    card: str = ""
    key: str = ""


async def show_seats(
    front: Front, request: Request, programme: str, person: Person, slot: str, people: str, seated: str
) -> HTMLResponse:
    """The map, and what is suggested for `people`; `seated` names the group that was just seated."""
    known = front.programme(programme)
    group = await front.door.store.group(seated) if seated else None
    done = seated_of(group) if group and group["programme"] == known.id else None
    return await _show(front, request, known, person, front.picker(known, slot), people, Form(), done=done)


async def take_seats(
    front: Front, request: Request, programme: str, person: Person, form: SeatsForm
) -> HTMLResponse | RedirectResponse:
    """Seats the group; after that the page is asked for anew, so that a reload seats nobody twice."""
    known, say = front.programme(programme), front.door.say(request)
    size = _count(form.people)
    if size is None:
        wrong = Form(values={"people": form.people}, errors={"people": say("seats.people-wrong")})
        return await _show(front, request, known, person, front.picker(known, form.slot), "", wrong, status=422)
    try:
        seated = await front.door.seat(say, known.id, form.slot, size, form.card, person.staff, form.key or None)
    except Problem as problem:
        field = "card" if "card" in problem.type else "people"
        wrong = Form(values={"card": form.card}, errors={field: f"{problem.title} {problem.detail}"})
        return await _show(front, request, known, person, front.picker(known, form.slot), form.people, wrong,
                           status=problem.status)
    return RedirectResponse(f"/checkin/{known.id}/seats?slot={form.slot}&seated={seated.group}", 303)


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= 50 else None


async def _show(
    front: Front, request: Request, programme: Programme, person: Person, picker: Picker, people: str, form: Form, *,
    status: int = 200, done: Any = None,
) -> HTMLResponse:
    store, slot = front.door.store, picker.slot
    numbers = await front.numbers(programme, slot)
    occupancy, taken = await store.slot(programme.id, slot.id)
    size = _count(people)
    suggestion = seat_group(slot, occupancy, taken, size) if size else None
    return front.page(
        request, programme, "seats.html", dark=True, status=status, picker=picker, numbers=numbers, people=size,
        by_touch=BY_TOUCH, form=form, done=done, key=new_id(),
        full=suggestion if isinstance(suggestion, Full) else None,
        suggested=[seat_name(seat) for seat in suggestion.seats] if isinstance(suggestion, Seating) else [],
        card=form.value("card") or await _next_card(front, programme, slot.venue, person),
        seats=[(seat_name(seat), seat in taken) for seat in seat_numbers(slot, occupancy)],
        groups=await store.groups(programme.id, slot.id),
    )


async def _next_card(front: Front, programme: Programme, venue: str, person: Person) -> str:
    """The card on top of this attendant's pile: after the last one handed out, skipping what is gone."""
    if programme.cards is None:
        return ""
    card = next_card(programme.cards, await front.door.store.last_card(programme.id, venue, person.staff))
    while card is not None:
        first = int(card.rpartition("-")[2])
        ahead = [written(programme.cards, number) for number in range(first, min(first + 50, programme.cards.last + 1))]
        used = await front.door.store.used_cards(programme.id, ahead)
        free = next((one for one in ahead if one not in used), None)
        if free:
            return free
        try:
            card = written(programme.cards, first + 50)
        except UnknownCard:
            card = None
    return ""
