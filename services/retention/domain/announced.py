"""What of a programme can't be changed any more once its draw is announced (B01)."""

from __future__ import annotations

from typing import Any

from shared.contracts.programme import Programme


def changed_rules(announced: Programme, proposed: Programme) -> tuple[str, ...]:
    """The announced draw's rules that `proposed` would change; none where it has another draw.

    Everybody's receipt carries the announcement's digest, so that other rules need another draw.
    """
    if announced.draw.id != proposed.draw.id:
        return ()
    before, after = _rules(announced), _rules(proposed)
    return tuple(part for part in before if before[part] != after[part])


def _rules(programme: Programme) -> dict[str, Any]:
    draw = programme.draw
    return {
        "periods": tuple((slot.id, slot.day, slot.seats, slot.reserve) for slot in programme.slots),
        "window": (programme.window.opens, programme.window.closes),
        "party.max_seats": programme.party.max_seats,
        "utc_offset_minutes": programme.utc_offset_minutes,
        "draw.witnesses": tuple(witness.name for witness in draw.witnesses),
        "draw.beacons": draw.beacons,
        "draw.timetable": draw.timetable,
        "draw": (draw.max_wins, draw.one_win_a_day, draw.waiting_list, draw.max_wishes, draw.publication),
    }
