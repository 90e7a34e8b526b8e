"""The officer's page for the window: where it stands, what is left, and its closing by two officers (S01, S02, B03)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.intake.domain.window import WindowRefused, closable_from, takes_postcards
from services.intake.front import Front
from services.intake.handlers import agreeing
from services.intake.handlers.means import Means
from services.intake.handlers.overseeing import overview
from services.intake.pages.desk_frame import Answer, framed
from services.intake.refusals import window_words
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.form import form_of

Officer = Annotated[Person, Depends(staff("officer"))]
Step = Callable[[Means, Programme, str], Awaitable[Any]]
_STEPS: dict[str, Step] = {
    "asked": agreeing.ask, "confirmed": agreeing.confirm, "taken-back": agreeing.take_back,
}
"""What the page's buttons do, by what is said to have been done afterwards."""


def routes(front: Front, draw_url: str) -> APIRouter:
    """`/intake/{programme}/window`."""
    router = APIRouter(prefix="/{programme}/window", include_in_schema=False)

    @router.get("", response_class=HTMLResponse)
    async def show(request: Request, programme: str, person: Officer, done: str = "") -> HTMLResponse:
        answer = Answer(done={"step": done}) if done in _STEPS else Answer()
        return await _show(front, request, front.programme(programme), person, answer, draw_url)

    @router.post("", response_model=None)
    async def act(request: Request, programme: str, person: Officer) -> HTMLResponse | RedirectResponse:
        known, say = front.programme(programme), front.say(request)
        step = form_of((await request.form(max_fields=5)).multi_items()).value("step")
        if step not in _STEPS:
            raise Problem(422, "unknown-field", str(say("refusal.unknown-field")), str(say("refusal.unknown-field-do")))
        try:
            await _STEPS[step](front.means, known, person.staff)
        except WindowRefused as refused:
            answer = Answer(refused=window_words(say, known, refused), status=409)
            return await _show(front, request, known, person, answer, draw_url)
        return RedirectResponse(f"/intake/{known.id}/window?done={step}", 303)

    return router


async def _show(
    front: Front, request: Request, programme: Programme, person: Person, answer: Answer, draw_url: str
) -> HTMLResponse:
    seen, say = await overview(front.means, programme), front.say(request)
    return framed(
        front, request, programme, "window.html", answer, seen=seen, me=person.staff,
        why_not=window_words(say, programme, seen.why_not) if seen.why_not else None,
        closable=closable_from(programme), by_post=takes_postcards(programme),
        draw_url=f"{draw_url}/lottery/{programme.id}")
