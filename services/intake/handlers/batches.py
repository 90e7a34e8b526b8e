"""Batches of postcards: counted when they come, handed over and counted again by two people (S02, S15)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from services.intake.domain.batches import START, HandOver, batch_name, day_name, hand_over_fault
from services.intake.domain.desk import DeskRefused
from services.intake.domain.fault import Fault
from services.intake.handlers.means import Means
from services.intake.postcard_store import BATCH_MOVES, BATCHES, row_id
from shared.contracts.postcards import Delivery, PostcardsArrived, PostcardsHandedOver, PostcardsRecounted
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, is_duplicate
from shared.platform.mongo import Document

HANDLERS = ("desk", "officer")
_TRIES = 20


@dataclass(frozen=True)
class Arrival:
    """A batch as it came in: `count` None for a day's single cards, which have numbers of their own."""

    count: int | None
    received_on: date
    delivery: Delivery = "mail"
    reply_halves: bool = False


def arrival_faults(means: Means, programme: Programme, arrival: Arrival) -> list[Fault]:
    """A batch cannot have come on a day that is still to come."""
    today = programme.local(means.now(programme)).date()
    return [Fault("received_on", "date-to-come")] if arrival.received_on > today else []


async def open_batch(means: Means, programme: Programme, arrival: Arrival, by: str) -> Document:
    """A batch was counted by `by`; returns it with its number, which nobody chooses."""
    for _ in range(_TRIES):
        position = await means.postcards.count_batches(programme.id) + 1
        name = batch_name(programme.postcards.numbers, position)
        if await _arrived(means, programme, name, arrival, by):
            return await batch_of(means, programme, name)
    raise DeskRefused("overtaken")


async def day_batch(means: Means, programme: Programme, arrival: Arrival, by: str) -> None:
    """Where the single cards of a day are kept together is there from the first of them on. Raises `DeskRefused`."""
    if arrival_faults(means, programme, arrival):
        raise DeskRefused("day-to-come")
    name = day_name(programme.postcards.numbers, arrival.received_on, arrival.delivery == "hand")
    if await means.postcards.batch(programme.id, name) is None:
        await _arrived(means, programme, name, arrival, by)


async def batch_of(means: Means, programme: Programme, name: str) -> Document:
    """The batch of that number. Raises `DeskRefused`."""
    found = await means.postcards.batch(programme.id, name)
    if found is None:
        raise DeskRefused("no-batch", batch=name)
    return found


async def _arrived(means: Means, programme: Programme, name: str, arrival: Arrival, by: str) -> bool:
    """Whether it was this call that took the number."""
    try:
        await means.transactions.run(partial(arrive, means, programme, name, arrival, by))
    except Exception as error:
        if not is_duplicate(error):
            raise
        return False
    return True


async def arrive(
    means: Means, programme: Programme, name: str, arrival: Arrival, by: str, tx: Transaction
) -> None:
    """The batch is there with the transaction's commit; where it was there already, that fails as a duplicate."""
    now = means.now(programme)
    told = {"count": arrival.count, "received_on": arrival.received_on.isoformat(), "delivery": arrival.delivery,
            "reply_halves": arrival.reply_halves, "counted_by": by, "arrived_at": now}
    tx.insert(BATCHES, {
        "_id": row_id(programme.id, name), "programme": programme.id, "batch": name, **told, "place": START,
        "since": now, "counted": arrival.count, "moves": 0})
    tx.say(PostcardsArrived.model_validate({"batch": name, **told}), subject=name, programme=programme.id, at=now)


async def hand_over(means: Means, programme: Programme, name: str, move: HandOver) -> Document:
    """Records that a batch changed hands, with the count of both; returns the batch as it is then.

    A count that disagrees is recorded and shown: what was counted is a fact. Raises `DeskRefused`.
    """
    batch = await batch_of(means, programme, name)
    fault = hand_over_fault(batch["place"], move)
    if fault:
        raise DeskRefused(fault, batch=name, place=batch["place"])
    _check_people(means, programme, move.handed_by, move.taken_by)
    standing = (await means.postcards.standings(programme.id, [batch]))[name]
    now = means.now(programme)
    moved = PostcardsHandedOver(
        batch=name, place=move.place, count=move.count, booked=standing.booked, handed_by=move.handed_by,
        taken_by=move.taken_by, moved_at=now)
    change = {"place": move.place, "since": now, "counted": move.count}
    await means.transactions.run(partial(_record, means, programme, batch, moved, change))
    return await batch_of(means, programme, name)


async def recount(means: Means, programme: Programme, name: str, count: int, people: tuple[str, str]) -> Document:
    """Two people found another count than the first: from now on it is the batch's. Raises `DeskRefused`."""
    batch = await batch_of(means, programme, name)
    if batch["count"] is None:
        raise DeskRefused("counted-singly", batch=name)
    if people[0] == people[1]:
        raise DeskRefused("same-person")
    _check_people(means, programme, *people)
    last = await means.postcards.last_position(programme.id, name)
    if count < last:
        raise DeskRefused("fewer-than-seen", batch=name, seen=last)
    counted = PostcardsRecounted(
        batch=name, count=count, before=batch["count"], counted_by=people, at=means.now(programme))
    await means.transactions.run(
        partial(_record, means, programme, batch, counted, {"count": count, "counted": count}))
    return await batch_of(means, programme, name)


def _check_people(means: Means, programme: Programme, *people: str) -> None:
    for staff in people:
        if means.register.refusal(staff, HANDLERS, programme.id, means.now(programme)):
            raise DeskRefused("not-designated", staff=staff)


async def _record(
    means: Means, programme: Programme, batch: Document, said: PostcardsHandedOver | PostcardsRecounted,
    change: Document, tx: Transaction,
) -> None:
    if not await means.postcards.change_batch(tx, batch, change):
        raise DeskRefused("overtaken", batch=batch["batch"])
    now = means.now(programme)
    event = tx.say(said, subject=said.batch, programme=programme.id, at=now)
    tx.insert(BATCH_MOVES, move_row(event, programme.id, said) | {"order": time.time_ns()})


def move_row(event: str, programme: str, said: PostcardsHandedOver | PostcardsRecounted) -> dict[str, Any]:
    """A line of the batch's ledger, under the id of its event."""
    if isinstance(said, PostcardsHandedOver):
        people, place, at = (said.handed_by, said.taken_by), said.place, said.moved_at
        count, booked = said.count, said.booked
    else:
        people, place, at, count, booked = said.counted_by, None, said.at, said.count, said.before
    return {"_id": event, "programme": programme, "batch": said.batch, "place": place, "count": count,
            "booked": booked, "people": list(people), "at": at}
