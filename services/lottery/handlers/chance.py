"""The beacon: digits that two people read independently and the witnesses sign, or a round of drand (B01)."""

from __future__ import annotations

import asyncio

from services.lottery.domain.beacon import drand_record, is_drand_signature
from services.lottery.domain.faults import OutOfOrder
from services.lottery.domain.records import DrandBeacon
from services.lottery.domain.witness import closing_digest
from services.lottery.handlers.closing import add_signature, signed
from services.lottery.handlers.drawing import begin_drawing
from services.lottery.handlers.office import StepRefused, Turn
from services.lottery.store import DrawState, Phase, Proposal, Reading


async def read(turn: Turn, staff: str, value: str) -> Proposal | None:
    """What one person saw of the ceremony's digits. Two different people must have seen the same.

    Gives the record to sign when they agree, None while the second is missed. Where they differ both are cleared.
    """
    state = turn.state
    _must_be_closed(turn)
    if state.beacon is not None and state.beacon.signatures:
        raise StepRefused("digits-signed", "a witness has signed the digits already: collect the other signatures")
    record = turn.transcript.propose_beacon(value, turn.at)
    if state.beacon is None and staff in state.readings:
        raise StepRefused("same-person", "you have typed what you saw already: now another person does, for themselves")
    state.beacon = None
    others = {name: reading for name, reading in state.readings.items() if name != staff}
    if others and any(reading.value != value for reading in others.values()):
        state.readings = {}
        turn.refuse("readings-differ", "the two readings differ, so both are cleared: look at the dice again, and "
                                       "both type what they see, each for themselves")
        return None
    state.readings[staff] = Reading(value=value, at=turn.at)
    if others:
        state.beacon = Proposal(record=record, digest=closing_digest(record))
    return state.beacon


async def sign(turn: Turn, witness: str, signature: str) -> Proposal:
    """Takes one witness's signature of the digits."""
    _must_be_closed(turn)
    if turn.state.beacon is None:
        raise _nothing_read()
    return add_signature(turn, turn.state.beacon, witness, signature)


async def confirm(turn: Turn) -> DrawState:
    """Takes the digits, when more than two thirds of the witnesses saw them fall; the draw starts by itself."""
    _must_be_closed(turn)
    if turn.state.beacon is None:
        raise _nothing_read()
    return await _take(turn, signed(turn, turn.state.beacon))


async def take_drand(turn: Turn, round: int, signature: str) -> DrawState:
    """Takes a round of drand: its BLS signature is checked at once, off the loop, as it is a second of work."""
    _must_be_closed(turn)
    awaited = turn.transcript.awaited_beacon
    if not isinstance(awaited, DrandBeacon):
        raise StepRefused("source", f"the beacon that counts is round {awaited.round} of {awaited.source}")
    if awaited.round != round:
        raise StepRefused("round", f"the round that counts is {awaited.round}, due at {awaited.at}")
    if not await asyncio.to_thread(is_drand_signature, round, signature):
        raise StepRefused("drand-signature", f"this is not drand's signature of round {round}: copy it "
                                             "again from the beacon's own answer")
    return await _take(turn, drand_record(awaited, signature, turn.at))


async def _take(turn: Turn, record: dict[str, object]) -> DrawState:
    state = turn.state
    state.seed = turn.transcript.take_beacon(record)
    turn.spoilt = True
    state.stage, state.beacon_at = "drawing", str(record["at"])
    lines = turn.keep(Phase.BEACON, "", record) + turn.keep(Phase.SEED, "", {"type": "seed", "seed": state.seed})
    turn.said("beacon", lines, digest=state.seed)
    await begin_drawing(turn)
    return state


def _nothing_read() -> OutOfOrder:
    return OutOfOrder("step", "there are no digits yet: two people read them first", "nothing-read")


def _must_be_closed(turn: Turn) -> None:
    if turn.state.stage != "closed":
        when = "late" if turn.state.is_at_least("closed") else "early"
        raise OutOfOrder("step", "the beacon is taken between the close and the draw only", f"beacon-{when}")
