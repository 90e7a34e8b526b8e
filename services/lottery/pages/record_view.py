"""What the public page shows of the record: digests and when each comes, witnesses, beacons, decisions, days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from services.lottery.domain.days import Day
from services.lottery.handlers.views import Point, beacon_at, beacon_due, witness_condition
from services.lottery.store import DrawState
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import CeremonyBeacon

Use = Literal["open", "due", "used", "missed", "spare"]


@dataclass(frozen=True)
class Digest:
    """A digest to keep: name of its words, the value or None, and when it comes or came."""

    name: str
    value: str | None
    at: datetime | None


@dataclass(frozen=True)
class Chance:
    """An announced beacon: its source and when it falls; `use` is what became of it. `digits` for a ceremony."""

    at: datetime
    use: Use
    round: int
    digits: int | None


@dataclass(frozen=True)
class Decided:
    """A decision before the close: an entry struck (how many alike) or the seats of a slot changed."""

    kind: Literal["struck", "adjusted"]
    slot: str | None
    number: int
    reason: str
    decision: str


def digests_to_keep(state: DrawState, points: Sequence[Point]) -> list[Digest]:
    """All six in the order in which they appear, with those to come."""
    at = {point.step: point.at for point in points}
    return [
        Digest("announcement", state.announcement, at["announce"]),
        Digest("root", state.root, at["freeze"]),
        Digest("closing", state.closing_digest, at["close"]),
        Digest("seed", state.seed, at["beacon"]),
        Digest("result", state.result_digest, at["draw"]),
        Digest("transcript", state.digest, at["draw"]),
    ]


def chances(programme: Programme, state: DrawState) -> list[Chance]:
    """Each announced beacon, and whether it is the one that counts."""
    due = beacon_due(programme, state)
    return [
        Chance(beacon_at(beacon), _use(beacon_at(beacon), due, state), beacon.round,
               beacon.digits if isinstance(beacon, CeremonyBeacon) else None)
        for beacon in programme.draw.beacons
    ]


def _use(at: datetime, due: datetime | None, state: DrawState) -> Use:
    if state.closed_at is None:
        return "open"
    if due is None or at < due:
        return "missed"
    if at > due:
        return "spare"
    return "used" if state.seed else "due"


def witnesses_of(programme: Programme, state: DrawState, language: str) -> list[tuple[str, dict[str, Any]]]:
    """The body of each witness, and what they have done."""
    return [(one.body.text(language), witness_condition(one.name, state)) for one in programme.draw.witnesses]


def decisions_of(records: Sequence[Mapping[str, Any]]) -> list[Decided]:
    """Strikes, counted alike, and changes of seats before the close, out of their records."""
    struck = Counter((one["reason"], one["decision"]) for one in records if one["type"] == "struck")
    return [
        *(Decided("struck", None, count, reason, decision) for (reason, decision), count in struck.items()),
        *(Decided("adjusted", one["slot"], one["seats"], one["reason"], one["decision"])
          for one in records if one["type"] == "adjusted"),
    ]


def reasons_in(programme: Programme, language: str) -> Callable[[str], str]:
    """The words of a reason code in the reader's language; the code itself where the programme has none."""
    def words(code: str) -> str:
        known = programme.reasons.get(code)
        return known.text(language) if known else code

    return words


def ends_at(day: date, programme: Programme) -> datetime:
    """The midnight that ends a local day."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=programme.zone)


def said_value(state: DrawState) -> str | None:
    """The digits of a ceremony as they fell, five by five; None before, and for drand, whose value is in the record."""
    value = state.beacon.record.get("value") if state.beacon is not None and state.seed is not None else None
    if not isinstance(value, str):
        return None
    return " ".join(value[start:start + 5] for start in range(0, len(value), 5))


def totals(day: Day) -> dict[str, int]:
    """Parties of a day by kind of change, for decisions about seats their number: the one line that stands for it."""
    found: Counter[str] = Counter()
    for row in day.rows:
        found[row.kind] += row.parties or 1
    return dict(found)
