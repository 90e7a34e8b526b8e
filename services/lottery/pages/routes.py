"""Routes of the draw desk."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.lottery.domain.preflight import findings
from services.lottery.following import OpenWork
from services.lottery.handlers.cancelling import Concerned, concerned
from services.lottery.handlers.office import Office
from services.lottery.handlers.preflight import situation
from services.lottery.pages.actions import answer, form_fields, is_form, read_form, take, wrong_fields
from services.lottery.pages.at_hand import draw_at_hand
from services.lottery.pages.desk_view import desk_of
from services.lottery.pages.preflight_view import preflight_of
from services.lottery.pages.proposal_view import proposals_of
from services.lottery.pages.public_view import digests, slot_names
from services.lottery.pages.second_view import second_of
from services.lottery.store import DrawState
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form as Filled
from shared.ui import Pages, form_of
from shared.ui.language import MissingWords, Phrase

Officer = Annotated[Person, Depends(staff("officer"))]
DONE = ("done", "proposed", "approved", "taken-back", "gone")
"""What a form's answer may say at the top of the desk."""
KINDS = ("declined", "withdrawn", "disqualified", "seats", "granted")


def routes(office: Office, pages: Pages, work: OpenWork) -> APIRouter:
    """`/lottery/{programme}/desk`."""
    router = APIRouter(include_in_schema=False)
    screens = Screens(office, pages, work)

    @router.get("/{programme}/desk")
    async def desk(request: Request, programme: str, officer: Officer) -> Response:
        return await screens.desk(request, programme, officer.staff)

    @router.post("/{programme}/desk/proposals/{proposal}/{how}")
    async def decide(
        request: Request, programme: str, proposal: str, how: Literal["approval", "taking-back"], officer: Officer
    ) -> Response:
        return await screens.decide(request, programme, proposal, how, officer.staff)

    @router.post("/{programme}/desk/{action}")
    async def act(request: Request, programme: str, action: str, officer: Officer) -> Response:
        return await screens.act(request, programme, action, officer.staff)

    return router


class Screens:
    """Puts together what the desk shows."""

    def __init__(self, office: Office, pages: Pages, work: OpenWork) -> None:
        self._office, self._pages, self._work = office, pages, work

    async def desk(
        self, request: Request, programme_id: str, person: str, *, form: Filled | None = None,
        wrong: list[str] | None = None,
    ) -> Response:
        """The draw desk, of the draw that is at hand where the request names none."""
        programme, state = await self._at_hand(request, programme_id)
        now = self._office.clock.now(programme.id)
        context = await desk_of(self._office, programme, state, now)
        second = await second_of(self._office, programme, state, now)
        say = self._pages.words_for(request)
        seen = await situation(self._office, programme, state, now, self._work.of(programme.id))
        return self._pages.render(
            request, "desk.html", status_code=422 if wrong else 200, form=form or Filled(), wrong=wrong or [],
            did=next((one for one in DONE if one in request.query_params), None),
            refused="refused" in request.query_params, proposals=proposals_of(programme, state, now, person),
            preflight=preflight_of(programme, seen.step, findings(seen), say,
                                   self._office.settings.public_urls.get("intake", "")),
            concerned=await self._concerned(programme, state),
            digests=digests(state), slot_names=slot_names(programme), caller_fields=form_fields(),
            second=second,
            kinds=[(kind, say(f"desk.kind.{kind}")) for kind in KINDS],
            may_close=now >= programme.draw.timetable.close_from and bool(state.revealed),
            refusal_words=lambda code: _first(say, f"refused.{code}", "refused.other"),
            step_words=lambda step: _first(say, f"said.{step}", "said.other"), **context)

    async def act(self, request: Request, programme_id: str, action: str, person: str) -> Response:
        """One of the desk's forms. What is refused is at the top of the desk then, with the reason."""
        if not is_form(action):
            raise Problem(404, "unknown-step", "There is no such step", "Open the draw desk and choose a step there.")
        programme, _ = await self._at_hand(request, programme_id)
        typed = await request.form()
        pairs = {key: str(value) for key, value in typed.multi_items()}
        try:
            body = read_form(action, pairs)
        except ValidationError as error:
            return await self.desk(
                request, programme_id, person, form=form_of(pairs.items()), wrong=wrong_fields(error))
        return await self._back_at_desk(request, programme, take(
            self._office, programme.id, programme.draw.id, action, body, person))

    async def decide(self, request: Request, programme_id: str, proposal: str, how: str, person: str) -> Response:
        """Approves a proposal, or takes it back."""
        programme, _ = await self._at_hand(request, programme_id)
        return await self._back_at_desk(request, programme, answer(
            self._office, programme.id, programme.draw.id, proposal, how, person))

    async def _back_at_desk(self, request: Request, programme: Programme, step: Awaitable[str]) -> Response:
        named = request.query_params.get("draw")
        desk = f"/lottery/{programme.id}/desk?" + (f"draw={programme.draw.id}&" if named else "")
        try:
            return RedirectResponse(f"{desk}{await step}=1", 303)
        except Problem as problem:
            if problem.type == "unknown-proposal":
                return RedirectResponse(f"{desk}gone=1", 303)
            if problem.type != "step-refused":
                raise
            return RedirectResponse(f"{desk}refused=1", 303)

    async def _concerned(self, programme: Programme, state: DrawState) -> dict[str, Concerned]:
        """Whom each proposed cancellation concerns, as it stands now."""
        return {one.id: await concerned(self._office, programme, state, one.body["scope"], one.body["value"])
                for one in state.proposed if one.act == "cancellations"}

    async def _where(self, programme_id: str, draw: str) -> tuple[Programme, DrawState]:
        return self._office.defined(programme_id, draw), await self._office.state(programme_id, draw)

    async def _at_hand(self, request: Request, programme_id: str) -> tuple[Programme, DrawState]:
        return await draw_at_hand(self._office, request, programme_id)


def _first(say: Any, *keys: str) -> Phrase:
    for key in keys[:-1]:
        try:
            phrase: Phrase = say(key)
            return phrase
        except MissingWords:
            continue
    last: Phrase = say(keys[-1])
    return last
