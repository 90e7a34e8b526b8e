"""What the pages say of a programme's other draws: which this one replaces, which replaces it, and why (B01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.lottery.handlers.draws import draws_of
from services.lottery.handlers.office import Office
from services.lottery.handlers.second import is_missed, may_be_replaced
from services.lottery.store import DrawState, untold
from shared.contracts.programme import Programme


@dataclass(frozen=True)
class Other:
    """Another draw of the programme: its number (from 1, as announced one after another) and its name in addresses."""

    number: int
    draw: str


@dataclass(frozen=True)
class Second:
    """This draw among the programme's draws.

    `previous` is replaced by it, for `reason` (words) by `decision`, and named by `digest`; `next` replaces it, or is
    defined to (`announced` says which). `untold` applications wait for the notice that this draw is a second one, and
    it waits for them. `may_be_replaced`: a second draw may follow; `missed`: this one can't be drawn.
    """

    number: int
    previous: Other | None = None
    reason: str | None = None
    decision: str | None = None
    digest: str | None = None
    next: Other | None = None
    announced: bool = False
    untold: int = 0
    may_be_replaced: bool = False
    missed: bool = False


async def second_of(
    office: Office, programme: Programme, state: DrawState, now: datetime, language: str = "ja"
) -> Second:
    """What there is to say of the other draws."""
    draws = [draw.draw for draw in reversed(await draws_of(office.database, office.programmes, programme.id))]
    number = draws.index(state.draw) + 1 if state.draw in draws else 1
    previous, later = programme.draw.previous, draws[number:]
    waits = previous is not None and state.stage == "announced"
    words = programme.reasons.get(previous.reason) if previous else None
    return Second(
        number=number, previous=Other(number - 1, previous.draw) if previous else None,
        reason=words.text(language) if words else None, decision=previous.decision if previous else None,
        digest=state.previous, next=Other(number + 1, later[0]) if later else None,
        announced=state.replaced_by is not None, may_be_replaced=may_be_replaced(programme, state, now),
        missed=is_missed(programme, state, now),
        untold=await untold(office.database, programme.id, state.draw) if waits else 0,
    )
