"""The postcard desk: a card is keyed in without a mouse, and the desk hears at once whether it counts (S02, S12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.intake.domain.application import declared_items
from services.intake.domain.batches import Standing
from services.intake.domain.desk import DeskRefused
from services.intake.domain.slotcodes import slot_code, time_letters, typed_slot, venue_letters
from services.intake.domain.window import WindowRefused
from services.intake.front import Front
from services.intake.handlers import cards, finishing
from services.intake.handlers.cards import Told, card_of, next_card
from services.intake.handlers.taking import KeyUsed, Unfit, take_postcard
from services.intake.pages.desk_frame import Answer, Desk, framed, hold_words
from services.intake.pages.fields import CARD, Sent, SentCard, companion_fields, only, read, read_card, wish_fields
from services.intake.pages.showing import Words
from services.intake.refusals import desk_words, fault_words, window_words
from shared.contracts.postcards import HoldReason
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.ui.form import Form, form_of
from shared.ui.language import speaking

REASONS: tuple[HoldReason, ...] = get_args(HoldReason)
HOLDING = frozenset({"hold-batch", "hold-card", "hold-received_on", "hold-reason"})


@dataclass(frozen=True)
class Bundle:
    """The batch that is being keyed in: None for single cards. `next` is None where all its cards are done."""

    batch: Document | None
    standing: Standing | None = None
    next: str | None = None

    @property
    def day(self) -> date | None:
        """The day on which its cards came."""
        return date.fromisoformat(self.batch["received_on"]) if self.batch else None


@dataclass(frozen=True)
class Rate:
    """Cards keyed in by oneself and by all: within the last hour, and today."""

    own_hour: int
    all_hour: int
    own_today: int
    all_today: int


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/desk`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/desk", response_class=HTMLResponse)
    async def show(
        request: Request, programme: str, person: Desk, batch: str | None = None, card: str = ""
    ) -> HTMLResponse:
        known = front.programme(programme)
        answer = Answer(Form({"card": card}) if card else Form())
        return await _show(front, request, known, person, answer, await _first_bundle(front, known, person, batch))

    @router.post("/{programme}/desk", response_class=HTMLResponse)
    async def keep(request: Request, programme: str, person: Desk) -> HTMLResponse:
        known, say = front.programme(programme), front.say(request)
        sent = read((await request.form(max_fields=200)).multi_items(), known, say, "ja", CARD)
        answer = await _keep(front, request, known, person, sent)
        return await _show(front, request, known, person, answer,
                           await _bundle(front, known, person, sent.form.value("batch")))

    @router.post("/{programme}/desk/holding", response_class=HTMLResponse)
    async def hold(request: Request, programme: str, person: Desk) -> HTMLResponse:
        known = front.programme(programme)
        form = only(form_of((await request.form(max_fields=20)).multi_items()), HOLDING, front.say(request))
        answer = await _hold(front, request, known, person, form)
        return await _show(front, request, known, person, answer,
                           await _bundle(front, known, person, form.value("hold-batch")))

    return router


async def _keep(front: Front, request: Request, programme: Programme, person: Person, sent: Sent) -> Answer:
    say = front.say(request)
    card = read_card(sent.form, programme)
    front.check_ready(say, programme)
    faults = [*card.faults, *sent.faults]
    if faults:
        return _again(sent, fault_words(say, faults))
    wishes = tuple(typed_slot(programme, typed) or typed for typed in sent.application.wishes)
    try:
        keyed = await card_of(front.means, programme, told(card), person.staff)
        taken = await take_postcard(front.means, programme, replace(sent.application, wishes=wishes), keyed)
    except Unfit as unfit:
        return _again(sent, fault_words(say, sent.all_faults(unfit.faults)))
    except WindowRefused as refused:
        return Answer(sent.form, refused=window_words(say, programme, refused), status=409)
    except DeskRefused as refused:
        return _again(sent, {"card": "。".join(desk_words(say, refused)).removesuffix("。")})
    except KeyUsed:
        return _again(sent, {"card": str(say("desk.card-used"))})
    # The next card of a batch mostly has the same postmark.
    kept = {name: sent.form.value(name) for name in ("postmarked_on", "received_on")}
    return Answer(Form(kept), {"taken": taken, "card": keyed.number})


async def _hold(front: Front, request: Request, programme: Programme, person: Person, form: Form) -> Answer:
    say = front.say(request)
    card = read_card(Form({name.removeprefix("hold-"): value for name, value in form.values.items()}), programme)
    reason = next((one for one in REASONS if one == form.value("hold-reason")), None)
    errors = {f"hold-{name}": words for name, words in fault_words(say, card.faults).items()}
    if reason is None:
        errors["hold-reason"] = str(say("desk.reason-missing"))
    if reason is None or errors:
        return Answer(Form(form.values, errors), status=422)
    try:
        number = await cards.hold(front.means, programme, told(card), reason, person.staff)
    except DeskRefused as refused:
        return Answer(form, refused=desk_words(say, refused), status=409)
    return Answer(Form(), {"held": hold_words(say, programme, reason), "card": number})


def told(card: SentCard) -> Told:
    """What the form says of the card itself."""
    return Told(card.number, card.batch, card.postmarked_on, card.received_on)


def _again(sent: Sent, errors: Mapping[str, str]) -> Answer:
    return Answer(Form(sent.form.values, errors), status=422)


async def _first_bundle(front: Front, programme: Programme, person: Person, batch: str | None) -> Bundle:
    """The batch that was asked for, else the first in which cards are left."""
    if batch is not None:
        return await _bundle(front, programme, person, batch)
    rows = await front.means.postcards.batches(programme.id)
    standings = await front.means.postcards.standings(programme.id, rows)
    unfinished = next((row["batch"] for row in rows if standings[row["batch"]].left), "")
    return await _bundle(front, programme, person, unfinished)


async def _bundle(front: Front, programme: Programme, person: Person, name: str) -> Bundle:
    batch = await front.means.postcards.batch(programme.id, name) if name else None
    if batch is None or batch["count"] is None:
        return Bundle(None)
    standing = (await front.means.postcards.standings(programme.id, [batch]))[name]
    try:
        return Bundle(batch, standing, await next_card(front.means, programme, batch, person.staff))
    except DeskRefused:
        return Bundle(batch, standing)


async def _rate(front: Front, programme: Programme, person: Person) -> Rate:
    now = front.means.now(programme)
    midnight = datetime.combine(programme.local(now).date(), time(), programme.zone)
    hour = await front.means.postcards.keyed_since(programme.id, now - timedelta(hours=1))
    today = await front.means.postcards.keyed_since(programme.id, midnight)
    return Rate(hour.get(person.staff, 0), sum(hour.values()), today.get(person.staff, 0), sum(today.values()))


async def _show(
    front: Front, request: Request, programme: Programme, person: Person, answer: Answer, bundle: Bundle
) -> HTMLResponse:
    say, means = front.say(request), front.means
    words = Words(programme, "ja", say)
    rows = await means.postcards.batches(programme.id)
    standings = await means.postcards.standings(programme.id, rows)
    if bundle.next and not answer.form.value("card"):
        answer = replace(answer, form=Form({**answer.form.values, "card": bundle.next}, answer.form.errors))
    taken = answer.done.get("taken") if answer.done else None
    venues, times = venue_letters(programme), time_letters(programme)
    with speaking(front.pages.words, front.pages.language(request)):
        codes = [(slot_code(programme, slot), words.slot(slot.id)) for slot in programme.slots if slot.seats]
        context: dict[str, Any] = {"reason": words.reason(taken.reason)} if taken and taken.reason else {}
    return framed(
        front, request, programme, "desk.html", answer, bundle=bundle, rate=await _rate(front, programme, person),
        left=(await finishing.unfinished(means, programme)).unkeyed, codes=codes,
        venues=[(venues[venue.id], venue.name.ja) for venue in programme.venues],
        times=[(times[part.id], f"{part.name.ja} {part.starts:%H:%M}〜") for part in programme.times if part.seats],
        open_batches=[(row["batch"], standings[row["batch"]].left) for row in rows if standings[row["batch"]].left],
        reasons=[(reason, hold_words(say, programme, reason)) for reason in REASONS],
        today=programme.local(means.now(programme)).date(), declared=declared_items(programme, "postcard"),
        companion_fields=companion_fields(programme), wish_fields=wish_fields(programme), **context)
