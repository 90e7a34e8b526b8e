"""What checkin says: passes, admissions, walk-in groups, and where each paper card is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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


Place = Literal["stock", "seat", "attendant", "bag", "case", "opened", "reception", "main-building-safe", "destroyed"]
"""`opened`: a card that two people took out of its case for an incident."""


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


DestructionMethod = Literal["shredded", "dissolved"]
EarlyReason = Literal["event-cancelled", "ward-order", "spoiled"]
"""Why cards are destroyed before the programme's term for it is reached."""


class CardsDestroyed(Event):
    """Paper cards were destroyed by two people before a witness of the ward (S16).

    `ranges` names every card: pairs of the first and last of consecutive numbers. `used` of the `count` came from the
    case, the rest from the unused stock. `reason` says why before the term, if it was.
    """

    TOPIC: ClassVar[str] = "checkin.custody.v1"
    TYPE: ClassVar[str] = "checkin.cards-destroyed.v1"
    destruction: Id
    count: int = Field(ge=1)
    used: int = Field(ge=0)
    ranges: tuple[tuple[str, str], ...] = Field(min_length=1)
    method: DestructionMethod
    destroyed_by: tuple[str, str]
    witnessed_by: str
    reason: EarlyReason | None = None
    at: Moment


LegalBasis = Literal["infectious-diseases-act-15", "purpose-of-card", "protection-of-life"]
"""Why cards may be opened: the health authority's investigation by the Infectious Diseases Act (article 15), the
purpose that the card itself states, or the protection of life and body by the ward's ordinance."""

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}-[0-9]{4}-[0-9]{1,5}$")]
"""The health authority's number of the case, `HC-2021-0123`: bounded, so that neither name nor telephone fits (S14)."""

MOST_CARDS_OF_AN_INCIDENT = 200
FARTHEST_SEAT = 20

ContactOutcome = Literal["reached", "handed-to-authority", "no-answer", "call-later", "wrong-number", "illegible"]
"""What a call came to. The first two complete a contact."""

Result = Literal["contacted", "left", "later"]
"""With what a card goes back under lock: its contact is complete; it is left for a reason; it will be tried again."""

LeftReason = Literal["unreachable", "wrong-number", "illegible", "blank", "card-missing", "card-destroyed"]
"""Why a card's contact stays incomplete."""


class SlotScope(BaseModel):
    """A slot that an incident concerns: whole, or these seats and those up to `radius` numbers beside them."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    slot: str
    seats: tuple[str, ...] = ()
    radius: int = Field(ge=0, le=FARTHEST_SEAT, default=0)


class IncidentOpened(Event):
    """Somebody asks for the cards of a cluster's venue, day, slots and seats; by number, at most `limit` (S10, B08)."""

    TOPIC: ClassVar[str] = "checkin.contacts.v1"
    TYPE: ClassVar[str] = "checkin.incident-opened.v1"
    incident: Id
    venue: str
    day: date
    scope: tuple[SlotScope, ...] = Field(min_length=1)
    basis: LegalBasis
    reference: Reference
    limit: int = Field(ge=1, le=MOST_CARDS_OF_AN_INCIDENT)
    cards: tuple[str, ...] = Field(min_length=1)
    opened_by: str
    opened_at: Moment


class CardsReleased(Event):
    """A second person, a custodian, looked at the scope and lets exactly the incident's cards be opened (B08)."""

    TOPIC: ClassVar[str] = "checkin.contacts.v1"
    TYPE: ClassVar[str] = "checkin.cards-released.v1"
    incident: Id
    cards: tuple[str, ...]
    released_by: str
    released_at: Moment


class CardOpened(Event):
    """Two people took a card out of its case: the custodian handed it, the tracer took it (B08)."""

    TOPIC: ClassVar[str] = "checkin.contacts.v1"
    TYPE: ClassVar[str] = "checkin.card-opened.v1"
    incident: Id
    card: str
    handed_by: str
    taken_by: str
    opened_at: Moment


class CardContacted(Event):
    """A tracer tried to reach a card's group. What was said is not kept: the outcome, by code, is."""

    TOPIC: ClassVar[str] = "checkin.contacts.v1"
    TYPE: ClassVar[str] = "checkin.card-contacted.v1"
    incident: Id
    card: str
    outcome: ContactOutcome
    next_attempt_at: Moment | None = None
    contacted_by: str
    contacted_at: Moment


class CardClosed(Event):
    """A card is under lock again (S10): its contact is complete, it is left for a `reason`, or waits for another try.

    A card that was never found was not taken out; it is closed by two people all the same.
    """

    TOPIC: ClassVar[str] = "checkin.contacts.v1"
    TYPE: ClassVar[str] = "checkin.card-closed.v1"
    incident: Id
    card: str
    result: Result
    reason: LeftReason | None = None
    handed_by: str
    taken_by: str
    closed_at: Moment


class IncidentClosed(Event):
    """An incident is counted to 100 %: `contacted` and, by reason, `left` make up all `cards` (B08).

    An incident that was never released ends with all of its cards under `release-refused` or `withdrawn`.
    """

    TOPIC: ClassVar[str] = "checkin.contacts.v1"
    TYPE: ClassVar[str] = "checkin.incident-closed.v1"
    incident: Id
    cards: int = Field(ge=1)
    contacted: int = Field(ge=0)
    left: dict[str, int]
    closed_by: str
    closed_at: Moment
