"""Checking postcards: a second person keys the deciding items in again, blind; two settle what differs (S02, S12)."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.intake.domain.checking import SEALED_ITEMS, Reading
from services.intake.domain.desk import DeskRefused
from services.intake.domain.slotcodes import slot_code, typed_slot
from services.intake.domain.window import WindowRefused
from services.intake.front import Front
from services.intake.handlers import checks
from services.intake.handlers.taking import Unfit
from services.intake.pages.desk_frame import Answer, Desk, Overseer, framed
from services.intake.pages.fields import only, wish_fields
from services.intake.pages.showing import Words
from services.intake.postcard_store import AGREED, DIFFERS, DUE, SETTLED
from services.intake.refusals import Say, desk_words, fault_words, window_words
from shared.contracts.postcards import CheckedItem
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.ui.form import Form, form_of
from shared.ui.language import speaking


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/desk/checks`."""
    router = APIRouter(prefix="/{programme}/desk/checks", include_in_schema=False)

    @router.get("", response_class=HTMLResponse)
    async def show(request: Request, programme: str, person: Overseer) -> HTMLResponse:
        return await _show(front, request, front.programme(programme), person, Answer())

    @router.post("/{card}", response_class=HTMLResponse)
    async def check(request: Request, programme: str, card: str, person: Desk) -> HTMLResponse:
        known = front.programme(programme)
        form = await _form(front, request, known)
        try:
            opened, items = await checks.check(front.means, front.door, known, card, reading(known, form), person)
        except DeskRefused as refused:
            return await _show(front, request, known, person, _refused(front, request, refused))
        if not items:
            return await _show(front, request, known, person, Answer(done={"agreed": card}))
        opened = replace(opened, row={**opened.row, "differing": items})
        return _differing(front, request, known, opened, Answer(form), just_read=True)

    @router.get("/{card}/settling", response_class=HTMLResponse)
    async def reopen(request: Request, programme: str, card: str, person: Desk) -> HTMLResponse:
        known = front.programme(programme)
        try:
            opened = await checks.reopen(front.means, front.door, known, card, person)
        except DeskRefused as refused:
            return await _show(front, request, known, person, _refused(front, request, refused))
        return _differing(front, request, known, opened, Answer(Form(_typed(known, opened.first))))

    @router.post("/{card}/settling", response_class=HTMLResponse)
    async def settle(request: Request, programme: str, card: str, person: Desk) -> HTMLResponse:
        known, say = front.programme(programme), front.say(request)
        form = await _form(front, request, known, "together_with")
        front.check_ready(say, known)
        try:
            opened = await checks.reopen(front.means, front.door, known, card, person)
        except DeskRefused as refused:
            return await _show(front, request, known, person, _refused(front, request, refused))
        errors = await _settle(front, request, known, opened, form, person)
        if isinstance(errors, dict):
            return _differing(front, request, known, opened, Answer(Form(form.values, errors), status=422))
        return await _show(front, request, known, person, Answer(done={"settled": card, "corrected": errors}))

    return router


async def _settle(
    front: Front, request: Request, programme: Programme, opened: checks.Opened, form: Form, person: Person
) -> dict[str, str] | tuple[CheckedItem, ...]:
    """The corrected items, or what is wrong with the form."""
    say, with_whom = front.say(request), _plain(form, "together_with")
    if not with_whom:
        return {"together_with": str(say("desk.batch.person-missing"))}
    try:
        return await checks.settle(
            front.means, front.door, programme, opened, reading(programme, form), person, with_whom)
    except Unfit as unfit:
        return fault_words(say, unfit.faults)
    except WindowRefused as refused:
        return {"together_with": "。".join(window_words(say, programme, refused))}
    except DeskRefused as refused:
        return {"together_with": "。".join(desk_words(say, refused))}


def reading(programme: Programme, form: Form) -> Reading:
    """What somebody read from a card; an item that the form does not ask for is None."""
    items = checks.checked_items(programme)
    own = {item: form.value(item) if item in items else None for item in SEALED_ITEMS}
    seats = _plain(form, "seats")
    wishes = [form.value(name) for name in wish_fields(programme) if form.value(name).strip()]
    return Reading(
        own["name"], own["address"], own["telephone"], int(seats) if seats.isascii() and seats.isdigit() else 0,
        tuple(typed_slot(programme, typed) or typed for typed in wishes))


async def _form(front: Front, request: Request, programme: Programme, *more: str) -> Form:
    names = {*checks.checked_items(programme), "seats", *wish_fields(programme), *more}
    return only(form_of((await request.form(max_fields=40)).multi_items()), names, front.say(request))


def _plain(form: Form, name: str) -> str:
    return unicodedata.normalize("NFKC", form.value(name)).strip()


def _typed(programme: Programme, first: Reading) -> dict[str, str]:
    own = {item: str(getattr(first, item) or "") for item in checks.checked_items(programme)}
    codes = {name: slot_code(programme, programme.slot_by_id[wish])
             for name, wish in zip(wish_fields(programme), first.wishes, strict=False)}
    return {**own, "seats": str(first.seats), **codes}


def _refused(front: Front, request: Request, refused: DeskRefused) -> Answer:
    return Answer(refused=desk_words(front.say(request), refused), status=409)


async def _show(
    front: Front, request: Request, programme: Programme, person: Person, answer: Answer
) -> HTMLResponse:
    store = front.means.postcards
    counts, waiting = await store.count_checks(programme.id), await store.to_check(programme.id)
    may_act = "desk" in person.roles
    due = [row for row in waiting if row["check"] == DUE]
    return framed(
        front, request, programme, "checks.html", answer, counts=counts, may_act=may_act,
        figures=((DUE, "waiting"), (DIFFERS, "bad"), (AGREED, "neutral"), (SETTLED, "neutral")),
        next=await checks.next_to_check(front.means, programme, person) if may_act else None, own=len(due),
        differing=[row for row in waiting if row["check"] == DIFFERS], items=checks.checked_items(programme),
        wish_fields=wish_fields(programme), codes=_codes(front, request, programme))


def _differing(
    front: Front, request: Request, programme: Programme, opened: checks.Opened, answer: Answer, *,
    just_read: bool = False,
) -> HTMLResponse:
    say = front.say(request)
    codes = _codes(front, request, programme)
    return framed(
        front, request, programme, "check_differs.html", answer, row=opened.row, slots=dict(codes),
        just_read=just_read,
        first=_in_words(front, request, programme, say, opened.first), differing=opened.row["differing"],
        items=checks.checked_items(programme), wish_fields=wish_fields(programme), codes=codes)


def _in_words(
    front: Front, request: Request, programme: Programme, say: Say, first: Reading
) -> dict[str, str]:
    words = Words(programme, "ja", say)
    with speaking(front.pages.words, front.pages.language(request)):
        wishes = {name: words.slot(wish) for name, wish in zip(wish_fields(programme), first.wishes, strict=False)}
    own: dict[str, str] = {item: str(getattr(first, item) or "") for item in SEALED_ITEMS}
    return {**own, "seats": str(first.seats), **wishes}


def _codes(front: Front, request: Request, programme: Programme) -> list[tuple[str, str]]:
    words = Words(programme, "ja", front.say(request))
    with speaking(front.pages.words, front.pages.language(request)):
        return [(slot_code(programme, slot), words.slot(slot.id)) for slot in programme.slots if slot.seats]
