"""A postcard on the desk: keyed in as an application, held with a reason, answered by post, given up (S02, S12, S14).

Of a card that is held nothing is kept that stands on it: only its number, its batch and a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from services.intake.domain.batches import batch_and_position, card_number, day_name, next_position
from services.intake.domain.checking import must_check
from services.intake.domain.desk import DeskRefused
from services.intake.handlers.batches import Arrival, batch_of, day_batch
from services.intake.handlers.documents import Card
from services.intake.handlers.means import Means
from services.intake.handlers.searching import scoped
from services.intake.postcard_store import DUE, GIVEN_UP, HELD, KEYED, POSTCARDS, row_id
from shared.contracts.envelope import Id
from shared.contracts.postcards import (
    CardFact,
    HoldReason,
    PostcardGivenUp,
    PostcardHeld,
    PostcardKeyedIn,
    PostcardReleased,
    PostcardReplied,
)
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, is_duplicate
from shared.platform.mongo import Document


@dataclass(frozen=True)
class Told:
    """What the desk says of a card itself. With a batch, its number and its day may be left to the batch."""

    number: str | None = None
    batch: str | None = None
    postmarked_on: date | None = None
    received_on: date | None = None
    by_hand: bool = False
    reply_half: bool = False


async def card_of(means: Means, programme: Programme, told: Told, by: str) -> Card:
    """The card that is meant. Raises `DeskRefused` for one that no batch has, and where all are done.

    A number that a batch gave out belongs to it; any other number is a single card of its day.
    """
    batch = await _batch_for(means, programme, told)
    if batch is None:
        return _single(programme, told, by)
    return _of_batch(batch, await _number_in(means, programme, batch, told.number, by), told, by)


def numbered_card(programme: Programme, batches: Mapping[str, Document], told: Told, by: str) -> Card:
    """As `card_of`, for one whose number is told, with all batches at hand by their names. Raises `DeskRefused`."""
    named = batch_and_position(told.number or "")
    batch = batches.get(named[0]) if named else None
    if batch is None or batch["count"] is None or told.number is None:
        return _single(programme, told, by)
    return _of_batch(batch, _checked_number(batch, told.number), told, by)


def _of_batch(batch: Document, number: str, told: Told, by: str) -> Card:
    return Card(
        number=number, postmarked_on=told.postmarked_on, received_on=date.fromisoformat(batch["received_on"]),
        entered_by=by, batch=batch["batch"], by_hand=batch["delivery"] == "hand",
        reply_half=told.reply_half or batch["reply_halves"],
    )


async def _batch_for(means: Means, programme: Programme, told: Told) -> Document | None:
    if told.batch:
        return await batch_of(means, programme, told.batch)
    named = batch_and_position(told.number or "")
    found = await means.postcards.batch(programme.id, named[0]) if named else None
    return found if found is not None and found["count"] is not None else None


def _single(programme: Programme, told: Told, by: str) -> Card:
    if told.number is None or told.received_on is None:
        raise DeskRefused("no-card")
    batch = day_name(programme.postcards.numbers, told.received_on, told.by_hand)
    return Card(told.number, told.postmarked_on, told.received_on, by, batch, told.by_hand, told.reply_half)


async def _number_in(means: Means, programme: Programme, batch: Document, number: str | None, by: str) -> str:
    if batch["count"] is None:
        if number is None:
            raise DeskRefused("no-card")
        return number
    if number is None:
        return await next_card(means, programme, batch, by)
    return _checked_number(batch, number)


def _checked_number(batch: Document, number: str) -> str:
    named = batch_and_position(number)
    if named is None or named[0] != batch["batch"] or not 1 <= named[1] <= batch["count"]:
        raise DeskRefused("number", first=card_number(batch["batch"], 1),
                          last=card_number(batch["batch"], batch["count"]))
    return number


async def next_card(means: Means, programme: Programme, batch: Document, by: str) -> str:
    """The number of the card that `by` most likely has before them. Raises `DeskRefused` where all are done."""
    used: dict[int, str] = {}
    for row in await means.postcards.cards_in(programme.id, batch["batch"]):
        named = batch_and_position(row["card"])
        if named:
            used[named[1]] = row["by"]
    own = [position for position, who in used.items() if who == by]
    position = next_position(frozenset(used), max(own, default=None), batch["count"] or 0)
    if position is None:
        raise DeskRefused("batch-done", batch=batch["batch"])
    return card_number(batch["batch"], position)


async def keep_with_its_day(means: Means, programme: Programme, card: Card) -> None:
    """A single card lies with the others of its day. Raises `DeskRefused` for a day that has not come."""
    arrival = day_of(programme, card)
    if arrival:
        await day_batch(means, programme, arrival, card.entered_by)


def day_of(programme: Programme, card: Card) -> Arrival | None:
    """The day's single cards with which the card is kept; None for the card of a numbered batch."""
    if card.batch != day_name(programme.postcards.numbers, card.received_on, card.by_hand):
        return None
    return Arrival(None, card.received_on, "hand" if card.by_hand else "mail")


async def keyed_in(
    means: Means, programme: Programme, card: Card, application: Id, row: Document | None, tx: Transaction
) -> None:
    """The card's part of taking its application. `row`: what the desk knows of it; if it was held, it is released."""
    now = means.now(programme)
    key = means.search_keys.of("postcard check", scoped(programme, card.number))
    check = must_check(programme.postcards, key)
    values = {"state": KEYED, "by": card.entered_by, "at": now, "reason": None, "application": application,
              "reply_half": card.reply_half} | ({"check": DUE} if check else {})
    if row is None or row["state"] == KEYED:
        tx.insert(POSTCARDS, {**_fresh(programme, card.batch, card.number), **values})
    elif await means.postcards.change_card(tx, row, values):
        _say(tx, programme, PostcardReleased(batch=card.batch, card=card.number, by=card.entered_by, at=now))
    else:
        raise DeskRefused("overtaken")
    _say(tx, programme, PostcardKeyedIn(
        batch=card.batch, card=card.number, by=card.entered_by, at=now, application=application,
        reply_half=card.reply_half, check=check))


async def hold(means: Means, programme: Programme, told: Told, reason: HoldReason, by: str) -> str:
    """Puts a card aside that cannot be keyed in as it is; returns its number. Raises `DeskRefused`."""
    card = await card_of(means, programme, told, by)
    await keep_with_its_day(means, programme, card)
    try:
        await means.transactions.run(partial(_hold, means, programme, card, reason))
    except Exception as error:
        if not is_duplicate(error):
            raise
        raise DeskRefused("card-used", card=card.number) from None
    return card.number


async def _hold(means: Means, programme: Programme, card: Card, reason: HoldReason, tx: Transaction) -> None:
    now = means.now(programme)
    tx.insert(POSTCARDS, {
        **_fresh(programme, card.batch, card.number), "state": HELD, "by": card.entered_by, "at": now,
        "reason": reason})
    _say(tx, programme, PostcardHeld(batch=card.batch, card=card.number, by=card.entered_by, at=now, reason=reason))


async def replied(means: Means, programme: Programme, number: str, by: str) -> None:
    """The sender of a held card was written to by post. Raises `DeskRefused`."""
    row = await _held(means, programme, number, (HELD, GIVEN_UP))
    now = means.now(programme)
    await means.transactions.run(partial(
        _change, means, programme, row, {"replied_at": now, "replied_by": by},
        PostcardReplied(batch=row["batch"], card=number, by=by, at=now)))


async def give_up(means: Means, programme: Programme, number: str, by: str) -> None:
    """A held card could not be cleared up and takes no part; it can still be keyed in. Raises `DeskRefused`.

    A reply that asked is not the one that tells the outcome: from here on that one is owed (S07).
    """
    row = await _held(means, programme, number, (HELD,))
    now = means.now(programme)
    values = {"state": GIVEN_UP, "by": by, "at": now, "replied_at": None, "replied_by": None}
    await means.transactions.run(partial(
        _change, means, programme, row, values,
        PostcardGivenUp(batch=row["batch"], card=number, by=by, at=now, reason=row["reason"])))


async def _held(means: Means, programme: Programme, number: str, states: tuple[str, ...]) -> Document:
    row = await means.postcards.card(programme.id, number)
    if row is None or row["state"] not in states:
        raise DeskRefused("not-held", card=number)
    return row


async def _change(
    means: Means, programme: Programme, row: Document, values: Document, said: CardFact, tx: Transaction
) -> None:
    if not await means.postcards.change_card(tx, row, values):
        raise DeskRefused("overtaken")
    _say(tx, programme, said)


def _fresh(programme: Programme, batch: str, number: str) -> Document:
    return {"_id": row_id(programme.id, number), "programme": programme.id, "batch": batch, "card": number}


def _say(tx: Transaction, programme: Programme, said: CardFact) -> None:
    tx.say(said, subject=said.batch, programme=programme.id, at=said.at)
