"""A programme: all about one event that is not code, as retention publishes it and every service reads it.

A programme file (TOML) has the same shape; `programmes/live-site-2020.toml` is the seed's event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.envelope import Event, Moment
from shared.contracts.programme_base import Decision, Name, Strict, Words
from shared.contracts.programme_draw import Draw
from shared.contracts.programme_fit import Misfit, Standing, misfits

__all__ = ["Misfit"]

Language = Literal["ja", "en", "zh-Hans", "ko"]
DataItemCode = Literal["name", "address", "age", "telephone", "email", "companions"]
Purpose = Literal["eligibility", "duplicates", "notice", "reception", "cluster", "enquiry", "audit"]
Recipient = Literal["intake", "notifier", "checkin"]


class Ward(Strict):
    """The body that runs the event and answers for the data; `address` is where postcards are sent to (S02)."""

    name: Words
    postal_code: Annotated[str, StringConstraints(pattern=r"^\d{3}-\d{4}$")] | None = None
    address: Words | None = None
    office: Words
    telephone: str
    disclosure: Words


class Venue(Strict):
    """A place where the event is held."""

    id: Name
    name: Words
    address: Words


class Period(Strict):
    """Consecutive days of the event, both ends included."""

    name: Words
    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Each day."""
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)


class SlotTime(Strict):
    """A part of a day, with its seats at every venue: for the draw, in reserve, for walk-in groups."""

    id: Name
    name: Words
    starts: time
    ends: time
    seats: int = Field(ge=0)
    reserve: int = Field(ge=0, default=0)
    walk_in: int = Field(ge=0, default=0)


class Slot(Strict):
    """One time slot at one venue on one day."""

    id: Name
    venue: Name
    day: date
    starts: time
    ends: time
    time_name: Words
    seats: int
    reserve: int
    walk_in: int

    @property
    def capacity(self) -> int:
        """All who may be inside at once: drawn, from the reserve, and walked in."""
        return self.seats + self.reserve + self.walk_in


class Window(Strict):
    """When applications are taken: by web until `closes`, by postcard by postmark and receipt (S01, S02)."""

    opens: Moment
    closes: Moment
    postmarked_by: date
    received_by: date
    late: Literal["refuse", "keep"] = "refuse"


class Town(Strict):
    """A town whose residents may apply; with `blocks` only those of these 丁目."""

    name: Annotated[str, StringConstraints(min_length=1)]
    postal_codes: tuple[Annotated[str, StringConstraints(pattern=r"^\d{3}-\d{4}$")], ...] = ()
    blocks: tuple[Annotated[int, Field(ge=1, le=99)], ...] = ()


class Residency(Strict):
    """The representative's address must begin with one of `addresses` (S04), whatever its width.

    Where `towns` are listed, one of them must follow.
    """

    addresses: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = Field(min_length=1)
    towns: tuple[Town, ...] = ()
    rule: Words


class Ages(Strict):
    """How old the representative must be, in full years on the day of the application; both ends included."""

    at_least: int = Field(ge=0, le=120, default=0)
    at_most: int = Field(ge=0, le=120, default=120)
    rule: Words


class Party(Strict):
    """Who comes along, and which of them need a seat (S05)."""

    max_seats: int = Field(ge=1, le=50)
    max_companions: int = Field(ge=0, le=50)
    seats_rule: Words


class Postcards(Strict):
    """How applications on postcards are kept (S02).

    `numbers` begins the number of each batch and card. Without a legible postmark the day of receipt decides, or the
    card is held. `verify`: a second person keys in again no card, `sample_percent` of them, or all.
    """

    numbers: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,4}$")] = "HG"
    missing_postmark: Literal["receipt", "hold"] = "receipt"
    verify: Literal["none", "sample", "all"] = "none"
    sample_percent: int = Field(ge=1, le=100, default=10)


class Duplicates(Strict):
    """Which of several applications of one applicant counts, by when it reached the ward (B03).

    `companions`: whether one person may be named in several parties. "allow": nobody looks. "show": such parties are
    found and shown, and where a person judges that a family split to raise its chance, one of them counts, by the
    same rule; the names of companions must then be declared for the purpose `duplicates`.
    """

    counts: Literal["first", "last"] = "first"
    companions: Literal["allow", "show"] = "allow"


class Amending(Strict):
    """Until when applicants change what they gave (B04).

    Everything `until` the web's window `closes`, or until an officer closes the window (`closing`). After that seats
    and wishes are frozen; companions' names and the way to reach the applicant may change until the end of the day
    `details_days_before` days before the application's own first day. Without it they may not.
    """

    until: Literal["closes", "closing"] = "closes"
    details_days_before: int | None = Field(default=None, ge=0, le=60)


class Enquiry(Strict):
    """Who may speak for an applicant at the enquiry desk (B19).

    A proxy, where the ward decided so (`proxy_approval`) and a letter of attorney was seen; a guardian of whoever is
    younger than `adult_age`, in full years.
    """

    proxy_approval: Decision | None = None
    adult_age: int = Field(default=18, ge=1, le=30)


class Notices(Strict):
    """Everyone is told within so many days of the draw (S07)."""

    within_days: int = Field(ge=1, default=5)


class DataItem(Strict):
    """A data item that may be collected: what is not declared here cannot be (S13)."""

    item: DataItemCode
    subject: Literal["representative", "companions"]
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    recipients: tuple[Recipient, ...] = Field(min_length=1)
    medium: Literal["electronic", "paper and electronic"]
    until: Words
    approval: Decision
    channels: tuple[Literal["web", "postcard"], ...] = ("web", "postcard")


class PaperCards(Strict):
    """Contact cards of walk-in groups: paper, unless the ward decided otherwise (S09, S15)."""

    medium: Literal["paper"] = "paper"
    numbers: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,4}$")]
    first: int = Field(ge=1)
    last: int = Field(ge=1)
    destroyed_days_after_event: int = Field(ge=0)


class ErasureRule(Strict):
    """From when on data is erased (S17, B10): so many days after the draw, the withdrawal or the event's last day.

    After `contract` stands for the contract's last day itself. `outcomes` says which applications (all where it is
    empty). With `returned` the ward gets an archive first; without, `approval` is its decision that it wants none.
    """

    subject: Literal["applications", "cards", "staff"] = "applications"
    outcomes: tuple[Standing, ...] = ()
    after: Literal["draw", "withdrawal", "event", "contract"]
    days: int = Field(ge=0, le=3650, default=0)
    returned: bool = True
    approval: Decision | None = None


class Contract(Strict):
    """From when until when the contractor works for the ward; data must be gone at its end."""

    first: date
    last: date


class Programme(Strict):
    """One event. See each part for its meaning; `slots` follows from periods, venues and times."""

    id: Name
    version: int = Field(ge=1)
    title: Words
    about: Words
    purpose_of_use: Words
    languages: tuple[Language, ...] = ("ja",)
    utc_offset_minutes: int = Field(ge=-720, le=840, default=540)
    contract: Contract
    ward: Ward
    venues: tuple[Venue, ...] = Field(min_length=1)
    periods: tuple[Period, ...] = Field(min_length=1)
    times: tuple[SlotTime, ...] = Field(min_length=1)
    window: Window
    residency: Residency | None = None
    ages: Ages | None = None
    party: Party
    postcards: Postcards = Postcards()
    duplicates: Duplicates = Duplicates()
    amending: Amending = Amending()
    enquiry: Enquiry = Enquiry()
    draw: Draw
    notices: Notices = Notices()
    data_items: tuple[DataItem, ...] = Field(min_length=1)
    cards: PaperCards | None = None
    erasure: tuple[ErasureRule, ...] = ()
    reasons: dict[Name, Words] = Field(default_factory=dict)

    @property
    def zone(self) -> timezone:
        """The offset in which the event's days and times are written."""
        return timezone(timedelta(minutes=self.utc_offset_minutes))

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot in programme order: by day, venue, time of day. Names are `<day>-<venue>-<time>`."""
        return tuple(
            Slot(
                id=f"{day.isoformat()}-{venue.id}-{part.id}", venue=venue.id, day=day, starts=part.starts,
                ends=part.ends, time_name=part.name, seats=part.seats, reserve=part.reserve,
                walk_in=part.walk_in,
            )
            for period in self.periods for day in period.days()
            for venue in self.venues for part in self.times
        )

    @cached_property
    def slot_by_id(self) -> dict[str, Slot]:
        """Slots by their names."""
        return {slot.id: slot for slot in self.slots}

    @cached_property
    def venue_by_id(self) -> dict[str, Venue]:
        """Venues by their ids."""
        return {venue.id: venue for venue in self.venues}

    @property
    def first_day(self) -> date:
        """The first day of the event."""
        return min(period.first for period in self.periods)

    @property
    def last_day(self) -> date:
        """The last day of the event."""
        return max(period.last for period in self.periods)

    def local(self, moment: datetime) -> datetime:
        """`moment` at the event's offset."""
        return moment.astimezone(self.zone)

    def items_for(self, recipient: str) -> frozenset[str]:
        """The data items whose purposes need `recipient` to read them."""
        return self._items_by_recipient.get(recipient, frozenset())

    def items_for_purpose(self, purpose: str) -> frozenset[str]:
        """The data items that may be opened for `purpose` (S27)."""
        return frozenset(item.item for item in self.data_items if purpose in item.purposes)

    @property
    def recipients(self) -> frozenset[str]:
        """The services that receive a part of an application's personal record."""
        return frozenset(self._items_by_recipient)

    @cached_property
    def _items_by_recipient(self) -> dict[str, frozenset[str]]:
        names = {recipient for item in self.data_items for recipient in item.recipients}
        return {name: frozenset(item.item for item in self.data_items if name in item.recipients) for name in names}

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Programme:
        found = list(misfits(self))
        if found:
            text = "; ".join(f"{misfit.field}: {misfit.code}" for misfit in found)
            raise PydanticCustomError("misfit", "does not fit: {text}", {"text": text, "misfits": found})
        return self


class ProgrammeDefined(Event):
    """A programme, whole. A later version replaces it; `digest` is the SHA-256 of the file it came from."""

    TOPIC: ClassVar[str] = "programme.definitions.v1"
    TYPE: ClassVar[str] = "programme.defined.v1"
    digest: str
    definition: Programme
    by: str


class ClockTicked(Event):
    """The programme's time is now `at`; ticks are numbered 1…n and time never runs backwards."""

    TOPIC: ClassVar[str] = "programme.clock.v1"
    TYPE: ClassVar[str] = "programme.clock-ticked.v1"
    number: int = Field(ge=1)
    at: Moment


class TickDone(Event):
    """`part` of a service has done tick `number`: no lag, outbox empty, nothing due.

    `activity` is the sum of the end offsets of the topics that the part reads or writes, clock and progress
    apart; when it stays equal over two ticks of one time for all parts, the system is at rest.
    """

    TOPIC: ClassVar[str] = "programme.progress.v1"
    TYPE: ClassVar[str] = "programme.tick-done.v1"
    part: str
    number: int
    activity: int
