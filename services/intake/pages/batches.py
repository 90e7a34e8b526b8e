"""Batches of postcards: what came in, where it lies, what is missing; hand-overs and recounts by two (S02, S15)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.intake.domain.batches import MOST_CARDS, HandOver, Standing, card_number, is_left_out, ways
from services.intake.domain.desk import DeskRefused
from services.intake.domain.slotcodes import typed_day
from services.intake.front import Front
from services.intake.handlers.batches import Arrival, arrival_faults, batch_of, hand_over, open_batch, recount
from services.intake.pages.desk_frame import Answer, Desk, Overseer, framed
from services.intake.pages.fields import only
from services.intake.refusals import Say, desk_refused, desk_words, fault_words
from shared.contracts.postcards import Delivery, PostPlace
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.ui.form import Form, form_of

ARRIVING = frozenset({"count", "received_on", "delivery", "reply_halves"})
MOVING = frozenset({"place", "count", "handed_by", "taken_by"})
RECOUNTING = frozenset({"recount", "first", "second"})
_FIELD_OF = {"no-way": "place", "same-person": "taken_by", "not-designated": "taken_by"}


@dataclass(frozen=True)
class Shown:
    """A batch as the list shows it."""

    row: Document
    standing: Standing
    left_out: bool

    @property
    def disagrees(self) -> bool:
        """Whether the last count is not what the ledger says. A day's single cards are counted at a hand-over first."""
        return self.row["counted"] is not None and self.row["counted"] != self.standing.booked


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/desk/batches`."""
    router = APIRouter(prefix="/{programme}/desk/batches", include_in_schema=False)
    _list_routes(router, front)
    _custody_routes(router, front)
    return router


def _list_routes(router: APIRouter, front: Front) -> None:
    @router.get("", response_class=HTMLResponse)
    async def show(request: Request, programme: str, _: Overseer, opened: str = "") -> HTMLResponse:
        known = front.programme(programme)
        batch = await front.means.postcards.batch(known.id, opened) if opened else None
        today = known.local(front.means.now(known)).date()
        form = Form({"received_on": today.isoformat(), "delivery": "mail", "reply_halves": "no"})
        return await _list(front, request, known, Answer(form, {"batch": batch} if batch else None))

    @router.post("", response_model=None)
    async def arrive(request: Request, programme: str, person: Desk) -> HTMLResponse | RedirectResponse:
        known, say = front.programme(programme), front.say(request)
        form = only(form_of((await request.form(max_fields=10)).multi_items()), ARRIVING, say)
        arrival, errors = _arrival(front, say, known, form)
        if arrival is None:
            return await _list(front, request, known, Answer(Form(form.values, errors), status=422))
        batch = await open_batch(front.means, known, arrival, person.staff)
        return RedirectResponse(f"/intake/{known.id}/desk/batches?opened={batch['batch']}", 303)

    @router.get("/{batch}", response_class=HTMLResponse)
    async def one(request: Request, programme: str, batch: str, person: Overseer, done: str = "") -> HTMLResponse:
        known = front.programme(programme)
        said = {"what": done} if done in ("recorded", "recounted") else None
        return await _one(front, request, known, batch, Answer(Form({"taken_by": person.staff}), said))


def _custody_routes(router: APIRouter, front: Front) -> None:
    @router.post("/{batch}/hand-overs", response_model=None)
    async def move(request: Request, programme: str, batch: str, _: Overseer) -> HTMLResponse | RedirectResponse:
        known, say = front.programme(programme), front.say(request)
        form = only(form_of((await request.form(max_fields=10)).multi_items()), MOVING, say)
        moved, errors = _hand_over(say, form)
        if moved is not None:
            try:
                await hand_over(front.means, known, batch, moved)
                return RedirectResponse(f"/intake/{known.id}/desk/batches/{batch}?done=recorded", 303)
            except DeskRefused as refused:
                errors = {_FIELD_OF.get(refused.code, "place"): "。".join(desk_words(say, refused))}
        return await _one(front, request, known, batch, Answer(Form(form.values, errors), status=422))

    @router.post("/{batch}/recounts", response_model=None)
    async def count(request: Request, programme: str, batch: str, _: Overseer) -> HTMLResponse | RedirectResponse:
        known, say = front.programme(programme), front.say(request)
        form = only(form_of((await request.form(max_fields=10)).multi_items()), RECOUNTING, say)
        cards, errors = _recount(say, form)
        if cards is not None:
            try:
                await recount(front.means, known, batch, cards, (_name(form, "first"), _name(form, "second")))
                return RedirectResponse(f"/intake/{known.id}/desk/batches/{batch}?done=recounted", 303)
            except DeskRefused as refused:
                field = "recount" if refused.code == "fewer-than-seen" else "second"
                errors = {field: "。".join(desk_words(say, refused))}
        return await _one(front, request, known, batch, Answer(Form(form.values, errors), status=422))


def _arrival(front: Front, say: Say, programme: Programme, form: Form) -> tuple[Arrival | None, dict[str, str]]:
    errors: dict[str, str] = {}
    count, day = _number(form.value("count")), typed_day(form.value("received_on"), programme.window.received_by)
    delivery: Delivery = "hand" if form.value("delivery") == "hand" else "mail"
    if not count or count > MOST_CARDS:
        errors["count"] = str(say("desk.batch.count-hint", most=MOST_CARDS))
    if day is None:
        errors["received_on"] = str(say("fault.date", field=str(say("field.received_on"))))
    if not count or day is None or errors:
        return None, errors
    arrival = Arrival(count, day, delivery, form.value("reply_halves") == "yes")
    errors = fault_words(say, arrival_faults(front.means, programme, arrival))
    return (None if errors else arrival), errors


def _hand_over(say: Say, form: Form) -> tuple[HandOver | None, dict[str, str]]:
    errors = _missing(say, form, "handed_by", "taken_by")
    place = next((one for one in get_args(PostPlace) if one == form.value("place")), None)
    count = _number(form.value("count"))
    if place is None:
        errors["place"] = str(say("desk.batch.to-missing"))
    if count is None:
        errors["count"] = str(say("desk.batch.count-missing"))
    if place is None or count is None or errors:
        return None, errors
    return HandOver(place, count, _name(form, "handed_by"), _name(form, "taken_by")), {}


def _recount(say: Say, form: Form) -> tuple[int | None, dict[str, str]]:
    errors, count = _missing(say, form, "first", "second"), _number(form.value("recount"))
    if not count:
        errors["recount"] = str(say("desk.batch.count-missing"))
    return (None if errors else count), errors


def _missing(say: Say, form: Form, *names: str) -> dict[str, str]:
    return {name: str(say("desk.batch.person-missing")) for name in names if not _name(form, name)}


def _name(form: Form, name: str) -> str:
    return unicodedata.normalize("NFKC", form.value(name)).strip()


def _number(typed: str) -> int | None:
    text = unicodedata.normalize("NFKC", typed).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


async def _list(front: Front, request: Request, programme: Programme, answer: Answer) -> HTMLResponse:
    rows = await front.means.postcards.batches(programme.id)
    standings, now = await front.means.postcards.standings(programme.id, rows), front.means.now(programme)
    batches = [Shown(row, standings[row["batch"]], is_left_out(programme, row["place"], row["since"], now))
               for row in rows]
    return framed(
        front, request, programme, "batches.html", answer, batches=batches, most=MOST_CARDS, day_of=date.fromisoformat,
        numbers=_numbers(answer.done["batch"]) if answer.done else None,
        disagree=sum(one.disagrees for one in batches), left_out=sum(one.left_out for one in batches),
        unkeyed=sum(one.standing.left for one in batches), held=sum(one.standing.held for one in batches))


async def _one(front: Front, request: Request, programme: Programme, name: str, answer: Answer) -> HTMLResponse:
    means, say = front.means, front.say(request)
    try:
        row = await batch_of(means, programme, name)
    except DeskRefused as refused:
        raise desk_refused(say, refused) from None
    standing = (await means.postcards.standings(programme.id, [row]))[name]
    shown = Shown(row, standing, is_left_out(programme, row["place"], row["since"], means.now(programme)))
    return framed(
        front, request, programme, "batch.html", answer, shown=shown, numbers=_numbers(row), ways=ways(row["place"]),
        day=date.fromisoformat(row["received_on"]), moves=await means.postcards.moves(programme.id, name),
        cards=await means.postcards.cards_in(programme.id, name))


def _numbers(row: Mapping[str, object]) -> tuple[str, str] | None:
    count, batch = row["count"], str(row["batch"])
    return (card_number(batch, 1), card_number(batch, int(str(count)))) if count else None
