"""Sealed personal records, the keys they travel under, and the log of every opening (PRIVACY: rows S25, S27, B09)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import Event, Id, Moment

LETTERS = "letters"
"""An item that the system makes itself: whom a letter goes to that waits to be sent (the contact before a change), and
a new secret that it brings. It is sealed beside the declared items and taken out once the letter is sent."""

Caller = Literal["applicant", "proxy", "guardian"]
"""Who asked at the enquiry desk."""


class Part(BaseModel):
    """What one recipient service needs of a subject, sealed.

    AES-256-GCM under a data key of its own; the data key wrapped (RFC 3394) under the pair key `pair`.
    All binary values are base64url without padding.
    """

    model_config = ConfigDict(frozen=True)
    algorithm: Literal["A256GCM+A256KW"] = "A256GCM+A256KW"
    recipient: str
    pair: Id
    wrapped_key: str
    nonce: str
    ciphertext: str


class PersonalRecord(Event):
    """The personal data of one subject, one sealed part a recipient. A later `version` replaces it whole.

    `wrapping` counts how often the same version's data keys were wrapped: once more at each rotation of keys.
    """

    subject: Id
    version: int
    parts: tuple[Part, ...]
    wrapping: int = 1

    def part_for(self, recipient: str) -> Part | None:
        """The part that `recipient` can open, if it has one."""
        return next((part for part in self.parts if part.recipient == recipient), None)


class ApplicationRecorded(PersonalRecord):
    """The personal record of an application and its party."""

    TOPIC: ClassVar[str] = "intake.personal.v1"
    TYPE: ClassVar[str] = "intake.application-recorded.v1"


class CardRecorded(PersonalRecord):
    """The personal record of a contact card given on a screen."""

    TOPIC: ClassVar[str] = "checkin.personal.v1"
    TYPE: ClassVar[str] = "checkin.card-recorded.v1"


class StaffRecorded(PersonalRecord):
    """The personal record of a staff member."""

    TOPIC: ClassVar[str] = "retention.personal.v1"
    TYPE: ClassVar[str] = "retention.staff-recorded.v1"


class CanaryRecorded(PersonalRecord):
    """The record of nobody: random text, sealed for all recipients as anybody's is.

    An audit that cannot have it opened proves nothing by what else cannot be opened.
    """

    TOPIC: ClassVar[str] = "*.personal.v1"
    TYPE: ClassVar[str] = "privacy.canary-recorded.v1"


class RecipientKeyPublished(Event):
    """The HPKE public key of `service` for `epoch`: an uncompressed P-256 point, base64url.

    `rotation` is what the epoch began with; the first epoch began with none.
    """

    TOPIC: ClassVar[str] = "privacy.recipients.v1"
    TYPE: ClassVar[str] = "privacy.recipient-key-published.v1"
    service: str
    epoch: int
    public_key: str
    rotation: Id | None = None


class SealedCopy(BaseModel):
    """A pair key sealed by HPKE to `holder`'s key of `epoch`: encapsulated key and ciphertext, base64url."""

    model_config = ConfigDict(frozen=True)
    holder: str
    epoch: int
    sealed: str


class PairKeySent(Event):
    """The pair key under which `owner` wraps data keys for `recipient`, one sealed copy for each of the two."""

    TOPIC: ClassVar[str] = "privacy.recipients.v1"
    TYPE: ClassVar[str] = "privacy.pair-key-sent.v1"
    pair: Id
    owner: str
    recipient: str
    copies: tuple[SealedCopy, ...]


class Access(Event):
    """An access to personal data. `items` are codes of data items, never values; `caller` asked for it at a desk."""

    TOPIC: ClassVar[str] = "privacy.access.v1"
    actor: str
    actor_kind: Literal["staff", "service"]
    role: str
    service: str
    purpose: str
    subject: Id
    items: tuple[str, ...]
    at: Moment
    caller: Caller | None = None


class AccessOpened(Access):
    """The door opened: the items were shown to the actor, or used by the service, for this purpose."""

    TYPE: ClassVar[str] = "privacy.access-opened.v1"


class AccessExported(Access):
    """Personal data left the service as a file (S26). `subject` is the export's id, and `records` are in it.

    Whose they are stands in the openings for the same purpose.
    """

    TYPE: ClassVar[str] = "privacy.access-exported.v1"
    records: int


class AccessRefused(Access):
    """The door stayed shut; `reason` is a code."""

    TYPE: ClassVar[str] = "privacy.access-refused.v1"
    reason: str
