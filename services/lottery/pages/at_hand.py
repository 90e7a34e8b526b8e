"""Which draw the desk's pages are about: the one that the request names, else the one at hand."""

from __future__ import annotations

from fastapi import Request

from services.lottery.handlers.office import Office
from services.lottery.handlers.second import at_hand
from services.lottery.store import DrawState
from shared.contracts.programme import Programme


async def draw_at_hand(office: Office, request: Request, programme: str) -> tuple[Programme, DrawState]:
    """The draw, and the programme as it defines it. Raises `Problem` 404 for a draw that the programme never had."""
    draw = request.query_params.get("draw") or (await at_hand(office, programme)).draw
    return office.defined(programme, draw), await office.state(programme, draw)
