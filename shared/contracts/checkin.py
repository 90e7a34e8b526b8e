"""What checkin says: passes, admissions, walk-in groups, and where each paper card is."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import Event, Id, Moment

PASS_CODE_LENGTH = 10


def pass_code(pass_id: Id) -> str:
    """What a person can read out and type where a QR cannot be read: the id's first ten digits, `A1B2C-3D4E5`."""
    digits = pass_id[:PASS_CODE_LENGTH].upper()
    return f"{digits[:5]}-{digits[5:]}"


class PassIssued(Event):
    """A pass for one slot. `token` is what its QR holds: signed, without personal data (S08, B06)."""

    TOPIC: ClassVar[str] = "checkin.passes.v1"
    TYPE: ClassVar[str] = "checkin.pass-issued.v1"
    pass_id: Id
    application: Id
    slot: str
    seats: int = Field(ge=1)
    token: str


class PassVoided(Event):
    """The pass admits nobody any more."""

    TOPIC: ClassVar[str] = "checkin.passes.v1"
    TYPE: ClassVar[str] = "checkin.pass-voided.v1"
    pass_id: Id
    application: Id
    slot: str
    reason: str


class PartyAdmitted(Event):
    """A party came in on a pass (S08)."""

    TOPIC: ClassVar[str] = "checkin.admissions.v1"
    TYPE: ClassVar[str] = "checkin.party-admitted.v1"
    admission: Id
    pass_id: Id
    slot: str
    seats: int = Field(ge=1)
    scanned_at: Moment
    terminal: str
    by: str


class AdmissionRefused(Event):
    """Somebody was not let in; `reason` is a code."""

    TOPIC: ClassVar[str] = "checkin.admissions.v1"
    TYPE: ClassVar[str] = "checkin.admission-refused.v1"
    pass_id: Id | None
    slot: str
    reason: str
    scanned_at: Moment
    terminal: str
    by: str


class GroupSeated(Event):
    """A walk-in group was given `seat` and the paper contact card `card` (S09)."""

    TOPIC: ClassVar[str] = "checkin.admissions.v1"
    TYPE: ClassVar[str] = "checkin.group-seated.v1"
    group: Id
    slot: str
    seat: str
    people: int = Field(ge=1)
    card: str
    seated_at: Moment
    by: str


Place = Literal["stock", "seat", "attendant", "bag", "case", "reception", "main-building-safe", "destroyed"]


class CardMoved(Event):
    """A paper card, or the case with `count` cards in it, is now at `place` (S09, S15)."""

    TOPIC: ClassVar[str] = "checkin.custody.v1"
    TYPE: ClassVar[str] = "checkin.card-moved.v1"
    object: str
    kind: Literal["card", "case"]
    place: Place
    venue: str
    slot: str | None = None
    count: int | None = None
    handed_by: str
    taken_by: str
    moved_at: Moment
