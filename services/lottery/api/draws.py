"""The steps of a draw over HTTP. Officers take them; a witness's signature proves itself, whoever hands it in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.lottery.api.bodies import Change, Digits, Registration, Reveal, Signature
from services.lottery.api.proposals import proposed, proposing
from services.lottery.domain.records import Name
from services.lottery.handlers import announcing, chance, changing, closing
from services.lottery.handlers.office import Office
from services.lottery.handlers.views import summary
from services.lottery.store import DrawState, Proposal
from shared.contracts.lottery import Step
from shared.platform.register import Person
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]
Answer = dict[str, Any]


def routes(office: Office) -> APIRouter:
    """`/{programme}/api/draws/{draw}/…`"""
    router = APIRouter(prefix="/{programme}/api/draws/{draw}", tags=["draw"])
    proposing(router, office)
    _before_the_window(router, office)
    _before_the_close(router, office)
    _the_closing(router, office)
    _the_beacon(router, office)
    _after_the_draw(router, office)
    return router


class Desk:
    """Short words for one officer's step; the answer is where the draw then is."""

    def __init__(self, office: Office, programme: str, draw: str, *by: str) -> None:
        self._office, self._programme, self._draw, self._by = office, programme, draw, by

    async def step(self, step: Step, work: Any) -> Answer:
        """Takes the step and says where the draw is."""
        return self.answer(await self._office.step(self._programme, self._draw, step, work, by=self._by))

    async def propose(self, step: Step, work: Any, *, signed_in: bool = True) -> Answer:
        """Takes a step that leads to a record for the witnesses to sign."""
        proposal: Proposal | None = await self._office.step(
            self._programme, self._draw, step, work, by=self._by, signed_in=signed_in)
        return proposal_answer(proposal)

    def answer(self, state: DrawState) -> Answer:
        """The public summary."""
        now = self._office.clock.now(self._programme)
        return summary(self._office.defined(self._programme, self._draw), state, now)


def proposal_answer(proposal: Proposal | None) -> Answer:
    """An unsigned record, its digest, and who has signed; nulls where there is none yet."""
    if proposal is None:
        return {"record": None, "digest": None, "signed": []}
    return {"record": proposal.record, "digest": proposal.digest, "signed": sorted(proposal.signatures)}


def _before_the_window(router: APIRouter, office: Office) -> None:
    @router.get("")
    async def where(programme: str, draw: str) -> Answer:
        """How far the draw is; public."""
        office.known(programme, draw)
        return Desk(office, programme, draw).answer(await office.state(programme, draw))

    @router.put("/witnesses/{name}")
    async def register(programme: str, draw: str, name: Name, body: Registration, officer: Officer) -> Answer:
        """A witness's key and commitment."""
        return await Desk(office, programme, draw, officer.staff).step(
            "announced", lambda turn: announcing.register_witness(turn, name, body.key, body.commitment))


def _before_the_close(router: APIRouter, office: Office) -> None:
    @router.post("/reveals")
    async def reveal(programme: str, draw: str, body: Reveal, officer: Officer) -> Answer:
        """Takes a witness's secret."""
        return await Desk(office, programme, draw, officer.staff).step(
            "revealed", lambda turn: closing.reveal(turn, body.witness, body.secret))


def _the_closing(router: APIRouter, office: Office) -> None:
    @router.get("/closing")
    async def proposed(programme: str, draw: str) -> Answer:
        """The record that the witnesses sign; public."""
        office.known(programme, draw)
        return proposal_answer((await office.state(programme, draw)).closing)

    @router.post("/closing")
    async def propose(programme: str, draw: str, officer: Officer) -> Answer:
        """Proposes the closing."""
        return await Desk(office, programme, draw, officer.staff).propose("closing-proposed", closing.propose)

    @router.post("/closing/signatures")
    async def sign(programme: str, draw: str, body: Signature) -> Answer:
        """Takes a witness's signature."""
        return await Desk(office, programme, draw).propose(
            "closed", lambda turn: closing.sign(turn, body.witness, body.signature), signed_in=False)


def _the_beacon(router: APIRouter, office: Office) -> None:
    @router.get("/beacon")
    async def proposed(programme: str, draw: str) -> Answer:
        """The digits that the witnesses sign; public."""
        office.known(programme, draw)
        return proposal_answer((await office.state(programme, draw)).beacon)

    @router.post("/beacon/readings")
    async def read(programme: str, draw: str, body: Digits, officer: Officer) -> Answer:
        """One person's reading of the digits."""
        return await Desk(office, programme, draw, officer.staff).propose(
            "beacon", lambda turn: chance.read(turn, officer.staff, body.value))

    @router.post("/beacon/signatures")
    async def sign(programme: str, draw: str, body: Signature) -> Answer:
        """Takes a witness's signature of the digits."""
        return await Desk(office, programme, draw).propose(
            "beacon", lambda turn: chance.sign(turn, body.witness, body.signature), signed_in=False)


def _after_the_draw(router: APIRouter, office: Office) -> None:
    @router.post("/changes")
    async def change(programme: str, draw: str, body: Change, officer: Officer, response: Response) -> Answer:
        """A change after the draw: what an applicant gives up at once, a decision of the ward when two agree."""
        if body.is_given_up:
            return await Desk(office, programme, draw, officer.staff).step("changed", given_up(body))
        response.status_code = 202
        return await proposed(office, programme, draw, "changes", body.decided(), officer)


def given_up(body: Change) -> Any:
    """The step for what an applicant withdraws or declines: of one slot, or of all."""
    return lambda turn: changing.give_up(turn, body.kind, body.entry or "", body.slot)
