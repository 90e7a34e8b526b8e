"""What retention says: who is on the staff register, and the keys that sign-in tokens are checked with."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.envelope import Event, Moment

Role = Literal["officer", "desk", "notices", "attendant", "custodian", "tracer", "records", "auditor"]


class StaffDesignated(Event):
    """A person is designated (S19), as of now, for these roles and programmes ("*" stands for all).

    `trained_on` is the day of the training that must come before any handling (S20); `employer` is a code (S33).
    """

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.staff-designated.v1"
    staff: str
    roles: tuple[Role, ...]
    programmes: tuple[str, ...]
    trained_on: date | None
    valid_from: Moment
    valid_until: Moment | None = None
    employer: str


class StaffDismissed(Event):
    """The designation ended; the door refuses from now on."""

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.staff-dismissed.v1"
    staff: str


class SigningKeyPublished(Event):
    """An Ed25519 public key (64 hex digits), named `key_id`.

    With `use` "sign-in" tokens are checked with it; with "seal" the checkpoints and certificates that retention signs.
    """

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.signing-key-published.v1"
    key_id: str
    public_key: str
    use: Literal["sign-in", "seal"] = "sign-in"


class RegisterAffirmed(Event):
    """A heartbeat: the register was complete at `at` on the real clock. Without a recent one, the door stays shut."""

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.register-affirmed.v1"
    at: Moment


class SignInLocked(Event):
    """Alarm: a password was tried wrongly too often; until `until`, on the real clock, it opens nothing (S24)."""

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.sign-in-locked.v1"
    staff: str
    until: Moment
