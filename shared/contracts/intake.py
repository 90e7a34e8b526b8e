"""What intake says: applications, and the closing of their window. Never a name: see `shared.contracts.privacy`."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Event, Id, Moment
from shared.contracts.privacy import Caller

Channel = Literal["web", "postcard"]
Contact = Literal["mail", "post"]
IdentityDocument = Literal[
    "driving-licence", "individual-number-card", "passport", "residence-card", "insurance-card", "other"]
"""The kinds of identity document that the enquiry desk's counter knows: which kind was seen, never its number."""


class AtDesk(BaseModel):
    """Done by a member of staff for a caller whose identity was confirmed (B19).

    `approval` is the ward's decision that lets a proxy act, where one did; `document` what was seen at the counter.
    """

    model_config = ConfigDict(frozen=True)
    staff: str
    caller: Caller
    approval: str | None = None
    document: IdentityDocument | None = None


class ApplicationFact(Event):
    """A fact that counts towards the completeness of its (programme, partition).

    `number` runs 1…n without gaps over all numbered facts there; the closing of the window states n.
    """

    TOPIC: ClassVar[str] = "intake.applications.v1"
    application: Id
    number: int = Field(ge=1)


class ApplicationTaken(ApplicationFact):
    """An application is in. `entry` is what the draw knows it by; `wishes` are slots, best first (S03).

    A postcard without `postmarked_on` has none that can be read, or was handed in. `reply_half`: its other half, which
    the applicant addressed, goes back with the result (往復はがき).
    `imported`: the keyed digest of the file that it came in, where it was keyed in elsewhere.
    """

    TYPE: ClassVar[str] = "intake.application-taken.v1"
    entry: Id
    receipt: str
    channel: Channel
    contact: Contact
    language: str
    seats: int = Field(ge=1)
    wishes: tuple[str, ...]
    taken_at: Moment
    postmarked_on: date | None = None
    received_on: date | None = None
    card: str | None = None
    entered_by: str | None = None
    reply_half: bool | None = None
    imported: Id | None = None


class ApplicationAmended(ApplicationFact):
    """Seats, wishes or the way to reach the applicant changed before the window was closed (B04).

    `version` is the personal record's from then on; `contact_before` the way in which the applicant is told of it.
    """

    TYPE: ClassVar[str] = "intake.application-amended.v1"
    contact: Contact
    seats: int = Field(ge=1)
    wishes: tuple[str, ...]
    version: int | None = None
    contact_before: Contact | None = None
    desk: AtDesk | None = None


class ApplicationWithdrawn(ApplicationFact):
    """Withdrawn by its applicant before the window was closed: it takes no part in the draw (B04)."""

    TYPE: ClassVar[str] = "intake.application-withdrawn.v1"
    desk: AtDesk | None = None


class ApplicationDecided(ApplicationFact):
    """Whether the application counts, and by which rule (S01, S04, B03).

    `reason` is a code whose words are the programme's. `told_with` names the application whose contact hears of it
    where the cause concerns somebody else's application as well; `decided_by` the member of staff who judged it so,
    where one did.
    """

    TYPE: ClassVar[str] = "intake.application-decided.v1"
    counted: bool
    reason: str
    told_with: Id | None = None
    decided_by: str | None = None


class ApplicationWithdrawnLate(Event):
    """Withdrawn after the window was closed: a strike before the draw's closing, a change after the draw."""

    TOPIC: ClassVar[str] = "intake.applications.v1"
    TYPE: ClassVar[str] = "intake.application-withdrawn-late.v1"
    application: Id
    entry: Id
    desk: AtDesk | None = None


class DetailsChanged(Event):
    """Companions' names or the way to reach the applicant changed after the window was closed (B04, B19).

    It has no number: entry, seats and wishes stay as they were frozen. `version` is the personal record's.
    """

    TOPIC: ClassVar[str] = "intake.applications.v1"
    TYPE: ClassVar[str] = "intake.details-changed.v1"
    application: Id
    version: int
    contact: Contact
    contact_before: Contact
    desk: AtDesk | None = None


class ReceiptRenewed(Event):
    """The receipt was lost: a new secret voids the one before (B19).

    By `letter` it is told in the way that is on record, sealed in version `version`; at the `counter` it was printed.
    """

    TOPIC: ClassVar[str] = "intake.applications.v1"
    TYPE: ClassVar[str] = "intake.receipt-renewed.v1"
    application: Id
    how: Literal["letter", "counter"]
    contact: Contact
    version: int
    desk: AtDesk


class ErasureAsked(Event):
    """The applicant asked, with number and secret or at the desk, for erasure of their data; the ward decides (B10)."""

    TOPIC: ClassVar[str] = "intake.applications.v1"
    TYPE: ClassVar[str] = "intake.erasure-asked.v1"
    application: Id
    asked_at: Moment
    desk: AtDesk | None = None


TraceFinding = Literal["true", "differs", "card-missing", "person-not-found", "no-application"]
"""What an auditor found: application (and card) are as the entry says; seats or wishes differ; the card is not where it
must be; nobody of that name lives at that address; intake has no application of this entry."""


class EntryTraced(Event):
    """An auditor traced an entry of the sample to its application, and found so. A later finding replaces it (B01).

    `application` is None where there is none. `by` is the auditor.
    """

    TOPIC: ClassVar[str] = "intake.applications.v1"
    TYPE: ClassVar[str] = "intake.entry-traced.v1"
    draw: str
    entry: Id
    application: Id | None
    finding: TraceFinding
    by: str


class PartitionClosed(Event):
    """The window is closed; this partition of `intake.applications.v1` holds `facts` numbered facts of the programme.

    One such event a partition (`partitions` in all), said in one transaction: after it no numbered fact follows.
    `closed_by`: the officer who asked for the closing and the one who confirmed it.
    """

    TOPIC: ClassVar[str] = "intake.windows.v1"
    TYPE: ClassVar[str] = "intake.partition-closed.v1"
    partition: int = Field(ge=0)
    partitions: int = Field(ge=1)
    facts: int = Field(ge=0)
    closed_at: Moment
    closed_by: tuple[str, str] | None = None


class WorkCounted(Event):
    """What is left to do before the window may be closed, as counts: said when they changed, at most once a second.

    `pairs` wait for a judgement whether they are one applicant's; `unkeyed` cards lie in `batches` batches and nobody
    has looked at them; `held` cards wait, of which `unanswered` are owed a reply by post; `checks` wait for a second
    person (S02, B03).
    """

    TOPIC: ClassVar[str] = "intake.windows.v1"
    TYPE: ClassVar[str] = "intake.work-counted.v1"
    as_of: Moment
    window: Literal["open", "closing", "closed"]
    pairs: int = Field(ge=0)
    unkeyed: int = Field(ge=0)
    batches: int = Field(ge=0)
    held: int = Field(ge=0)
    unanswered: int = Field(ge=0)
    checks: int = Field(ge=0)
