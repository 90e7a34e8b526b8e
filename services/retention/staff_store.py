"""Retention's collections about staff beside `staff` itself.

authoritative   trainings   {staff, course, day, recorded_by, at}: a document a training (S20)
                terminals   {name, key_hash, enrolled_by, enrolled_at, revoked_by, revoked_at, used_at}: shared tablets
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from services.retention import store
from shared.contracts.envelope import Id, new_id
from shared.contracts.retention import StaffDesignated, StaffTrained
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

TRAININGS, TERMINALS = "trainings", "terminals"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(TRAININGS, "authoritative", not_rebuilt="each training is a fact; the row's id is said to nobody"),
    Declared(TERMINALS, "authoritative", not_rebuilt="the hash of a tablet's key is said to nobody"),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (TRAININGS, [("staff", 1)], {}),
    (TERMINALS, [("key_hash", 1)], {"unique": True}),
)


async def person(tx: Transaction, staff: str) -> StaffDesignated | None:
    """The designation, if there is one."""
    row = await tx.database[store.STAFF].find_one({"_id": staff, "active": True}, session=tx.session)
    return StaffDesignated.model_validate(row["designation"]) if row else None


async def designation(database: Database, staff: str) -> StaffDesignated | None:
    """The designation, if there is one, as of now."""
    row = await database[store.STAFF].find_one({"_id": staff, "active": True})
    return StaffDesignated.model_validate(row["designation"]) if row else None


async def subjects(database: Database) -> dict[str, Id]:
    """Under which subject each designated person's name is sealed."""
    rows = database[store.STAFF].find({"active": True, "subject": {"$exists": True}}, {"subject": 1})
    return {row["_id"]: row["subject"] async for row in rows}


async def trainings(tx: Transaction, staff: str) -> list[Document]:
    """The trainings on record of one person; `day` is a date."""
    rows = tx.database[TRAININGS].find({"staff": staff}, session=tx.session)
    return [_training(row) async for row in rows]


async def all_trainings(database: Database) -> dict[str, list[Document]]:
    """The trainings on record by staff id, the first one first."""
    found: dict[str, list[Document]] = {}
    async for row in database[TRAININGS].find({}).sort([("day", 1), ("course", 1)]):
        found.setdefault(row["staff"], []).append(_training(row))
    return found


def _training(row: Document) -> Document:
    return {**row, "day": date.fromisoformat(row["day"])}


async def add_training(tx: Transaction, trained: StaffTrained, now: datetime) -> None:
    """Puts a training on record, at once: others of the same commit count it."""
    await tx.database[TRAININGS].insert_one(
        {"_id": new_id(), **trained.model_dump(mode="json"), "at": now}, session=tx.session)


async def forget_trainings(tx: Transaction, staff: str) -> None:
    """Whoever had this id before counts no more; the facts on the topic stay."""
    await tx.database[TRAININGS].delete_many({"staff": staff}, session=tx.session)


def key_hash(key: str) -> str:
    """What is kept of a tablet's key: it has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


async def terminal(database: Database, key: str) -> Document | None:
    """The tablet that has this key, while it is in use."""
    return await database[TERMINALS].find_one({"key_hash": key_hash(key), "revoked_at": None})


async def terminals(database: Database) -> list[Document]:
    """Every tablet, those in use first, without what its key is checked with."""
    rows = database[TERMINALS].find({}, {"key_hash": 0}).sort([("revoked_at", 1), ("name", 1)])
    return [row async for row in rows]


async def used(database: Database, terminal: Id, now: datetime) -> None:
    """Somebody signed in on the tablet."""
    await database[TERMINALS].update_one({"_id": terminal}, {"$set": {"used_at": now}})
