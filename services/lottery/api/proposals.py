"""Steps that take two officers, over HTTP: proposed (202), then approved by another one, or taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.lottery.api.bodies import Adjustment, Cancellation, DrandRound, Strike
from services.lottery.handlers import approving
from services.lottery.handlers.cancelling import concerned
from services.lottery.handlers.office import Office
from services.lottery.handlers.views import summary
from services.lottery.store import ActName
from shared.platform.register import Person
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]
Answer = dict[str, Any]


async def proposed(
    office: Office, programme: str, draw: str, act: ActName, body: Mapping[str, Any], officer: Person
) -> Answer:
    """Proposes a step; the answer is the proposal that waits for a second officer."""
    return approving.plain(await approving.propose(office, programme, draw, act, body, officer.staff))


def proposing(router: APIRouter, office: Office) -> None:
    """`POST …` for each step that takes two officers, and `…/proposals`."""
    _steps(router, office)
    _answers(router, office)


def _steps(router: APIRouter, office: Office) -> None:
    @router.post("/announcement", status_code=202)
    async def announce(programme: str, draw: str, officer: Officer) -> Answer:
        """Proposes to announce the draw; the answer holds the announcement's digest."""
        return await proposed(office, programme, draw, "announcement", {}, officer)

    @router.post("/strikes", status_code=202)
    async def strike(programme: str, draw: str, body: Strike, officer: Officer) -> Answer:
        """Proposes to strike an entry."""
        return await proposed(office, programme, draw, "strikes", body.model_dump(), officer)

    @router.post("/adjustments", status_code=202)
    async def adjust(programme: str, draw: str, body: Adjustment, officer: Officer) -> Answer:
        """Proposes to add or cut seats."""
        return await proposed(office, programme, draw, "adjustments", body.model_dump(), officer)

    @router.post("/cancellations", status_code=202)
    async def cancel(programme: str, draw: str, body: Cancellation, officer: Officer) -> Answer:
        """Proposes to cancel a slot, a day, a venue or the event; `concerned` in the answer says whom it concerns."""
        waits = await proposed(office, programme, draw, "cancellations", body.model_dump(), officer)
        figures = await concerned(
            office, office.defined(programme, draw), await office.state(programme, draw), body.scope, body.value)
        return {**waits, "concerned": figures.plain()}

    @router.post("/closing/confirmation", status_code=202)
    async def close(programme: str, draw: str, officer: Officer) -> Answer:
        """Proposes to close, with the signatures that are there."""
        return await proposed(office, programme, draw, "closing-confirmation", {}, officer)

    @router.post("/beacon/confirmation", status_code=202)
    async def take_digits(programme: str, draw: str, officer: Officer) -> Answer:
        """Proposes to take the digits; once approved, the draw starts by itself."""
        return await proposed(office, programme, draw, "beacon-confirmation", {}, officer)

    @router.post("/beacon/drand", status_code=202)
    async def take_drand(programme: str, draw: str, body: DrandRound, officer: Officer) -> Answer:
        """Proposes to take a round of drand; once approved, the draw starts by itself."""
        return await proposed(office, programme, draw, "drand", body.model_dump(), officer)


def _answers(router: APIRouter, office: Office) -> None:
    @router.get("/proposals")
    async def waiting(programme: str, draw: str, officer: Officer) -> Answer:
        """What waits for a second officer."""
        office.known(programme, draw)
        return {"proposals": [approving.plain(one) for one in (await office.state(programme, draw)).proposed]}

    @router.post("/proposals/{proposal}/approval")
    async def approve(programme: str, draw: str, proposal: str, officer: Officer) -> Answer:
        """Takes the proposed step, as the second officer; the answer is where the draw then is."""
        state = await approving.approve(office, programme, draw, proposal, officer.staff)
        return summary(office.defined(programme, draw), state, office.clock.now(programme))

    @router.post("/proposals/{proposal}/taking-back", status_code=204)
    async def take_back(programme: str, draw: str, proposal: str, officer: Officer) -> None:
        """Takes one's own proposal back."""
        await approving.take_back(office, programme, draw, proposal, officer.staff)
