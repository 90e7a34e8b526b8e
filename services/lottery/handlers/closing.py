"""From the freeze to the close: strikes, adjustments, reveals, and the closing that the witnesses sign (B01)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.lottery.domain.beacon import has_fallen
from services.lottery.domain.canonical import line_of
from services.lottery.domain.faults import OutOfOrder
from services.lottery.domain.records import WitnessSignature
from services.lottery.domain.witness import (
    closing_digest,
    is_signed_by,
    signatures_needed,
    signed_message,
    with_signatures,
)
from services.lottery.handlers.late import release, strike_held
from services.lottery.handlers.office import MOST_LINES_IN_AN_EVENT, StepRefused, Turn
from services.lottery.store import DrawState, Phase, Proposal


async def strike(turn: Turn, entry: str, reason: str, decision: str) -> DrawState:
    """Takes an entry out by a decision of the ward; it keeps its ticket and takes no seat."""
    await _reopen(turn)
    record = turn.transcript.strike(entry, reason, decision, turn.at)
    turn.state.struck += 1
    turn.said("struck", turn.keep(Phase.STRUCK, entry, record), counts={"struck": turn.state.struck})
    return turn.state


async def adjust(turn: Turn, slot: str, seats: int, reason: str, decision: str) -> DrawState:
    """Adds or cuts (signed) seats of a slot by a decision of the ward."""
    turn.must_be_held(slot)
    await _reopen(turn)
    turn.said("adjusted", _adjusted(turn, slot, seats, reason, decision))
    return turn.state


async def cut(turn: Turn, seats: Mapping[str, int], reason: str, decision: str) -> None:
    """Takes all seats away that these slots have, by one decision."""
    await _reopen(turn)
    turn.spoilt = True
    lines = [line for slot, left in seats.items() for line in _adjusted(turn, slot, -left, reason, decision)]
    # An event that left lines out could not be replayed: the transcript has adjustments from nowhere else.
    for start in range(0, len(lines), MOST_LINES_IN_AN_EVENT):
        turn.said("adjusted", lines[start : start + MOST_LINES_IN_AN_EVENT])


def _adjusted(turn: Turn, slot: str, seats: int, reason: str, decision: str) -> list[bytes]:
    record = turn.transcript.adjust(slot, seats, reason, decision, turn.at)
    turn.state.adjusted += 1
    return turn.keep(Phase.ADJUSTED, f"{turn.state.adjusted - 1:06}", record)


async def reveal(turn: Turn, witness: str, secret: str) -> DrawState:
    """Takes a witness's secret, if it opens the commitment."""
    await _reopen(turn)
    record = turn.transcript.reveal(witness, secret, turn.at)
    turn.said("revealed", turn.keep(Phase.REVEALS, witness, record))
    turn.state.revealed = sorted([*turn.state.revealed, witness])
    return turn.state


async def propose(turn: Turn) -> Proposal:
    """The unsigned closing, fixed in the store, for the witnesses. A new one replaces one that nobody has signed."""
    await _reopen(turn)
    if turn.state.stage == "frozen":
        await strike_held(turn)
    record = turn.transcript.propose_closing(turn.at)
    turn.state.closing = Proposal(record=record, digest=closing_digest(record))
    turn.state.stage = "closing"
    turn.said("closing-proposed", [line_of(record)], digest=turn.state.closing.digest)
    return turn.state.closing


async def sign(turn: Turn, witness: str, signature: str) -> Proposal:
    """Takes one witness's signature of the proposed closing."""
    return add_signature(turn, _proposed(turn), witness, signature)


async def confirm(turn: Turn) -> DrawState:
    """Closes, when more than two thirds of the witnesses have signed."""
    state, record = turn.state, signed(turn, _proposed(turn))
    state.closing_digest = turn.transcript.close(record)
    state.stage, state.closed_at = "closed", record["at"]
    turn.said("closed", turn.keep(Phase.CLOSED, "", record), digest=state.closing_digest)
    return state


def add_signature(turn: Turn, proposal: Proposal, witness: str, signature: str) -> Proposal:
    """Adds a signature that was checked by itself, so that a wrong one never spoils the record."""
    WitnessSignature.read({"witness": witness, "signature": signature})
    key = turn.transcript.rules.keys.get(witness)
    if key is None:
        raise StepRefused("witness", f"{witness} is not a witness of this draw")
    if not is_signed_by(key, signed_message(proposal.record), signature):
        raise StepRefused("signature", f"this is not {witness}'s signature of the proposed record: sign exactly the "
                                       "record that is shown")
    proposal.signatures[witness] = signature
    return proposal


def signed(turn: Turn, proposal: Proposal) -> dict[str, Any]:
    """The record with its signatures; refused as long as they are too few."""
    witnesses = len(turn.transcript.rules.keys)
    needed = signatures_needed(witnesses)
    if len(proposal.signatures) < needed:
        raise StepRefused("signatures-missing", f"{len(proposal.signatures)} of {witnesses} witnesses signed, "
                                                f"{needed} are needed")
    return with_signatures(proposal.record, proposal.signatures)


def _proposed(turn: Turn) -> Proposal:
    """The proposed closing, as long as nobody can know what it leads to."""
    proposal = turn.state.closing
    if turn.state.is_at_least("closed"):
        raise OutOfOrder("step", "the draw is closed: there is one closing only", "close-late")
    if proposal is None or turn.state.stage != "closing":
        raise OutOfOrder("step", "there is no proposed closing: propose one first", "close-early")
    if has_fallen(turn.transcript.rules.beacons, proposal.record["at"], turn.at):
        raise StepRefused("closing-stale", "the beacon that counts for this closing has fallen: whoever closes knows "
                                           "the result. Propose anew, or, if a witness signed, prepare a second draw")
    return proposal


async def _reopen(turn: Turn) -> None:
    """Takes back a proposed closing, which would not be true any more; refused once a witness has signed it."""
    state = turn.state
    if state.stage != "closing" or state.closing is None:
        return
    if state.closing.signatures:
        names = ", ".join(sorted(state.closing.signatures))
        raise StepRefused("signed", f"the proposed closing is signed by {names}: a witness signs one closing only, so "
                                    "confirm that one; what comes now waits for the draw and becomes a change")
    turn.spoilt = True
    turn.transcript.abandon_closing()
    state.closing, state.stage = None, "frozen"
    await release(turn.tx, state.programme)
