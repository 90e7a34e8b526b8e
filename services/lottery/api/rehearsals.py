"""Dry runs over HTTP, for officers: asked for, told in sums, kept as a file that no verifier takes for a draw (B01)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.lottery.api.bodies import Rehearsal
from services.lottery.domain.rehearsal import file_lines
from services.lottery.following import Rehearsals
from services.lottery.handlers.office import Office
from services.lottery.handlers.rehearsing import Rehearsing
from services.lottery.handlers.rules import provisional_rules
from shared.contracts.lottery import DrawRehearsed
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]
Answer = dict[str, Any]


def routes(office: Office, rehearsing: Rehearsing, rehearsals: Rehearsals) -> APIRouter:
    """`/{programme}/api/draws/{draw}/rehearsals`"""
    router = APIRouter(prefix="/{programme}/api/draws/{draw}/rehearsals", tags=["dry runs"])

    @router.post("")
    async def rehearse(programme: str, draw: str, body: Rehearsal, officer: Officer) -> Answer:
        """Runs a dry run, which is no draw; its sums are the answer."""
        return told(await rehearsing.rehearse(programme, draw, body.over, body.count, officer.staff))

    @router.get("")
    async def done(programme: str, draw: str, officer: Officer) -> Answer:
        """All dry runs of the draw, the last one first."""
        office.known(programme, draw)
        return {"rehearsals": [told(one) for one in rehearsals.of(programme, draw)]}

    @router.get("/{rehearsal}.jsonl", response_class=Response)
    async def as_file(programme: str, draw: str, rehearsal: str, officer: Officer) -> Response:
        """One dry run as a file to keep."""
        office.known(programme, draw)
        one = rehearsals.named(programme, draw, rehearsal)
        if one is None:
            raise Problem(404, "no-such-rehearsal", "There is no such dry run", "The list of dry runs names them all.")
        rules = provisional_rules(office.defined(programme, draw), await office.state(programme, draw))
        lines = file_lines(rules, rehearsal, {"rehearsed": draw, **told(one)})
        return Response(b"".join(lines), media_type="application/jsonl", headers={
            "Content-Disposition": f'attachment; filename="{rehearsal}-not-a-draw.jsonl"'})

    return router


def told(rehearsal: DrawRehearsed) -> Answer:
    """A dry run's sums, marked as what they are."""
    return {**rehearsal.model_dump(mode="json", exclude={"draw", "by"}), "is_a_draw": False}
