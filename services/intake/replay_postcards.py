"""Batches and cards out of `intake.postcards.v1` again (B12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.intake.domain.batches import START
from services.intake.handlers.batches import move_row
from services.intake.postcard_store import (
    AGREED,
    BATCH_MOVES,
    BATCHES,
    DIFFERS,
    DUE,
    GIVEN_UP,
    HELD,
    KEYED,
    POSTCARDS,
    SETTLED,
    row_id,
)
from shared.contracts.envelope import Envelope, Event
from shared.contracts.postcards import (
    CardFact,
    PostcardChecked,
    PostcardGivenUp,
    PostcardHeld,
    PostcardKeyedIn,
    PostcardReleased,
    PostcardReplied,
    PostcardsArrived,
    PostcardSettled,
    PostcardsHandedOver,
    PostcardsRecounted,
)
from shared.replay.rebuilding import Compared, Figure, Fold, counted_by
from shared.replay.sheet import Sheet


def arrived(sheet: Sheet, message: Envelope[PostcardsArrived]) -> None:
    """A batch lies at the counter."""
    fact = message.data
    sheet.put(BATCHES, {
        "_id": row_id(message.programme, fact.batch), "programme": message.programme, **fact.model_dump(),
        "received_on": fact.received_on.isoformat(), "place": START, "since": fact.arrived_at, "counted": fact.count,
        "moves": 0})


def handed_over(sheet: Sheet, message: Envelope[PostcardsHandedOver]) -> None:
    """A batch is somewhere else now."""
    fact = message.data
    sheet.put(BATCH_MOVES, move_row(message.id, message.programme, fact))
    sheet.change(BATCHES, row_id(message.programme, fact.batch), {
        "place": fact.place, "since": fact.moved_at, "counted": fact.count}, add={"moves": 1})


def recounted(sheet: Sheet, message: Envelope[PostcardsRecounted]) -> None:
    """A batch has another count."""
    fact = message.data
    sheet.put(BATCH_MOVES, move_row(message.id, message.programme, fact))
    sheet.change(BATCHES, row_id(message.programme, fact.batch), {"count": fact.count, "counted": fact.count},
                 add={"moves": 1})


def keyed_in(sheet: Sheet, message: Envelope[PostcardKeyedIn]) -> None:
    """A card is an application."""
    fact = message.data
    _card(sheet, message, {"state": KEYED, "by": fact.by, "at": fact.at, "reason": None,
                           "application": fact.application, "reply_half": fact.reply_half}
          | ({"check": DUE} if fact.check else {}))


def held(sheet: Sheet, message: Envelope[PostcardHeld]) -> None:
    """A card lies aside."""
    _card(sheet, message, {"state": HELD, "by": message.data.by, "at": message.data.at, "reason": message.data.reason})


def replied(sheet: Sheet, message: Envelope[PostcardReplied]) -> None:
    """The sender of a card was written to."""
    _card(sheet, message, {"replied_at": message.data.at, "replied_by": message.data.by})


def released(_: Sheet, __: Envelope[PostcardReleased]) -> None:
    """Nothing by itself: that the card is keyed in follows at once."""


def given_up(sheet: Sheet, message: Envelope[PostcardGivenUp]) -> None:
    """A card takes no part; its sender is owed another reply."""
    fact = message.data
    _card(sheet, message, {"state": GIVEN_UP, "by": fact.by, "at": fact.at, "replied_at": None, "replied_by": None})


def checked(sheet: Sheet, message: Envelope[PostcardChecked]) -> None:
    """A second person has read a card."""
    fact = message.data
    _card(sheet, message, {"check": DIFFERS if fact.differing else AGREED, "checked_by": fact.by,
                           "checked_at": fact.at, "differing": list(fact.differing)})


def settled(sheet: Sheet, message: Envelope[PostcardSettled]) -> None:
    """Two people have settled what was read differently."""
    fact = message.data
    _card(sheet, message, {"check": SETTLED, "settled_by": [fact.by, fact.together_with], "settled_at": fact.at,
                           "corrected": list(fact.corrected)})


def _card(sheet: Sheet, message: Envelope[Any], values: Mapping[str, Any]) -> None:
    fact: CardFact = message.data
    sheet.change(POSTCARDS, row_id(message.programme, fact.card), {
        "programme": message.programme, "batch": fact.batch, "card": fact.card, **values})


FOLDS: Mapping[str, Mapping[type[Event], Fold]] = {
    "intake.postcards.v1": {
        PostcardsArrived: arrived, PostcardsHandedOver: handed_over, PostcardsRecounted: recounted,
        PostcardKeyedIn: keyed_in, PostcardHeld: held, PostcardReplied: replied, PostcardReleased: released,
        PostcardGivenUp: given_up, PostcardChecked: checked, PostcardSettled: settled,
    },
}
COMPARED = (
    Compared(BATCHES, ("programme", "batch", "count", "received_on", "delivery", "reply_halves", "counted_by",
                       "arrived_at", "place", "since", "counted", "moves")),
    Compared(BATCH_MOVES, ("programme", "batch", "place", "count", "booked", "people", "at"),
             left_out={"order": "the machine's clock, for two within one second"}),
    Compared(POSTCARDS, ("programme", "batch", "card", "state", "by", "at", "reason", "application", "reply_half",
                         "replied_at", "replied_by", "check", "checked_by", "checked_at", "differing", "settled_by",
                         "settled_at", "corrected")),
)
FIGURES = (
    Figure("ledger", "postcards: batches by place", counted_by(BATCHES, "place")),
    Figure("ledger", "postcards: cards by state and reason", counted_by(POSTCARDS, "state", "reason")),
)
