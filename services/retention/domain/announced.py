"""What of a programme can't be changed any more once its draw is announced (B01)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.contracts.programme import Misfit, Programme


def changed_rules(announced: Programme, proposed: Programme) -> tuple[str, ...]:
    """The announced draw's rules that `proposed` would change; none where it has another draw.

    Everybody's receipt carries the announcement's digest, so that other rules need another draw.
    """
    if announced.draw.id != proposed.draw.id:
        return ()
    before, after = _rules(announced), _rules(proposed)
    return tuple(part for part in before if before[part] != after[part])


def unfounded(known: Programme, proposed: Programme, *, announced: bool, used: bool) -> Iterator[Misfit]:
    """What stands against another draw after `known`, whose own draw is announced or not.

    After an announced draw only a second one may come, which names it; it is drawn over the same applications, so the
    window stays. A second draw that waits for its announcement may be changed, but replaces the same one. `used`: the
    proposed draw's id is that of an earlier draw.
    """
    waiting = known.draw.previous.draw if known.draw.previous else None
    replaced = known.draw.id if announced else waiting
    if replaced is None or (announced and proposed.draw.id == known.draw.id):
        return
    if used:
        yield Misfit("draw.id", "second-draw-id-used", {"draw": proposed.draw.id})
    if proposed.draw.previous is None or proposed.draw.previous.draw != replaced:
        yield Misfit("draw.id", "second-draw-unnamed", {"draw": replaced})
    if (known.window.opens, known.window.closes) != (proposed.window.opens, proposed.window.closes):
        yield Misfit("window", "second-draw-window", {})


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
        "draw.previous": draw.previous,
        "draw": (draw.max_wins, draw.one_win_a_day, draw.waiting_list, draw.max_wishes, draw.publication),
    }
