"""Held postcards: who is still to be answered by post, what was cleared up, what was given up (S02, S07, S14)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.intake.domain.desk import DeskRefused
from services.intake.front import Front
from services.intake.handlers.cards import give_up, replied
from services.intake.pages.desk_frame import Answer, Desk, Overseer, framed, hold_words
from services.intake.postcard.reply import reply_card
from services.intake.postcard_store import GIVEN_UP, HELD
from services.intake.refusals import desk_refused, desk_words
from shared.contracts.programme import Programme
from shared.ui.language import DEFAULT, speaking


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/desk/held`."""
    router = APIRouter(prefix="/{programme}/desk/held", include_in_schema=False)

    @router.get("", response_class=HTMLResponse)
    async def show(
        request: Request, programme: str, person: Overseer, posted: str = "", given_up: str = ""
    ) -> HTMLResponse:
        done = {"posted": posted, "given_up": given_up} if posted or given_up else None
        return await _show(front, request, front.programme(programme), Answer(done=done), "desk" in person.roles)

    @router.get("/{card}/reply.pdf")
    async def reply(request: Request, programme: str, card: str, _: Desk) -> Response:
        known, say = front.programme(programme), front.say(request)
        row = await front.means.postcards.card(known.id, card)
        if row is None or row["state"] not in (HELD, GIVEN_UP):
            raise desk_refused(say, DeskRefused("not-held", card=card))
        with speaking(front.pages.words, DEFAULT):
            document = reply_card(known, card, hold_words(say, known, row["reason"]), row["state"] == GIVEN_UP)
        return Response(document, media_type="application/pdf", headers={
            "Content-Disposition": f'inline; filename="reply-{card}.pdf"', "Cache-Control": "no-store"})

    @router.post("/{card}/replies", response_model=None)
    async def post(request: Request, programme: str, card: str, person: Desk) -> HTMLResponse | RedirectResponse:
        known = front.programme(programme)
        try:
            await replied(front.means, known, card, person.staff)
        except DeskRefused as refused:
            return await _refused(front, request, known, refused)
        return RedirectResponse(f"/intake/{known.id}/desk/held?posted={card}", 303)

    @router.post("/{card}/giving-up", response_model=None)
    async def end(request: Request, programme: str, card: str, person: Desk) -> HTMLResponse | RedirectResponse:
        known = front.programme(programme)
        try:
            await give_up(front.means, known, card, person.staff)
        except DeskRefused as refused:
            return await _refused(front, request, known, refused)
        return RedirectResponse(f"/intake/{known.id}/desk/held?given_up={card}", 303)

    return router


async def _refused(front: Front, request: Request, programme: Programme, refused: DeskRefused) -> HTMLResponse:
    words = desk_words(front.say(request), refused)
    return await _show(front, request, programme, Answer(refused=words, status=409), True)


async def _show(
    front: Front, request: Request, programme: Programme, answer: Answer, may_act: bool
) -> HTMLResponse:
    store, say = front.means.postcards, front.say(request)
    waiting = await store.cards_that_are(programme.id, HELD)
    ended = await store.cards_that_are(programme.id, GIVEN_UP)
    reasons = {row["reason"]: hold_words(say, programme, row["reason"]) for row in (*waiting, *ended)}
    return framed(
        front, request, programme, "held.html", answer, waiting=waiting, ended=ended, reasons=reasons, may_act=may_act,
        owed=sum(row.get("replied_at") is None for row in (*waiting, *ended)))
