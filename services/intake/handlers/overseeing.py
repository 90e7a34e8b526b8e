"""Where the window stands, and what is left before it is closed: what an officer looks at first (S01, S02, B03)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.intake import pair_store, window_store
from services.intake.domain.window import WindowRefused, phase
from services.intake.handlers import closing, finishing, pairing
from services.intake.handlers.finishing import Unfinished
from services.intake.handlers.means import Means
from services.intake.store import CLOSED, CLOSING
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.two_people import Asked

Standing = Literal["before", "open", "ended", "closing", "closed"]


@dataclass(frozen=True)
class Overview:
    """`asked` waits for a second officer, `over` did so in vain; `closing` is the row of both, and of the closing.

    `facts` are counted by partition; `why_not` says what keeps an officer from asking now.
    """

    standing: Standing
    channels: dict[str, Document]
    left: Unfinished
    undecided: int
    judged: int
    finding: bool
    asked: Asked | None
    over: Asked | None
    closing: Document | None
    facts: list[int]
    root: str | None
    why_not: WindowRefused | None


async def overview(means: Means, programme: Programme) -> Overview:
    """As it is now."""
    database, now = means.store.database, means.now(programme)
    state = (await means.store.window(programme.id)).state
    row = await window_store.closing(database, programme.id)
    asked = window_store.asked_in(row)
    stands = asked is not None and asked.stands(now)
    return Overview(
        standing="closing" if state == CLOSING else phase(programme, now, state == CLOSED),
        channels=await window_store.by_channel(database, programme.id),
        left=await finishing.unfinished(means, programme),
        undecided=len(await pair_store.undecided(database, programme.id)),
        judged=await pair_store.count_judged(database, programme.id),
        finding=await means.jobs.unfinished(programme.id, closing.JOB, pairing.JOB),
        asked=asked if stands else None, over=None if stands else asked, closing=row,
        facts=await means.store.facts(programme.id),
        root=means.draws.standing(programme.id).root, why_not=await _why_not(means, programme))


async def _why_not(means: Means, programme: Programme) -> WindowRefused | None:
    try:
        await closing.check_may_close(means, programme)
    except WindowRefused as refused:
        return refused
    return None
