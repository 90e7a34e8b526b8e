"""The auditor's list: the entries to trace, in the order that follows from the seed; as a page and as JSON (B01)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.lottery.handlers.auditing import sample, tally
from services.lottery.handlers.office import Office
from services.lottery.pages.public_view import slot_names
from services.lottery.store import DrawState
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
    """`/{programme}/audit`, `/{programme}/api/draws/{draw}/audit`"""
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
