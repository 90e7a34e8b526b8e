"""What intake says of postcards as things: batches, where they are, what became of each card (S02, S12, S15).

Never a name, never an address: a card is its number. What was written on it is sealed with its application.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import Event, Id, Moment

PostPlace = Literal["counter", "desk", "safe", "ward"]
"""Where a batch lies: where the post is counted, on a desk to be keyed in, locked up, given back to the ward."""

Delivery = Literal["mail", "hand"]

HoldReason = Literal[
    "unreadable", "no-name", "no-address", "address-unclear", "no-telephone", "no-wish", "seats-unclear", "incomplete",
    "no-postmark", "late",
]
"""Why a card was not keyed in. `late`: it came when the window was closed already."""

CheckedItem = Literal["name", "address", "telephone", "seats", "wishes"]
"""The items that decide: a second person keys them in again."""


class PostcardFact(Event):
    """Something that happened to a batch, or to a card of it; `batch` is the record key."""

    TOPIC: ClassVar[str] = "intake.postcards.v1"
    batch: str


class PostcardsArrived(PostcardFact):
    """A batch came in and was counted. Its cards are numbered `<batch>-001` … in the order in which they lie.

    `count` is None where cards that came one by one on a day are kept together under the numbers they have already.
    """

    TYPE: ClassVar[str] = "intake.postcards-arrived.v1"
    count: int | None = Field(ge=1)
    received_on: date
    delivery: Delivery
    reply_halves: bool
    counted_by: str
    arrived_at: Moment


class PostcardsRecounted(PostcardFact):
    """Two people counted again: the batch has `count` cards, not `before`."""

    TYPE: ClassVar[str] = "intake.postcards-recounted.v1"
    count: int = Field(ge=1)
    before: int = Field(ge=1)
    counted_by: tuple[str, str]
    at: Moment


class PostcardsHandedOver(PostcardFact):
    """A batch is now at `place`; `count` is what the two counted, `booked` what the ledger says it has (S15)."""

    TYPE: ClassVar[str] = "intake.postcards-handed-over.v1"
    place: PostPlace
    count: int = Field(ge=0)
    booked: int = Field(ge=0)
    handed_by: str
    taken_by: str
    moved_at: Moment


class CardFact(PostcardFact):
    """Something that happened to one card, by whom."""

    card: str
    by: str
    at: Moment


class PostcardKeyedIn(CardFact):
    """The card is an application now. `check`: a second person is to key the deciding items in again."""

    TYPE: ClassVar[str] = "intake.postcard-keyed-in.v1"
    application: Id
    reply_half: bool
    check: bool


class PostcardHeld(CardFact):
    """The card cannot be keyed in as it is. Nothing that was written on it is kept: it lies with its batch."""

    TYPE: ClassVar[str] = "intake.postcard-held.v1"
    reason: HoldReason


class PostcardReplied(CardFact):
    """The sender of a held card was written to by post: what is missing, or that it takes no part."""

    TYPE: ClassVar[str] = "intake.postcard-replied.v1"


class PostcardReleased(CardFact):
    """A card that was held, or given up, can be keyed in after all."""

    TYPE: ClassVar[str] = "intake.postcard-released.v1"


class PostcardGivenUp(CardFact):
    """A held card could not be cleared up: it takes no part. `reason` is what it was held for."""

    TYPE: ClassVar[str] = "intake.postcard-given-up.v1"
    reason: HoldReason


class PostcardChecked(CardFact):
    """A second person keyed the deciding items in again, blind; `differing` items were read differently."""

    TYPE: ClassVar[str] = "intake.postcard-checked.v1"
    application: Id
    differing: tuple[CheckedItem, ...]


class PostcardSettled(CardFact):
    """Two people looked at a card that was read differently; `corrected` items were keyed in wrongly at first."""

    TYPE: ClassVar[str] = "intake.postcard-settled.v1"
    application: Id
    together_with: str
    corrected: tuple[CheckedItem, ...]
