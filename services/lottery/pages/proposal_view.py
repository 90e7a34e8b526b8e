"""What the draw desk shows of a proposal: everything that approving it will do, in words and not in codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.lottery.handlers.views import beacon_at
from services.lottery.pages.cancellation import named
from services.lottery.pages.public_view import slot_names
from services.lottery.store import DrawState, Proposed
from shared.contracts.programme import Programme
from shared.two_people import Asked

Kind = Literal["text", "digest", "time", "seats", "change", "kind", "draw", "scope", "none"]
_ENTERED = ("kind", "entry", "slot", "seats", "reason", "decision", "round", "signature")
"""The values of forms, in the order in which they are read."""


@dataclass(frozen=True)
class Row:
    """One value: `name` of its words, the value, and how it is written."""

    name: str
    value: Any
    kind: Kind = "text"


@dataclass(frozen=True)
class Shown:
    """A proposal: `mine` where whoever looks made it, and so can't approve it."""

    id: str
    act: str
    rows: tuple[Row, ...]
    by: str
    at: datetime
    until: datetime
    mine: bool


def proposals_of(programme: Programme, state: DrawState, now: datetime, person: str) -> list[Shown]:
    """What waits for a second officer, the oldest first."""
    shown = []
    for one in state.proposed:
        asked = Asked(one.by, one.moment)
        if asked.stands(now):
            shown.append(Shown(one.id, one.act, tuple(_rows(programme, state, one)), one.by, asked.at, asked.until,
                               mine=one.by == person))
    return shown


def _rows(programme: Programme, state: DrawState, one: Proposed) -> Iterator[Row]:
    match one.act:
        case "announcement":
            yield from _announced(programme, one)
        case "closing-confirmation" if state.closing:
            yield Row("closing", state.closing.digest, "digest")
            yield Row("revealed", _bodies(programme, state.closing.record["revealed"]))
            yield Row("missing", _bodies(programme, state.closing.record["missing"]) or "—")
            yield Row("signed", _bodies(programme, state.closing.signatures))
        case "beacon-confirmation" if state.beacon:
            yield Row("digits", state.beacon.record["value"], "digest")
            yield Row("signed", _bodies(programme, state.beacon.signatures))
        case "cancellations":
            scope, value = one.body["scope"], one.body["value"]
            yield Row("cancelled", (scope, named(programme, scope, value)), "scope")
            yield from (_entered(programme, name, one.body[name]) for name in ("reason", "decision"))
        case _:
            yield from (_entered(programme, name, one.body[name]) for name in _ENTERED if name in one.body)


def _announced(programme: Programme, one: Proposed) -> Iterator[Row]:
    draw = programme.draw
    yield Row("announcement", one.announcement, "digest")
    if draw.previous is not None:
        reason = programme.reasons.get(draw.previous.reason)
        yield Row("previous", draw.previous.draw, "draw")
        yield Row("reason", reason.ja if reason else draw.previous.reason)
        yield Row("decision", draw.previous.decision)
    yield Row("slots", len(programme.slots))
    yield Row("all-seats", sum(slot.seats for slot in programme.slots), "seats")
    yield Row("witnesses", _bodies(programme, [witness.name for witness in draw.witnesses]))
    yield Row("freeze-from", draw.timetable.freeze_from, "time")
    yield Row("close-from", draw.timetable.close_from, "time")
    yield Row("beacon", beacon_at(draw.beacons[0]), "time")
    yield Row("promote-until", draw.timetable.promote_until, "time")


def _entered(programme: Programme, name: str, value: Any) -> Row:
    if value is None:
        return Row(name, value, "none")
    if name == "slot":
        return Row(name, slot_names(programme).get(value, value))
    if name == "reason" and value in programme.reasons:
        return Row(name, programme.reasons[value].ja)
    kinds: dict[str, Kind] = {"seats": "change", "kind": "kind", "entry": "digest", "signature": "digest"}
    return Row(name, value, kinds.get(name, "text"))


def _bodies(programme: Programme, names: Any) -> str:
    return "、".join(witness.body.ja for witness in programme.draw.witnesses if witness.name in names)
