"""Two officers: one proposes a step that can't be undone, a second, different one approves it within a day (B01).

A proposal is tried when it is made and thrown away again, so that nothing waits that the rules refuse. It falls, as a
recorded refusal, when the draw has moved on so that it would not do any more what it said.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from services.lottery.handlers.acts import ACTS
from services.lottery.handlers.office import Office, StepRefused, Turn, record_refusal
from services.lottery.store import ActName, DrawState, Proposed
from shared.contracts.envelope import new_id
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.problems import Problem
from shared.two_people import Asked, NotAgreed, check_agreeable, check_retractable

OWN, NOT_OWN, FALLEN = "own-proposal", "not-own-proposal", "proposal-fallen"
_WHY_NOT = {
    "same-person": (OWN, "whoever proposed a step can't approve it: have another officer sign in and approve"),
    "not-own": (NOT_OWN, "the proposal is another officer's and stands: ask them to take it back"),
    "not-asked": (FALLEN, "a day has passed: propose it again"),
}


class _Tried(Exception):
    """Ends the trial of a step, so that nothing of it is kept; holds the announcement that it would make."""

    def __init__(self, announcement: str | None) -> None:
        super().__init__("tried")
        self.announcement = announcement


async def propose(
    office: Office, programme: str, draw: str, act: ActName, body: Mapping[str, Any], by: str
) -> Proposed:
    """The proposal that waits for a second officer: this one, or an equal one that waits already.

    Raises `Problem` 409 where the rules refuse the step as it stands.
    """
    step = ACTS[act].step
    announcement = await _try(office, programme, draw, act, body, by)

    async def work(turn: Turn) -> Proposed:
        for waiting in turn.state.proposed:
            if (waiting.act, waiting.body) == (act, body):
                return waiting
        basis = ACTS[act].basis(turn.programme, turn.state)
        if basis is None:
            raise StepRefused(FALLEN, "the draw moved on while this was proposed: look at the desk again")
        fresh = Proposed(id=new_id(), act=act, body=dict(body), basis=basis, by=by, at=turn.at,
                         announcement=announcement if act == "announcement" else None)
        turn.state.proposed.append(fresh)
        return fresh

    return await office.step(programme, draw, step, work, by=[by])


async def approve(office: Office, programme: str, draw: str, proposal: str, by: str) -> DrawState:
    """Takes the proposed step, in the name of both. What the rules refuse now falls.

    Raises `Problem` 404 where no such proposal waits, 409 where the step or the approval is refused.
    """
    asked = await _waiting(office, programme, draw, proposal)
    who = (by,) if asked.by == by else (asked.by, by)
    try:
        return await office.step(
            programme, draw, ACTS[asked.act].step, partial(_approve, proposal=proposal, by=by), by=who)
    except Problem as problem:
        if problem.type == "step-refused" and problem.extra["code"] != OWN:
            await office.transactions.run(partial(_drop, office, programme, draw, proposal))
        raise


async def take_back(office: Office, programme: str, draw: str, proposal: str, by: str) -> None:
    """Whoever proposed it proposes it no more. Raises `Problem` 404 where none waits, 409 for another's."""
    asked = await _waiting(office, programme, draw, proposal)

    async def work(turn: Turn) -> None:
        found = _found(turn.state, proposal)
        try:
            check_retractable(_asked(found), by, turn.now)
        except NotAgreed as error:
            _refuse(error)
        turn.state.proposed.remove(found)

    await office.step(programme, draw, ACTS[asked.act].step, work, by=[by])


def let_fall(turn: Turn) -> None:
    """At the end of each turn: proposals that would not do any more what they say are refused and go."""
    for proposed in [one for one in turn.state.proposed if not stands(one, turn.programme, turn.state)]:
        turn.state.proposed.remove(proposed)
        record_refusal(turn, ACTS[proposed.act].step, StepRefused(FALLEN, "the draw moved on before a second officer "
                                                                          "approved this"), by=(proposed.by,))


def stands(proposed: Proposed, programme: Programme, state: DrawState) -> bool:
    """Whether what the proposal rests on is still so."""
    return state.replaced_by is None and ACTS[proposed.act].basis(programme, state) == proposed.basis


def plain(proposed: Proposed) -> dict[str, Any]:
    """For the interface."""
    return {
        "proposal": proposed.id, "act": proposed.act, "values": proposed.body, "announcement": proposed.announcement,
        "proposed_by": proposed.by, "proposed_at": proposed.at,
    }


async def _try(
    office: Office, programme: str, draw: str, act: ActName, body: Mapping[str, Any], by: str
) -> str | None:
    async def trial(turn: Turn) -> NoReturn:
        state = await ACTS[act].work(body)(turn)
        raise _Tried(state.announcement)

    try:
        await office.step(programme, draw, ACTS[act].step, trial, by=[by])
    except _Tried as tried:
        return tried.announcement
    raise AssertionError("a trial always ends so")


async def _approve(turn: Turn, *, proposal: str, by: str) -> DrawState:
    found = _found(turn.state, proposal)
    try:
        check_agreeable(_asked(found), by, turn.now)
    except NotAgreed as error:
        _refuse(error)
    turn.state.proposed.remove(found)
    state = await ACTS[found.act].work(found.body)(turn)
    if found.announcement not in (None, state.announcement):
        raise StepRefused(FALLEN, "the announcement would be another than the one that was proposed: propose it again")
    return state


async def _drop(office: Office, programme: str, draw: str, proposal: str, tx: Transaction) -> None:
    async with office.turn(tx, programme, draw) as turn:
        turn.state.proposed = [one for one in turn.state.proposed if one.id != proposal]


async def _waiting(office: Office, programme: str, draw: str, proposal: str) -> Proposed:
    office.known(programme, draw)
    return _found(await office.state(programme, draw), proposal)


def _found(state: DrawState, proposal: str) -> Proposed:
    for one in state.proposed:
        if one.id == proposal:
            return one
    raise Problem(404, "unknown-proposal", "No such proposal waits",
                  "It was approved or taken back, or it fell: the draw desk shows what became of it.")


def _asked(proposed: Proposed) -> Asked:
    return Asked(proposed.by, proposed.moment)


def _refuse(error: NotAgreed) -> NoReturn:
    raise StepRefused(*_WHY_NOT[error.code]) from None
