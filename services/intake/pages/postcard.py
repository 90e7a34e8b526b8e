"""The postcard to print: `/intake/{programme}/postcard.pdf` (S02, S11)."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from services.intake.domain.window import takes_postcards
from services.intake.front import Front
from services.intake.postcard.template import postcard
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.ui.language import speaking


def offered(front: Front, programme: Programme) -> bool:
    """Whether a postcard that is posted today can still count, and the programme says where to."""
    today = programme.local(front.means.now(programme)).date()
    return (programme.ward.address is not None and takes_postcards(programme)
            and today <= programme.window.postmarked_by)


def routes(front: Front) -> APIRouter:
    """The one route. Drawn once for each version of a programme."""
    router, drawn = APIRouter(include_in_schema=False), dict[tuple[str, int], bytes]()

    @router.get("/{programme}/postcard.pdf")
    async def template(request: Request, programme: str) -> Response:
        known, say = front.programme(programme), front.say(request)
        if not offered(front, known):
            raise Problem(404, "no-postcards", str(say("card.none")), str(say("card.none-do")))
        key = (known.id, known.version)
        if key not in drawn:
            drawn[key] = await asyncio.to_thread(_draw, front, known)
        return Response(drawn[key], media_type="application/pdf", headers={
            "Content-Disposition": f'inline; filename="{known.id}-postcard.pdf"', "Cache-Control": "max-age=300"})

    return router


def _draw(front: Front, programme: Programme) -> bytes:
    with speaking(front.pages.words, "ja"):
        return postcard(programme)
