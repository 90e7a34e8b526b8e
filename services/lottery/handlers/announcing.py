"""Before the window opens: the witnesses' keys and commitments, and the announcement (B01)."""

from __future__ import annotations

from services.lottery.domain.faults import OutOfOrder
from services.lottery.domain.records import Commitment, WitnessKey
from services.lottery.domain.transcript import Transcript
from services.lottery.domain.witness import check_key
from services.lottery.handlers.office import StepRefused, Turn
from services.lottery.handlers.rules import commitment_records, rules_record
from services.lottery.handlers.second import end_replaced, freeze_again
from services.lottery.store import DrawState, Phase, Witness
from services.lottery.transcripts import Held
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme


async def register_witness(turn: Turn, name: str, key: str, commitment: str) -> DrawState:
    """Takes a witness's public key and commitment (64 hex each) until `commit_until`; again, it replaces them."""
    if turn.held is not None:
        raise OutOfOrder("step", "the draw is announced: its witnesses are fixed", "witnesses-fixed")
    if name not in {witness.name for witness in turn.programme.draw.witnesses}:
        raise StepRefused("witness", f"{name} is not a witness of this programme")
    until = turn.programme.draw.timetable.commit_until
    if turn.now > until:
        raise StepRefused("commitment-late", f"commitments were taken until {moment_text(until)}; a second draw must "
                                             "follow")
    WitnessKey.read({"name": name, "key": key})
    check_key(key)
    Commitment.read({"type": "commitment", "witness": name, "commitment": commitment, "at": turn.at})
    if any(other.key == key for registered, other in turn.state.witnesses.items() if registered != name):
        raise StepRefused("key", "this key is another witness's already: each makes a pair of their own")
    turn.state.witnesses[name] = Witness(key=key, commitment=commitment, at=turn.at)
    return turn.state


async def announce(turn: Turn) -> DrawState:
    """Fixes rules and commitments: their digest is what every receipt carries."""
    state, programme = turn.state, turn.programme
    if turn.held is not None:
        raise OutOfOrder("step", "the draw is announced already", "announced-already")
    _must_be_in_time(turn, programme)
    missing = [witness.name for witness in programme.draw.witnesses if witness.name not in state.witnesses]
    if missing:
        raise StepRefused("witnesses-missing", f"no key and commitment yet of {', '.join(missing)}: register them")
    previous = programme.draw.previous
    if previous is not None:
        state.previous = await end_replaced(turn, previous)
        await freeze_again(turn)
    rules, commitments = rules_record(programme, state), commitment_records(programme, state)
    transcript = Transcript(rules, commitments)
    lines = turn.keep(Phase.RULES, "", rules) + turn.keep(Phase.COMMITMENTS, "", *commitments)
    turn.held = Held("", transcript)
    state.stage, state.announcement = "announced", transcript.announcement
    turn.said("announced", lines, digest=transcript.announcement, replaces=turn.replaces)
    return state


def _must_be_in_time(turn: Turn, programme: Programme) -> None:
    until = programme.draw.timetable.freeze_from
    if programme.draw.previous is not None:
        if turn.now > until:
            raise StepRefused("second-late", f"this second draw was to freeze from {moment_text(until)}: give it "
                                             "another timetable in the programme's next version")
    elif turn.now >= programme.window.opens:
        raise StepRefused("announcement-late", f"the window opened at {moment_text(programme.window.opens)}: it is too "
                                               "late to announce this draw; a second draw must follow")
