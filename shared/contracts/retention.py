"""What retention says: who is on the staff register, and the keys that sign-in tokens are checked with."""

from __future__ import annotations

from datetime import date, time
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import Event, Id, Moment

Role = Literal["officer", "desk", "notices", "attendant", "custodian", "tracer", "records", "auditor"]


class Shift(BaseModel):
    """A turn of work of one day (B20), in the programme's local time; `ends` is later than `begins`.

    `venue` says where, for the roster; the door asks only when. `stands_in_for` is the staff id of who could not come.
    """

    model_config = ConfigDict(frozen=True)
    programme: str
    day: date
    begins: time
    ends: time
    venue: str | None = None
    stands_in_for: str | None = None


class StaffDesignated(Event):
    """A person is designated (S19), as of now, for these roles and programmes ("*" stands for all).

    `trained_on` is the day since which all required trainings are on record (S20); with `vouched` the deployment
    answers for the training instead, as for the first officer. `employer` is a code (S33). `responsible`: the person
    whom the ward is told as responsible for the data (責任者). With `shifts` a handler acts only inside of them, and
    with none of them never; null is no limit.
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
    responsible: bool = False
    vouched: bool = False
    shifts: tuple[Shift, ...] | None = None


class StaffTrained(Event):
    """A training took place on `day` (S20): `course` is a code; `recorded_by` is the staff id of who answers for it."""

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.staff-trained.v1"
    staff: str
    course: str
    day: date
    recorded_by: str


class StaffDismissed(Event):
    """The designation ended; the door refuses from now on."""

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.staff-dismissed.v1"
    staff: str


class TerminalEnrolled(Event):
    """A shared tablet may be used with a PIN (S21): tokens made on it name it."""

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.terminal-enrolled.v1"
    terminal: Id
    name: str
    enrolled_by: str


class TerminalRevoked(Event):
    """The tablet is out of use: no PIN opens anything on it, and tokens made on it end now."""

    TOPIC: ClassVar[str] = "retention.staff.v1"
    TYPE: ClassVar[str] = "retention.terminal-revoked.v1"
    terminal: Id
    revoked_by: str


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
    """Alarm: a password was tried wrongly too often; until `until`, on the real clock, it opens nothing (S24).

    With `terminal`, a tablet's name, it was the PIN that was tried there.
    """

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.sign-in-locked.v1"
    staff: str
    until: Moment
    terminal: str | None = None
