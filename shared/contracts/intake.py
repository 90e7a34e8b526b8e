"""What intake says: applications, and the closing of their window. Never a name: see `shared.contracts.privacy`."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import Event, Id, Moment

Channel = Literal["web", "postcard"]
Contact = Literal["mail", "post"]


class ApplicationFact(Event):
    """A fact that counts towards the completeness of its (programme, partition).

    `number` runs 1…n without gaps over all numbered facts there; the closing of the window states n.
    """

    TOPIC: ClassVar[str] = "intake.applications.v1"
    application: Id
    number: int = Field(ge=1)


class ApplicationTaken(ApplicationFact):
    """An application is in. `entry` is what the draw knows it by; `wishes` are slots, best first (S03)."""

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


class ApplicationAmended(ApplicationFact):
    """Seats, wishes or the way to reach the applicant changed before the window was closed (B04)."""

    TYPE: ClassVar[str] = "intake.application-amended.v1"
    contact: Contact
    seats: int = Field(ge=1)
    wishes: tuple[str, ...]


class ApplicationWithdrawn(ApplicationFact):
    """Withdrawn by its applicant before the window was closed: it takes no part in the draw (B04)."""

    TYPE: ClassVar[str] = "intake.application-withdrawn.v1"


class ApplicationDecided(ApplicationFact):
    """Whether the application counts, and by which rule (S01, S04, B03).

    `reason` is a code whose words are the programme's. `told_with` names the application whose contact hears of it
    where the cause concerns somebody else's application as well.
    """

    TYPE: ClassVar[str] = "intake.application-decided.v1"
    counted: bool
    reason: str
    told_with: Id | None = None


class ApplicationWithdrawnLate(Event):
    """Withdrawn after the window was closed: a strike before the draw's closing, a change after the draw."""

    TOPIC: ClassVar[str] = "intake.applications.v1"
    TYPE: ClassVar[str] = "intake.application-withdrawn-late.v1"
    application: Id
    entry: Id


class ErasureAsked(Event):
    """The applicant asked, with number and secret, for their data to be erased; the ward decides (B10)."""

    TOPIC: ClassVar[str] = "intake.applications.v1"
    TYPE: ClassVar[str] = "intake.erasure-asked.v1"
    application: Id
    asked_at: Moment


class PartitionClosed(Event):
    """The window is closed; this partition of `intake.applications.v1` holds `facts` numbered facts of the programme.

    One such event a partition (`partitions` in all), said in one transaction: after it no numbered fact follows.
    """

    TOPIC: ClassVar[str] = "intake.windows.v1"
    TYPE: ClassVar[str] = "intake.partition-closed.v1"
    partition: int = Field(ge=0)
    partitions: int = Field(ge=1)
    facts: int = Field(ge=0)
    closed_at: Moment
