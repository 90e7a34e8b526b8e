"""Before the window opens: the witnesses' keys and commitments, and the announcement (B01)."""

from __future__ import annotations

from typing import Any

from services.lottery.domain.beacon import drand_time
from services.lottery.domain.faults import OutOfOrder
from services.lottery.domain.records import DRAND, PROTOCOL, Commitment, WitnessKey
from services.lottery.domain.transcript import Transcript
from services.lottery.domain.witness import check_key
from services.lottery.handlers.office import StepRefused, Turn
from services.lottery.store import DrawState, Phase, Witness
from services.lottery.transcripts import Held
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Beacon, DrandBeacon, Programme


async def register_witness(turn: Turn, name: str, key: str, commitment: str) -> DrawState:
    """Takes a witness's public key and commitment (64 hex each) until `commit_until`; again, it replaces them."""
    if turn.held is not None:
        raise OutOfOrder("step", "the draw is announced: its witnesses are fixed")
    if name not in {witness.name for witness in turn.programme.draw.witnesses}:
        raise StepRefused("witness", f"{name} is not a witness of this programme")
    until = turn.programme.draw.timetable.commit_until
    if turn.now > until:
        raise StepRefused("too-late", f"commitments were taken until {moment_text(until)}; a second draw must follow")
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
        raise OutOfOrder("step", "the draw is announced already")
    if turn.now >= programme.window.opens:
        raise StepRefused("too-late", f"the window opened at {moment_text(programme.window.opens)}: it is too late "
                                      "to announce this draw; a second draw must follow")
    missing = [witness.name for witness in programme.draw.witnesses if witness.name not in state.witnesses]
    if missing:
        raise StepRefused("witnesses-missing", f"no key and commitment yet of {', '.join(missing)}: register them")
    rules, commitments = rules_record(programme, state), commitment_records(programme, state)
    transcript = Transcript(rules, commitments)
    lines = turn.keep(Phase.RULES, "", rules) + turn.keep(Phase.COMMITMENTS, "", *commitments)
    turn.held = Held("", transcript)
    state.stage, state.announcement = "announced", transcript.announcement
    turn.said("announced", lines, digest=transcript.announcement)
    return state


def rules_record(programme: Programme, state: DrawState) -> dict[str, Any]:
    """The `rules` record that follows from the programme and the registered keys."""
    draw, window = programme.draw, programme.window
    return {
        "type": "rules", "protocol": PROTOCOL, "draw": draw.id, "programme": programme.id,
        "mechanism": "ranked-rounds", "max_wins": draw.max_wins, "one_win_a_day": draw.one_win_a_day,
        "waiting_list": draw.waiting_list, "max_seats": programme.party.max_seats, "max_wishes": draw.max_wishes,
        "slots": [
            {"slot": slot.id, "day": slot.day.isoformat(), "seats": slot.seats, "reserve": slot.reserve}
            for slot in programme.slots
        ],
        "witnesses": [{"name": witness.name, "key": state.witnesses[witness.name].key} for witness in draw.witnesses],
        "beacons": [_beacon(beacon) for beacon in draw.beacons],
        "timetable": {
            "commit_until": moment_text(draw.timetable.commit_until), "apply_from": moment_text(window.opens),
            "apply_until": moment_text(window.closes), "freeze_from": moment_text(draw.timetable.freeze_from),
            "close_from": moment_text(draw.timetable.close_from),
            "promote_until": moment_text(draw.timetable.promote_until),
        },
        "utc_offset": programme.utc_offset_minutes, "publication": draw.publication, "previous": None,
    }


def commitment_records(programme: Programme, state: DrawState) -> list[dict[str, Any]]:
    """The `commitment` records in the order of the rules' witnesses."""
    return [
        {"type": "commitment", "witness": witness.name, "commitment": state.witnesses[witness.name].commitment,
         "at": state.witnesses[witness.name].at}
        for witness in programme.draw.witnesses
    ]


def _beacon(beacon: Beacon) -> dict[str, Any]:
    if isinstance(beacon, DrandBeacon):
        return {"source": DRAND, "round": beacon.round, "at": drand_time(beacon.round)}
    return {"source": f"ceremony:{beacon.name}", "round": beacon.round, "at": moment_text(beacon.at),
            "digits": beacon.digits}
