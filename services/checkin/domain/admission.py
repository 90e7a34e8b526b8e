"""Who is let in with a pass: the right slot, in time, once, while there is room (S08, B06, B07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.checkin.domain.occupancy import Occupancy
from services.checkin.domain.passes import Pass
from shared.contracts.envelope import Id, derived_id
from shared.contracts.programme import Programme, Slot

DOORS_OPEN_BEFORE = timedelta(minutes=60)

Reason = Literal[
    "forged", "unknown-pass", "wrong-programme", "wrong-slot", "too-early", "too-late", "from-the-future", "void",
    "already-admitted", "full",
]


@dataclass(frozen=True)
class Scan:
    """A pass held to a terminal: where, for which slot, by whom, when; `key` makes a repeated request recognisable."""

    slot: Slot
    terminal: str
    by: str
    scanned_at: datetime
    key: str | None = None


@dataclass(frozen=True)
class Admission:
    """A party came in. There is at most one admission a pass."""

    id: Id
    pass_id: Id
    slot: str
    seats: int
    scanned_at: datetime
    terminal: str
    by: str
    key: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Not let in, and why. `first` is the admission on the same pass; `window` when the pass's slot lets people in."""

    reason: Reason
    entitlement: Pass | None = None
    first: Admission | None = None
    window: tuple[datetime, datetime] | None = None


def window(programme: Programme, slot: Slot) -> tuple[datetime, datetime]:
    """From when until when the doors of a slot let people in."""
    starts = datetime.combine(slot.day, slot.starts, programme.zone)
    ends = datetime.combine(slot.day, slot.ends, programme.zone)
    return starts - DOORS_OPEN_BEFORE, ends


def refuse_moment(programme: Programme, slot: Slot, at: datetime, now: datetime) -> Refusal | None:
    """Who came counts for the time `at` they came, also when it is told later; but nobody comes from the future."""
    opens, closes = times = window(programme, slot)
    if at > now:
        return Refusal("from-the-future")
    if at < opens:
        return Refusal("too-early", window=times)
    if at > closes:
        return Refusal("too-late", window=times)
    return None


def refuse_pass(programme: Programme, entitlement: Pass, scan: Scan) -> Refusal | None:
    """What a terminal can tell from the token alone, without a network."""
    if entitlement.programme != programme.id:
        return Refusal("wrong-programme", entitlement)
    if entitlement.slot == scan.slot.id:
        return None
    right = programme.slot_by_id.get(entitlement.slot)
    return Refusal("wrong-slot", entitlement, window=window(programme, right) if right else None)


def admit(
    entitlement: Pass, scan: Scan, *, void: bool, first: Admission | None, occupancy: Occupancy,
) -> Admission | Refusal:
    """The decision, once token and time are found right.

    A scan with the key of the first admission is the same scan, sent again because its answer was lost.
    """
    if first is not None:
        return first if scan.key and scan.key == first.key else Refusal("already-admitted", entitlement, first=first)
    if void:
        return Refusal("void", entitlement)
    if entitlement.seats > occupancy.free(scan.slot):
        return Refusal("full", entitlement)
    return Admission(
        derived_id("admission", entitlement.id), entitlement.id, scan.slot.id, entitlement.seats, scan.scanned_at,
        scan.terminal, scan.by, scan.key,
    )
