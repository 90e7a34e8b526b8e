"""Retention's collections. No personal data: the sealed records of staff lie in `personal`, behind the door.

authoritative   programmes      the latest version of each programme, with its file's text
                ticks           the last tick of each programme
                staff           designations, hashes of passwords and PINs
                signing_keys    public keys that were published
derived         applications    one a subject: channel, way to reach, state (from intake's facts)
                accesses        each opening and refusal (from everybody's access events)
                notices, passes, receptions, cards, postcards, draws, parts, alarms    (from facts)
                incidents       {_id, programme, venue, day, basis, reference, cards, openings, contacted, left, state,
                                 who opened, released and closed it and when}
                destructions    {_id, programme, count, used, method, destroyed_by, witnessed_by, reason, at}
passing         tries           wrong passwords in a row
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from services.retention.domain.lockout import PAUSE
from services.retention.domain.state import AccessCount, Counts, SubjectCount
from services.retention.domain.ticks import Tick
from shared.contracts.programme import Programme
from shared.contracts.retention import StaffDesignated
from shared.contracts.topics import SERVICES
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared, personal
from shared.platform.mongo import AFTER, Database, Document

PROGRAMMES, TICKS, STAFF, SIGNING_KEYS = "programmes", "ticks", "staff", "signing_keys"
APPLICATIONS, ACCESSES, NOTICES, PASSES = "applications", "accesses", "notices", "passes"
RECEPTIONS, CARDS, DRAWS, PARTS, ALARMS, TRIES = "receptions", "cards", "draws", "parts", "alarms", "tries"
INCIDENTS, DESTRUCTIONS, POSTCARDS = "incidents", "destructions", "postcards"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(PROGRAMMES, "authoritative", ("programme.definitions.v1",)),
    Declared(TICKS, "authoritative", ("programme.clock.v1",)),
    Declared(STAFF, "authoritative", ("retention.staff.v1",)),
    Declared(SIGNING_KEYS, "authoritative", ("retention.staff.v1",)),
    personal("retention.personal.v1", "authoritative"),
    Declared(APPLICATIONS, "derived", ("intake.applications.v1", "lottery.results.v1", "notifier.notices.v1")),
    Declared(ACCESSES, "derived", ("privacy.access.v1",)),
    Declared(NOTICES, "derived", ("notifier.notices.v1",)),
    Declared(PASSES, "derived", ("checkin.passes.v1",)),
    Declared(RECEPTIONS, "derived", ("checkin.admissions.v1",)),
    Declared(CARDS, "derived", ("checkin.custody.v1",)),
    Declared(INCIDENTS, "derived", ("checkin.contacts.v1",)),
    Declared(DESTRUCTIONS, "derived", ("checkin.custody.v1",)),
    Declared(POSTCARDS, "derived", ("intake.postcards.v1",)),
    Declared(DRAWS, "derived", ("lottery.draws.v1",)),
    Declared(PARTS, "derived", ("programme.progress.v1",)),
    Declared(ALARMS, "derived", (
        "notifier.alarms.v1", "retention.alarms.v1", *(f"{service}.dead-letters.v1" for service in SERVICES))),
    Declared(TRIES, "passing"),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (APPLICATIONS, [("programme", 1), ("state", 1)], {}),
    (ACCESSES, [("programme", 1), ("service", 1), ("purpose", 1)], {}),
    (NOTICES, [("programme", 1), ("state", 1)], {}),
    (PASSES, [("programme", 1), ("state", 1)], {}),
    (RECEPTIONS, [("programme", 1), ("kind", 1)], {}),
    (CARDS, [("programme", 1), ("place", 1)], {}),
    (INCIDENTS, [("programme", 1), ("state", 1)], {}),
    (DESTRUCTIONS, [("programme", 1), ("at", 1)], {}),
    (POSTCARDS, [("programme", 1), ("state", 1)], {}),
    (DRAWS, [("draw", 1), ("step", 1)], {}),
    (ALARMS, [("programme", 1), ("at", -1)], {}),
    (TRIES, [("last_at", 1)], {"expireAfterSeconds": int(2 * PAUSE.total_seconds())}),
)


async def put(tx: Transaction, collection: str, key: str, fields: Mapping[str, Any]) -> None:
    """Writes `fields` of the document `key`, which need not exist yet."""
    await tx.database[collection].update_one(
        {"_id": key}, {"$set": dict(fields)}, upsert=True, session=tx.session)


async def programme_row(tx: Transaction, programme: str) -> Document | None:
    """`{version, digest, definition, text, by, at}` of the latest version."""
    return await tx.database[PROGRAMMES].find_one({"_id": programme}, session=tx.session)


def programme_of(row: Document) -> Programme:
    """The programme as it was published."""
    return Programme.model_validate(row["definition"])


async def published(database: Database) -> list[Document]:
    """Every programme's latest version, without definition and text."""
    rows = database[PROGRAMMES].find({}, {"definition": 0, "text": 0}).sort("_id", 1)
    return [row async for row in rows]


async def is_announced(tx: Transaction, draw: str) -> bool:
    """Whether the draw's rules are public."""
    return await tx.database[DRAWS].find_one({"draw": draw, "step": "announced"}, session=tx.session) is not None


async def seal_keys(database: Database) -> dict[str, str]:
    """The published public keys of seals, by id."""
    rows = database[SIGNING_KEYS].find({"use": "seal"})
    return {row["_id"]: row["public_key"] async for row in rows}


async def last_tick(database: Database, programme: str, tx: Transaction | None = None) -> Tick | None:
    """The programme's last tick, if time is simulated."""
    row = await database[TICKS].find_one({"_id": programme}, session=tx.session if tx else None)
    return Tick(row["number"], row["at"]) if row else None


async def parts_done(database: Database, programme: str) -> dict[str, dict[str, int]]:
    """What each part of each service said last about the ticks of a programme."""
    rows = database[PARTS].find({"programme": programme})
    return {row["part"]: {"number": row["number"], "activity": row["activity"]} async for row in rows}


async def register(database: Database, tx: Transaction | None = None) -> tuple[StaffDesignated, ...]:
    """Everybody who is designated."""
    rows = database[STAFF].find({"active": True}, session=tx.session if tx else None).sort("_id", 1)
    return tuple([StaffDesignated.model_validate(row["designation"]) async for row in rows])


Tried = Literal["password", "pin"]
"""What was tried: each has its own count, so that nobody locks a password by wrong PINs."""


async def count_try(database: Database, staff: str, now: datetime, of: Tried = "password") -> int | None:
    """Counts one more try of this id's secret; None while it is locked.

    Counted before the secret is checked, so that many tries at the same time are not more than five.
    """
    key = _tried(staff, of)
    await database[TRIES].update_one(
        {"_id": key, "locked_until": {"$lte": now}}, {"$set": {"tries": 0, "locked_until": None}})
    row = await database[TRIES].find_one_and_update(
        {"_id": key}, {"$inc": {"tries": 1}, "$set": {"last_at": now}, "$setOnInsert": {"locked_until": None}},
        upsert=True, return_document=AFTER)
    return None if row["locked_until"] else int(row["tries"])


async def lock(tx: Transaction, staff: str, until: datetime, of: Tried = "password") -> bool:
    """Locks an id; returns whether it wasn't locked yet."""
    result = await tx.database[TRIES].update_one(
        {"_id": _tried(staff, of), "locked_until": None}, {"$set": {"locked_until": until}}, session=tx.session)
    return bool(result.modified_count)


async def forget_tries(database: Database, staff: str, of: Tried = "password") -> None:
    """The secret was right, or is a new one."""
    await database[TRIES].delete_one({"_id": _tried(staff, of)})


def _tried(staff: str, of: Tried) -> str:
    """What somebody types as an id can be anything, a password in the wrong field too: only its hash is kept."""
    return hashlib.sha256(f"{of}\0{staff}".encode()).hexdigest()


async def alarms(database: Database, programme: str | None = None, most: int = 20) -> list[Document]:
    """Alarms that nobody has decided yet, the newest first."""
    query: dict[str, Any] = {"decided": None, **({"programme": {"$in": [programme, "*"]}} if programme else {})}
    rows = database[ALARMS].find(query).sort("at", -1).limit(most)
    return [row async for row in rows]


async def open_alarms(database: Database, programmes: Collection[str], most: int = 200) -> list[Document]:
    """Those that concern these programmes ("*": all) and nobody has decided yet, the newest first."""
    rows = database[ALARMS].find({"decided": None, **_concerning(programmes)}).sort("at", -1).limit(most)
    return [row async for row in rows]


async def decided_alarms(database: Database, programmes: Collection[str], most: int) -> list[Document]:
    """Those that an officer has decided, the last decision first."""
    query = {"decided": {"$ne": None}, **_concerning(programmes)}
    rows = database[ALARMS].find(query).sort("decided.at", -1).limit(most)
    return [row async for row in rows]


def _concerning(programmes: Collection[str]) -> dict[str, Any]:
    return {} if "*" in programmes else {"programme": {"$in": ["*", *programmes]}}


async def counts(database: Database, programme: str, without: Sequence[str] = ()) -> Counts:
    """All counts of a programme; whoever's data went with a batch of `without` is not counted as held."""
    return Counts(
        applications=await _applications(database, programme, without),
        accesses=await _accesses(database, programme),
        notices=await _by(database, NOTICES, programme, "state"),
        passes=await _by(database, PASSES, programme, "state"),
        reception=await _by(database, RECEPTIONS, programme, "kind"),
        cards=await _by(database, CARDS, programme, "place"),
        incidents=await _by(database, INCIDENTS, programme, "state"),
        contacts=await _summed(database, INCIDENTS, programme, ("cards", "openings", "contacted", "left")),
        destroyed=await _by(database, DESTRUCTIONS, programme, "method", "$count"),
        postcards=await _by(database, POSTCARDS, programme, "state"),
    )


async def _by(
    database: Database, collection: str, programme: str, name: str, summed: int | str = 1
) -> dict[str, int]:
    rows = database[collection].aggregate([
        {"$match": {"programme": programme}}, {"$group": {"_id": f"${name}", "count": {"$sum": summed}}},
        {"$sort": {"_id": 1}},
    ])
    return {row["_id"]: row["count"] async for row in rows}


async def _summed(
    database: Database, collection: str, programme: str, names: tuple[str, ...]
) -> dict[str, int]:
    rows = await database[collection].aggregate([
        {"$match": {"programme": programme}},
        {"$group": {"_id": None, **{name: {"$sum": f"${name}"} for name in names}}},
    ]).to_list(1)
    return {name: rows[0][name] for name in names} if rows else {}


async def _applications(database: Database, programme: str, without: Sequence[str]) -> tuple[SubjectCount, ...]:
    group = {"channel": "$channel", "contact": "$contact", "state": "$state"}
    rows = database[APPLICATIONS].aggregate([
        {"$match": {"programme": programme, "batch": {"$nin": list(without)}}},
        {"$group": {"_id": group, "count": {"$sum": 1}}}, {"$sort": {"_id": 1}},
    ])
    return tuple([SubjectCount(**row["_id"], count=row["count"]) async for row in rows])


async def _accesses(database: Database, programme: str) -> tuple[AccessCount, ...]:
    opened = {"$sum": {"$cond": ["$opened", 1, 0]}}
    rows = database[ACCESSES].aggregate([
        {"$match": {"programme": programme}},
        {"$group": {
            "_id": {"service": "$service", "purpose": "$purpose", "role": "$role"}, "opened": opened,
            "all": {"$sum": 1}, "last_at": {"$max": "$at"},
        }},
        {"$sort": {"_id": 1}},
    ])
    return tuple([
        AccessCount(**row["_id"], opened=row["opened"], refused=row["all"] - row["opened"], last_at=row["last_at"])
        async for row in rows
    ])
