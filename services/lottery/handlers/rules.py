"""The first records of a draw, out of its programme and of what the witnesses registered (B01)."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.lottery.domain.beacon import drand_time
from services.lottery.domain.records import DRAND, PROTOCOL
from services.lottery.store import DrawState, Witness
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import Beacon, DrandBeacon, Draw


def rules_record(programme: Programme, state: DrawState) -> dict[str, Any]:
    """The `rules` record that follows from the programme and the registered keys; of a second draw, once it is known
    by which digest it names the first (`state.previous`).
    """
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
        "utc_offset": programme.utc_offset_minutes, "publication": draw.publication,
        "previous": _previous(draw, state),
    }


def provisional_rules(programme: Programme, state: DrawState) -> dict[str, Any]:
    """The same before all witnesses have registered: whoever has not gets a key that stands in for theirs, and the
    digest of a first draw that still goes on another one."""
    names = [witness.name for witness in programme.draw.witnesses]
    registered = {name: state.witnesses.get(name) or _stand_in(name) for name in names}
    return rules_record(programme, state.model_copy(
        update={"witnesses": registered, "previous": state.previous or "0" * 64}))


def _stand_in(name: str) -> Witness:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
    return Witness(key=key.public_key().public_bytes_raw().hex(), commitment="0" * 64, at="")


def commitment_records(programme: Programme, state: DrawState) -> list[dict[str, Any]]:
    """The `commitment` records in the order of the rules' witnesses."""
    return [
        {"type": "commitment", "witness": witness.name, "commitment": state.witnesses[witness.name].commitment,
         "at": state.witnesses[witness.name].at}
        for witness in programme.draw.witnesses
    ]


def _previous(draw: Draw, state: DrawState) -> dict[str, str] | None:
    if draw.previous is None or state.previous is None:
        return None
    return {**draw.previous.model_dump(), "digest": state.previous}


def _beacon(beacon: Beacon) -> dict[str, Any]:
    if isinstance(beacon, DrandBeacon):
        return {"source": DRAND, "round": beacon.round, "at": drand_time(beacon.round)}
    return {"source": f"ceremony:{beacon.name}", "round": beacon.round, "at": moment_text(beacon.at),
            "digits": beacon.digits}
