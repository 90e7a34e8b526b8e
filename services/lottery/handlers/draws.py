"""A programme's draws: the one it defines, and those that it replaces. The one announced last stands (B01)."""

from __future__ import annotations

from services.lottery.domain.faults import OutOfOrder
from services.lottery.store import DrawState, load_draw
from shared.platform.mongo import Database, Session
from shared.platform.programmes import Programmes


async def draws_of(
    database: Database, programmes: Programmes, programme: str, session: Session | None = None
) -> list[DrawState]:
    """The programme's draws, the newest first: each names the one that it replaces."""
    found: list[DrawState] = []
    known = programmes.get(programme)
    while True:
        found.append(await load_draw(database, programme, known.draw.id, session))
        previous = known.draw.previous
        before = programmes.of_draw(programme, previous.draw) if previous else None
        if before is None:
            return found
        known = before


async def standing(
    database: Database, programmes: Programmes, programme: str, session: Session | None = None
) -> DrawState:
    """The draw that stands: the one announced last; before any announcement the first."""
    draws = await draws_of(database, programmes, programme, session)
    return next((draw for draw in draws if draw.stage != "preparing"), draws[-1])


def check_not_replaced(state: DrawState) -> None:
    """Raises `OutOfOrder` where another draw has taken this one's place."""
    if state.replaced_by is not None:
        raise OutOfOrder("step", f"{state.replaced_by} replaces this draw: its lines stay as they are", "replaced")
