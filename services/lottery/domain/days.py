"""What changed after the draw, day by day, as a reader follows it: counts by kind and slot, no entry (B02, B17)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.lottery.domain.canonical import Json
from services.lottery.domain.entries import Entries
from services.lottery.domain.times import local_day
from services.lottery.domain.transcript import Transcript

_BY_ENTRY = frozenset({"withdrawn", "declined", "disqualified", "revoked", "promotion"})


@dataclass
class Counted:
    """What happened alike on one day: `kind` of the change, or revoked or promotion; `slot` None for all that was held.

    `parties` is 0 for decisions about seats; `seats` is signed for those, else the seats of the parties.
    """

    kind: str
    slot: str | None
    reason: str | None
    decision: str | None
    parties: int = 0
    seats: int = 0


@dataclass(frozen=True)
class Day:
    """A local day with changes. `lines` are those of the transcript, first and last; `settled` once the day is over."""

    day: date
    rows: list[Counted]
    lines: tuple[int, int]
    settled: bool


def days_of(transcript: Transcript, settled_lines: int) -> list[Day]:
    """All days with changes, oldest first. `settled_lines`: how many lines of the transcript are settled."""
    assert transcript.entries is not None, "asked for after the draw only"
    found: dict[date, list[tuple[int, Mapping[str, Json]]]] = {}
    today = date.min
    for line, record in transcript.changes():
        if record["type"] == "change":
            today = _local_date(str(record["at"]), transcript.rules.utc_offset)
        found.setdefault(today, []).append((line, record))
    return [
        Day(day, _counted((record for _, record in changes), transcript.entries), (changes[0][0], changes[-1][0]),
            settled=changes[-1][0] <= settled_lines)
        for day, changes in found.items()
    ]


def _counted(records: Iterable[Mapping[str, Json]], entries: Entries) -> list[Counted]:
    rows: dict[tuple[Json, ...], Counted] = {}
    for record in records:
        kind = str(record.get("kind", record["type"]))
        slot, reason, decision = (_text(record.get(field)) for field in ("slot", "reason", "decision"))
        row = rows.setdefault((kind, slot, reason, decision), Counted(kind, slot, reason, decision))
        if kind in _BY_ENTRY:
            row.parties += 1
            row.seats += entries.seats[entries.number(str(record["entry"]))]
        else:
            seats = record["seats"]
            assert isinstance(seats, int), "a change of seats was read by its record"
            row.seats += seats
    return list(rows.values())


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


def _local_date(at: str, utc_offset: int) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + local_day(at, utc_offset))
