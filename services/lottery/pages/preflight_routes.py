"""The page of preflight: every check of the next step and of those behind it, and the charts for staff (B01, B02)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.lottery.domain.preflight import findings
from services.lottery.following import OpenWork
from services.lottery.handlers.office import Office
from services.lottery.handlers.preflight import situation
from services.lottery.pages.at_hand import draw_at_hand
from services.lottery.pages.preflight_view import preflight_of
from services.lottery.pages.public_view import slot_kinds
from services.lottery.pages.slot_charts import SlotCharts, slot_charts
from services.lottery.store import DrawState
from services.lottery.survey_store import seats_held, survey
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Pages

Officer = Annotated[Person, Depends(staff("officer"))]


def routes(office: Office, pages: Pages, work: OpenWork) -> APIRouter:
    """`/{programme}/desk/preflight`"""
    intake = office.settings.public_urls.get("intake", "")
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/desk/preflight")
    async def preflight(request: Request, programme: str, officer: Officer) -> Response:
        known, state = await draw_at_hand(office, request, programme)
        now = office.clock.now(known.id)
        seen = await situation(office, known, state, now, work.of(known.id))
        return pages.render(
            request, "preflight.html", programme=known, state=state, now=now, work=seen.work,
            preflight=preflight_of(known, seen.step, findings(seen), pages.words_for(request), intake),
            slot_charts=await charts_of(office, known, state), slot_kinds=slot_kinds(known))

    return router


async def charts_of(office: Office, programme: Programme, state: DrawState) -> SlotCharts:
    """Demand against the seats as they are now, and after the draw who holds how many of them."""
    seats = {slot.id: slot.seats for slot in programme.slots}
    if state.is_at_least("announced"):
        held = await office.transcripts.look(state)
        seats = dict(zip(seats, held.transcript.seats, strict=True))
    given = await seats_held(office.database, {"draw": state.id}) if state.stage == "drawn" else None
    return slot_charts(programme, await survey(office.database, programme.id), seats, given)
