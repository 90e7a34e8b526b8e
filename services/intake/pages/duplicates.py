"""The duplicates desk: two applications side by side, what is alike and what is not; a person judges (B03)."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.intake import pair_store
from services.intake.domain.likeness import POINTS
from services.intake.duplicates_api import refusal
from services.intake.front import Front
from services.intake.handlers import closing, pairing
from services.intake.handlers.judging import (
    Contradiction,
    Decided,
    Judgement,
    NoPair,
    Question,
    Side,
    judge,
    look,
)
from services.intake.handlers.pairing import Finding
from services.intake.handlers.searching import searched_items
from services.intake.pages.desk_frame import Answer, Desk, Overseer, framed
from services.intake.pages.showing import Words
from services.intake.pair_store import ASK, OPEN
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.ui.form import Form, form_of
from shared.ui.language import speaking

LISTED, LATELY = 100, 30
_JUDGEMENTS: dict[str, Judgement] = {one: one for one in get_args(Judgement)}
_QUESTIONS: dict[str, Question] = {one: one for one in get_args(Question)}
_ITEMS = ("name", "address", "age", "telephone", "email", "companions")


def routes(front: Front, finding: Finding) -> APIRouter:
    """`/intake/{programme}/duplicates`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/duplicates", response_class=HTMLResponse)
    async def show(request: Request, programme: str, person: Overseer, last: str = "") -> HTMLResponse:
        return await _list(front, request, front.programme(programme), last, "desk" in person.roles)

    @router.post("/{programme}/duplicates")
    async def find(programme: str, _: Desk) -> Response:
        known = front.programme(programme)
        await finding.begin(known)
        return RedirectResponse(f"/intake/{known.id}/duplicates", 303)

    @router.get("/{programme}/duplicates/{one}/{other}", response_class=HTMLResponse)
    async def compare(request: Request, programme: str, one: str, other: str, person: Desk) -> HTMLResponse:
        return await _pair(front, request, front.programme(programme), person, f"{one}/{other}", Form())

    @router.post("/{programme}/duplicates/{one}/{other}")
    async def judged(request: Request, programme: str, one: str, other: str, person: Desk) -> Response:
        known, pair = front.programme(programme), f"{one}/{other}"
        form = form_of((await request.form(max_fields=10)).multi_items())
        judgement, question = _JUDGEMENTS.get(form.value("judgement")), _QUESTIONS.get(form.value("question"))
        if judgement is None or (judgement == "ask" and question is None):
            wrong = {"question": str(front.say(request)("duplicates.choose-question"))}
            return await _pair(front, request, known, person, pair, Form(form.values, wrong), 422)
        try:
            await judge(front.means, known, pair, judgement, person, question)
        except (NoPair, Decided, Contradiction) as refused:
            raise refusal(front.say(request), refused) from None
        return RedirectResponse(f"/intake/{known.id}/duplicates?last={pair}", 303)

    return router


async def _list(front: Front, request: Request, programme: Programme, last: str, may_act: bool) -> HTMLResponse:
    means, database = front.means, front.means.store.database
    waiting = await pair_store.undecided(database, programme.id)
    lately = await pair_store.judged_lately(database, programme.id, LATELY)
    return framed(
        front, request, programme, "duplicates.html", Answer(), may_act=may_act,
        window=(await means.store.window(programme.id)).state,
        finding=await means.jobs.unfinished(programme.id, closing.JOB, pairing.JOB),
        to_judge=[pair for pair in waiting if pair["state"] == OPEN][:LISTED],
        to_ask=[pair for pair in waiting if pair["state"] == ASK][:LISTED],
        undecided=sum(pair["state"] == OPEN for pair in waiting), asked=sum(pair["state"] == ASK for pair in waiting),
        lately=lately, last=await pair_store.pair(database, programme.id, last) if last else None,
        receipts=await pair_store.receipts(database, [*waiting, *lately]), strongest=_strongest)


async def _pair(
    front: Front, request: Request, programme: Programme, person: Person, id_: str, form: Form, status: int = 200
) -> HTMLResponse:
    try:
        found = await look(front.means, front.door, programme, id_, person)
    except NoPair as gone:
        raise refusal(front.say(request), gone) from None
    say = front.say(request)
    words = Words(programme, "ja", say)
    state = (await front.means.store.window(programme.id)).state
    with speaking(front.pages.words, "ja"):
        rows = [(item, *(_value(words, side, item) for side in found.sides), _reasons(found.pair, item))
                for item in _ITEMS if item in searched_items(programme)]
    return framed(
        front, request, programme, "duplicates_pair.html", Answer(form, status=status),
        found=found, pair=found.pair, rows=rows, window=state,
        questions=[(code, say(f"duplicates.question-{code}")) for code in _QUESTIONS])


def _value(words: Words, side: Side, item: str) -> str:
    value: Any = side.party.items().get(item)
    if value is None:
        return str(words.say("duplicates.not-given"))
    if item == "companions":
        return str(words.say("value.between")).join(value)
    return str(words.say("duplicates.years", age=value)) if item == "age" else str(value)


def _reasons(pair: Document, item: str) -> list[tuple[str, bool]]:
    """What was found in an item, and whether it speaks for one applicant."""
    return [(code, POINTS[code] > 0) for code in pair["reasons"] if code.startswith(item)]


def _strongest(pair: Document) -> list[str]:
    """What speaks most for one applicant, and most against it."""
    ordered = sorted(pair["reasons"], key=lambda code: -POINTS[code])
    against = [code for code in ordered[-1:] if POINTS[code] < 0]
    return [*[code for code in ordered[:2] if POINTS[code] > 0], *against]
