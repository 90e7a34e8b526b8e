"""The witnesses' guide: `/lottery/{programme}/witness-guide.pdf` (B01). It holds nothing that is not public."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.lottery.api.downloads import WITNESS, sha256_of
from services.lottery.guide.sheet import Place, guide
from services.lottery.handlers.office import Office
from services.lottery.handlers.second import at_hand
from shared.contracts.programme import Programme
from shared.ui import Pages
from shared.ui.language import speaking


def routes(office: Office, pages: Pages) -> APIRouter:
    """The one route."""
    router, sha256 = APIRouter(include_in_schema=False), sha256_of(WITNESS)

    @router.get("/{programme}/witness-guide.pdf")
    async def sheets(request: Request, programme: str) -> Response:
        draw = (await at_hand(office, programme)).draw
        known = office.defined(programme, draw)
        base = f"{office.settings.public_urls.get('lottery') or str(request.base_url).rstrip('/')}/lottery"
        place = Place(f"{base}/{known.id}", f"{base}/{WITNESS.name}", sha256, draw)
        document = await asyncio.to_thread(_draw, pages, known, place)
        return Response(document, media_type="application/pdf", headers={
            "Content-Disposition": f'inline; filename="{known.id}-witness-guide.pdf"', "Cache-Control": "max-age=300"})

    return router


def _draw(pages: Pages, programme: Programme, place: Place) -> bytes:
    with speaking(pages.words, "ja"):
        return guide(programme, place)
