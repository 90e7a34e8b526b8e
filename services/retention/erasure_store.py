"""Retention's collections of erasing. No personal data: ids, standings, counts, times.

authoritative   duties      the calendar's documents: what is looked at when (see `handlers/scheduling.py`)
                batches     decisions to erase, and how far each has come
                orders      the parts of a batch that services answer, with their receipts
                rotations   orders to change all keys, and what each service destroyed
                holds       legal holds and who agreed to them
                requests    people who asked to be erased early, and what was decided

A batch: `{_id, programme, duty, rule, why, kind, standings, returned, subjects, orders, attested, state, ordered_at,
deadline, final_deadline, decided_by, decision, archive, removed_at, final_at, rotation, certificate}`. Its state is
one of "collecting", "awaiting-return", "ordered", "attested", "final", "certified" (`domain/erasing.py`).
An order: `{_id, batch, number, programme, kind, subjects: [ids], state, receipts: {service: {subjects, rows, records,
files, reread, at}}, attested_at}`. A rotation: `{_id, programme: "*", why, ordered_at, decided_by, after: [batches],
destroyed: {service: {epoch, at}}, rewrapped: {service: records}, state: "open"|"done", done_at}`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any

from services.retention.domain.erasing import REMOVED, waits_for
from services.retention.domain.schedule import UNDECIDED, Cancellation
from services.retention.domain.state import STAGES, Stage, StandingCount
from services.retention.store import APPLICATIONS
from shared.contracts.envelope import Id
from shared.contracts.topics import SERVICES
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

_STAGE: dict[str, Stage] = {
    "collecting": "ordered", "awaiting-return": "ordered", "ordered": "ordered", "attested": "erased",
    "final": "final", "certified": "final",
}

DUTIES, BATCHES, ORDERS = "duties", "batches", "orders"
ROTATIONS, HOLDS, REQUESTS = "rotations", "holds", "requests"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(DUTIES, "passing"),
    Declared(BATCHES, "authoritative", not_rebuilt="its orders, receipts and certificate are on their topics"),
    Declared(ORDERS, "authoritative", not_rebuilt="orders and receipts are on their topics; a replay obeys the orders"),
    Declared(ROTATIONS, "authoritative", not_rebuilt="the order and each service's answers are on their topics"),
    Declared(HOLDS, "authoritative", not_rebuilt="whom it keeps back stands on retention.orders.v1"),
    Declared(REQUESTS, "authoritative", not_rebuilt="the asking is a fact of intake's, the decision an order"),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (APPLICATIONS, [("programme", 1), ("standing", 1), ("batch", 1)], {}),
    (APPLICATIONS, [("programme", 1), ("receipt", 1)], {}),
    (DUTIES, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    (BATCHES, [("programme", 1), ("state", 1)], {}),
    (ORDERS, [("batch", 1), ("number", 1)], {}),
    (ORDERS, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    # Never two rotations at once: the second insert is refused by the store itself.
    (ROTATIONS, [("state", 1)], {"unique": True, "partialFilterExpression": {"state": "open"}}),
    (HOLDS, [("programme", 1), ("state", 1)], {}),
    (REQUESTS, [("programme", 1), ("state", 1)], {}),
)


async def batch(source: Transaction | Database, id: Id) -> Document | None:
    """One batch."""
    database, session = _at(source)
    return await database[BATCHES].find_one({"_id": id}, session=session)


async def batches_of(database: Database, programme: str, states: Collection[str] | None = None) -> list[Document]:
    """A programme's batches in the order in which they fell due; `states` limits them."""
    query: dict[str, Any] = {"programme": programme}
    if states is not None:
        query["state"] = {"$in": list(states)}
    return await database[BATCHES].find(query).sort([("due_at", 1), ("_id", 1)]).to_list(None)


async def orders_of(database: Database, batch: Id) -> AsyncIterator[Document]:
    """A batch's orders, with their subjects and receipts, by number."""
    async for row in database[ORDERS].find({"batch": batch}).sort("number", 1):
        yield row


async def rotation_after(source: Transaction | Database, batch: Document) -> Document | None:
    """The rotation that makes `batch` final: the first one that was ordered after it was attested. None without."""
    database, session = _at(source)
    return await database[ROTATIONS].find_one({"after": batch["_id"]}, sort=[("ordered_at", 1)], session=session)


async def open_rotation(source: Transaction | Database) -> Document | None:
    """The rotation that is not through, if there is one."""
    database, session = _at(source)
    return await database[ROTATIONS].find_one({"state": "open"}, session=session)


async def answers(source: Transaction | Database, batches: Collection[Id]) -> dict[Id, dict[str, int]]:
    """How many orders each service has answered, a batch."""
    database, session = _at(source)
    answered = {service: {"$sum": {"$cond": [{"$ifNull": [f"$receipts.{service}", False]}, 1, 0]}}
                for service in SERVICES}
    rows = database[ORDERS].aggregate(
        [{"$match": {"batch": {"$in": list(batches)}}}, {"$group": {"_id": "$batch", **answered}}], session=session)
    return {row.pop("_id"): row async for row in rows}


async def batch_waits_for(source: Transaction | Database, batch: Document) -> tuple[str, ...]:
    """What a batch waits for, by the codes of `domain.erasing.waits_for`."""
    answered = (await answers(source, [batch["_id"]])).get(batch["_id"], {})
    silent = [service for service in SERVICES if answered.get(service, 0) < batch["orders"]]
    rotation = await rotation_after(source, batch) if batch["state"] == "attested" else None
    return waits_for(batch["state"], silent, rotation["destroyed"] if rotation else None,
                     held=batch.get("held", False))


async def standings(database: Database, programme: str) -> tuple[StandingCount, ...]:
    """Of each standing, how many applications are held, ordered, erased, final."""
    stages = {row["_id"]: _STAGE[row["state"]] async for row in database[BATCHES].find(
        {"programme": programme}, {"state": 1})}
    groups = database[APPLICATIONS].aggregate([
        {"$match": {"programme": programme}},
        {"$group": {"_id": {"standing": "$standing", "batch": "$batch"}, "count": {"$sum": 1}}},
    ])
    found: dict[str, dict[Stage, int]] = {}
    async for row in groups:
        stage = stages.get(row["_id"].get("batch"), "held")
        counts = found.setdefault(row["_id"].get("standing") or UNDECIDED, dict.fromkeys(STAGES, 0))
        counts[stage] += row["count"]
    return tuple(StandingCount(name, found[name]) for name in sorted(found))


async def removed_batches(database: Database, programme: str) -> list[Id]:
    """The batches whose data is not there any more."""
    rows = database[BATCHES].find({"programme": programme, "state": {"$in": list(REMOVED)}}, {"_id": 1})
    return [row["_id"] async for row in rows]


async def programme_hold(source: Transaction | Database, programme: str) -> Document | None:
    """A hold on the whole programme, in force."""
    database, session = _at(source)
    return await database[HOLDS].find_one(
        {"programme": programme, "state": {"$in": ["placed", "lifting"]}, "whole": True}, session=session)


async def release(tx: Transaction, batch: Id, archive: Id | None = None) -> bool:
    """Lets a batch go on that waited for its return: call it when the ward acknowledged `archive`.

    Its orders are said from then on. Returns whether it did wait; again it changes nothing. Under a hold on the whole
    programme it is remembered, and the orders follow when the hold is lifted.
    """
    row = await tx.database[BATCHES].find_one({"_id": batch}, session=tx.session)
    if row is None or row["state"] != "awaiting-return":
        return False
    if archive is not None:
        await _set(tx, batch, archive=archive)
    if await programme_hold(tx, row["programme"]):
        await _set(tx, batch, released=True)
        return True
    await order(tx, row)
    return True


async def order(tx: Transaction, row: Document) -> None:
    """Lets every order of a batch be said."""
    await _set(tx, row["_id"], state="ordered", held=False)
    await tx.database[ORDERS].update_many(
        {"batch": row["_id"], "state": "waiting"}, {"$set": {"state": DUE}}, session=tx.session)


async def mark_certified(tx: Transaction, batches: Collection[Id], certificate: Id) -> None:
    """These batches, each of which is final, stand on a certificate."""
    await tx.database[BATCHES].update_many(
        {"_id": {"$in": list(batches)}, "state": "final"},
        {"$set": {"state": "certified", "certificate": certificate}}, session=tx.session)


async def _set(tx: Transaction, batch: Id, **fields: Any) -> None:
    await tx.database[BATCHES].update_one({"_id": batch}, {"$set": fields}, session=tx.session)


def _at(source: Transaction | Database) -> tuple[Database, Any]:
    return (source.database, source.session) if isinstance(source, Transaction) else (source, None)


async def cancellation(source: Transaction | Database, programme: str) -> Cancellation | None:
    """All slots of the programme that were cancelled so far."""
    database, session = _at(source)
    found: Cancellation | None = None
    async for row in database["draws"].find({"programme": programme, "step": "cancelled"}, session=session):
        found = (found or Cancellation(frozenset(), row["at"])).and_then(row["slots"], row["at"])
    return found


async def drawn_at(source: Transaction | Database, programme: str) -> datetime | None:
    """When the draw that stands was drawn: the one announced last, as a second draw takes the place of the first."""
    database, session = _at(source)
    rows = await database["draws"].find(
        {"programme": programme, "step": {"$in": ["announced", "drawn"]}}, session=session).to_list(None)
    drawn = {row["draw"]: row["at"] for row in rows if row["step"] == "drawn"}
    replaced = {row.get("replaces") for row in rows}
    standing = {row["draw"] for row in rows} - replaced
    return max((drawn[draw] for draw in standing if draw in drawn), default=None)
