"""The page of dry runs: what was tried, marked in every part as no draw (B01, B02)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.lottery.api.bodies import Rehearsal
from services.lottery.domain.rehearsal import MOST_INVENTED, seed_digest
from services.lottery.following import Rehearsals
from services.lottery.handlers.office import Office
from services.lottery.handlers.rehearsing import Rehearsing, is_open
from services.lottery.pages.actions import as_number
from services.lottery.pages.at_hand import draw_at_hand
from services.lottery.pages.public_view import by_day, slot_kinds
from services.lottery.survey_store import survey
from shared.contracts.lottery import DrawRehearsed
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form, Pages, form_of

Officer = Annotated[Person, Depends(staff("officer"))]


def routes(office: Office, pages: Pages, rehearsing: Rehearsing, rehearsals: Rehearsals) -> APIRouter:
    """`/{programme}/desk/rehearsals`"""
    router = APIRouter(include_in_schema=False)

    async def shown(
        request: Request, form: Form, refused: str = "", status: int = 200
    ) -> Response:
        programme, state = await draw_at_hand(office, request, request.path_params["programme"])
        done = rehearsals.of(programme.id, state.draw)
        real = seed_digest(state.seed) if state.seed else None
        return pages.render(
            request, "rehearsals.html", status_code=status, programme=programme, state=state, form=form,
            refused=refused, open=is_open(state), most=MOST_INVENTED, rehearsals=done, real_seed_digest=real,
            seed_differs=real not in {one.seed_digest for one in done} if real and done else None,
            entries=(await survey(office.database, programme.id)).entries,
            **charts_of(programme, done[0] if done else None))

    @router.get("/{programme}/desk/rehearsals")
    async def show(request: Request, programme: str, officer: Officer) -> Response:
        return await shown(request, Form())

    @router.post("/{programme}/desk/rehearsals")
    async def run(request: Request, programme: str, officer: Officer) -> Response:
        known, state = await draw_at_hand(office, request, programme)
        form = form_of((await request.form(max_fields=10)).multi_items())
        try:
            body = _read(form)
        except ValidationError:
            say = pages.words_for(request)
            field = "count" if form.value("over") == "invented" else "over"
            errors = {field: say(f"rehearsal.wrong-{field}", most=MOST_INVENTED)}
            return await shown(request, Form(form.values, errors), status=422)
        try:
            done = await rehearsing.rehearse(known.id, state.draw, body.over, body.count, officer.staff)
        except Problem as problem:
            if problem.type != "step-refused":
                raise
            return await shown(request, form, str(problem.extra["code"]), 409)
        await rehearsals.heard(known.id, done)
        return RedirectResponse(f"/lottery/{known.id}/desk/rehearsals?draw={state.draw}", 303)

    return router


def _read(form: Form) -> Rehearsal:
    over, count = form.value("over"), form.value("count").strip()
    return Rehearsal.model_validate({"over": over, "count": as_number(count) if over == "invented" else None})


def charts_of(programme: Programme, latest: DrawRehearsed | None) -> dict[str, Any]:
    """The last dry run as its charts want it."""
    if latest is None:
        return {"latest": None}
    return {
        "latest": latest, "by_party": [(size, _percent(pair), pair) for size, pair in latest.by_party.items()],
        "left_by_day": by_day(programme, latest.left), "slot_kinds": slot_kinds(programme),
    }


def _percent(pair: tuple[int, int]) -> float:
    return round(100 * pair[0] / pair[1], 1) if pair[1] else 0.0
