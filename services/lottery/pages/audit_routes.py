"""The auditor's list: the entries to trace, in the order that follows from the seed; as a page and as JSON (B01)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from services.lottery.handlers.auditing import sample, tally
from services.lottery.handlers.office import Office
from services.lottery.pages.public_view import slot_names
from services.lottery.store import DrawState
from services.lottery.transcripts import published_blocks
from shared.contracts.lottery import AUDITED
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form, Pages

Auditor = Annotated[Person, Depends(staff("auditor"))]
Size = Annotated[int, Query(ge=1, le=AUDITED)]
SIZES = (10, 30, 50, 100, AUDITED)
USUAL = 30


def routes(office: Office, pages: Pages) -> APIRouter:
    """`/{programme}/audit`, `/{programme}/audit/transcript.jsonl`, `/{programme}/api/draws/{draw}/audit`"""
    router = APIRouter(tags=["audit"])
    intake = office.settings.public_urls.get("intake", "")

    @router.get("/{programme}/audit", include_in_schema=False)
    async def listed(request: Request, programme: str, _: Auditor, size: Size = USUAL) -> Response:
        state = await office.standing(programme)
        known = office.defined(programme, state.draw)
        return pages.render(
            request, "audit.html", programme=known, state=state, sample=await sample(office, state, size),
            tally=await tally(office.database, state), slot_names=slot_names(known), size=size, sizes=SIZES,
            form=Form({"size": str(size)}), trace_url=f"{intake}/intake/{known.id}/audit")

    @router.get("/{programme}/audit/transcript.jsonl", response_class=StreamingResponse)
    async def whole(programme: str, _: Auditor) -> Response:
        """The whole transcript for the auditor, also where the programme publishes digests only."""
        state = await _drawn(office, programme, (await office.standing(programme)).draw)
        held = await office.transcripts.look(state)
        return StreamingResponse(published_blocks(held, everything=True), media_type="application/jsonl", headers={
            "Content-Disposition": f'attachment; filename="{state.draw}-transcript.jsonl"',
            "Cache-Control": "no-store"})

    @router.get("/{programme}/api/draws/{draw}/audit")
    async def told(programme: str, draw: str, _: Auditor, size: Size = USUAL) -> dict[str, Any]:
        """The first entries that an auditor traces, and what was found so far."""
        state = await _drawn(office, programme, draw)
        return {"sample": [asdict(one) for one in await sample(office, state, size)],
                "tally": asdict(await tally(office.database, state))}

    return router


async def _drawn(office: Office, programme: str, draw: str) -> DrawState:
    office.known(programme, draw)
    state = await office.state(programme, draw)
    if state.stage != "drawn":
        raise Problem(404, "not-drawn-yet", "The draw is not done yet",
                      "Which entries are traced follows from the seed, which nobody knows before the draw.")
    return state
