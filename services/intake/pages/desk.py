"""The postcard desk: a card is keyed in without a mouse, and the desk hears at once whether it counts (S02, S12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.intake.domain.application import declared_items
from services.intake.domain.window import WindowRefused
from services.intake.front import Front
from services.intake.handlers.documents import Card
from services.intake.handlers.taking import KeyUsed, Taken, Unfit, take_postcard
from services.intake.pages.fields import CARD, Sent, companion_fields, read, read_card, wish_fields
from services.intake.pages.showing import Words
from services.intake.refusals import fault_words, window_words
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.form import Form
from shared.ui.language import speaking

Desk = Annotated[Person, Depends(staff("desk"))]


@dataclass(frozen=True)
class Shown:
    """What the desk page answers: the form as it stands, and what became of the card before."""

    form: Form
    taken: Taken | None = None
    refused: tuple[str, str] | None = None
    status: int = 200


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/desk`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/desk", response_class=HTMLResponse)
    async def show(request: Request, programme: str, person: Desk) -> HTMLResponse:
        return await _show(front, request, front.programme(programme), person, Shown(Form()))

    @router.post("/{programme}/desk", response_class=HTMLResponse)
    async def keep(request: Request, programme: str, person: Desk) -> HTMLResponse:
        known, say = front.programme(programme), front.say(request)
        sent = read((await request.form(max_fields=200)).multi_items(), known, say, "ja", CARD)
        return await _show(front, request, known, person, await _keep(front, request, known, person, sent))

    return router


async def _keep(front: Front, request: Request, programme: Programme, person: Person, sent: Sent) -> Shown:
    say, card = front.say(request), read_card(sent.form)
    front.check_ready(say, programme)
    faults = [*card.faults, *sent.faults]
    if card.number is None or card.postmarked_on is None or card.received_on is None or faults:
        return _again(sent, fault_words(say, faults))
    keyed = Card(card.number, card.postmarked_on, card.received_on, person.staff)
    try:
        taken = await take_postcard(front.means, programme, sent.application, keyed)
    except Unfit as unfit:
        return _again(sent, fault_words(say, sent.all_faults(unfit.faults)))
    except WindowRefused as refused:
        return Shown(sent.form, refused=window_words(say, programme, refused), status=409)
    except KeyUsed:
        return _again(sent, {"card": str(say("desk.card-used"))})
    # The next card of a bundle mostly has the same dates.
    kept = {name: sent.form.value(name) for name in ("postmarked_on", "received_on")}
    return Shown(Form(kept), taken)


def _again(sent: Sent, errors: Mapping[str, str]) -> Shown:
    return Shown(Form(sent.form.values, errors), status=422)


async def _show(
    front: Front, request: Request, programme: Programme, person: Person, shown: Shown
) -> HTMLResponse:
    say, means = front.say(request), front.means
    words = Words(programme, "ja", say)
    today = programme.local(means.now(programme)).date()
    midnight = datetime.combine(today, time(), programme.zone)
    total, own = await means.store.keyed_cards(programme.id, midnight, person.staff)
    with speaking(front.pages.words, front.pages.language(request)):
        context: dict[str, Any] = {"options": words.options(None), "items": words.items("postcard")}
        if shown.taken and shown.taken.reason:
            context["reason"] = words.reason(shown.taken.reason)
    return front.pages.render(
        request, "desk.html", status_code=shown.status, programme=programme, words=words, form=shown.form,
        taken=shown.taken, refused=shown.refused, total=total, own=own, today=today,
        declared=declared_items(programme, "postcard"), here=f"/intake/{programme.id}",
        companion_fields=companion_fields(programme), wish_fields=wish_fields(programme), **context)
