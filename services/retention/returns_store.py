"""Retention's collections of returns (S17). No personal data: public keys, counts, digests, times, staff ids.

authoritative   archive_keys    `{_id: "<programme>/<fingerprint>", programme, key, fingerprint, registered_by,
                                registered_at, confirmed_by, confirmed_at, order}`; the last confirmed one is in use
                                (`order` is the machine's clock: two may fall into one second of the programme's time)
                returns         `{_id: archive, batch, programme, state, ...}`, one a batch that goes back to the ward
The state of a return is "no-key", "due", "ordered", "made", "acknowledged" or "replaced" (by another of its batch).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.retention.domain.lockout import FREE_TRIES, PAUSE
from shared.contracts.envelope import Id
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

ARCHIVE_KEYS, RETURNS = "archive_keys", "returns"
NO_KEY, ORDERED, MADE, ACKNOWLEDGED, REPLACED = "no-key", "ordered", "made", "acknowledged", "replaced"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(ARCHIVE_KEYS, "authoritative", not_rebuilt="each order to return says the key, and who decided on it"),
    Declared(RETURNS, "authoritative", not_rebuilt="orders, receipts and acknowledgements are on their topics"),
)
INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (ARCHIVE_KEYS, [("programme", 1)], {}),
    (RETURNS, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
)


async def key_in_use(source: Transaction | Database, programme: str) -> Document | None:
    """The ward's key that was confirmed last."""
    database, session = _at(source)
    return await database[ARCHIVE_KEYS].find_one(
        {"programme": programme, "confirmed_by": {"$ne": None}}, sort=[("order", -1)], session=session)


async def key_to_confirm(source: Transaction | Database, programme: str) -> Document | None:
    """The key that was registered last and waits for a second person."""
    database, session = _at(source)
    return await database[ARCHIVE_KEYS].find_one(
        {"programme": programme, "confirmed_by": None}, sort=[("order", -1)], session=session)


async def register_key(tx: Transaction, programme: str, fingerprint: str, fields: Mapping[str, Any]) -> None:
    """Keeps a key that waits for its confirmation; one that is known already is left as it is."""
    await tx.database[ARCHIVE_KEYS].update_one(
        {"_id": f"{programme}/{fingerprint}"},
        {"$setOnInsert": {"programme": programme, "fingerprint": fingerprint, "confirmed_by": None,
                          "order": time.time_ns(), **fields}},
        upsert=True, session=tx.session)


async def confirm_key(tx: Transaction, key: Document, by: str, at: datetime) -> None:
    """The key is in use from now on; returns that waited for one go on."""
    await tx.database[ARCHIVE_KEYS].update_one(
        {"_id": key["_id"]}, {"$set": {"confirmed_by": by, "confirmed_at": at, "order": time.time_ns()}},
        session=tx.session)
    await tx.database[RETURNS].update_many(
        {"programme": key["programme"], "state": NO_KEY}, {"$set": {"state": DUE}}, session=tx.session)


async def find(source: Transaction | Database, archive: Id) -> Document | None:
    """One return."""
    database, session = _at(source)
    return await database[RETURNS].find_one({"_id": archive}, session=session)


async def put(tx: Transaction, archive: Id, fields: Mapping[str, Any]) -> None:
    """Writes fields of a return."""
    await tx.database[RETURNS].update_one({"_id": archive}, {"$set": dict(fields)}, upsert=True, session=tx.session)


async def of_programme(database: Database, programme: str) -> list[Document]:
    """A programme's returns, the first one first."""
    return await database[RETURNS].find({"programme": programme}).sort([("due_at", 1), ("_id", 1)]).to_list(None)


async def count_wrong(tx: Transaction, archive: Id, now: datetime) -> None:
    """One more wrong digest; after some, the acknowledgement rests. `now` is on the real clock."""
    row = await find(tx, archive)
    wrong = (row or {}).get("wrong", 0) + 1
    locks = wrong >= FREE_TRIES
    await put(tx, archive, {"wrong": 0 if locks else wrong, "locked_until": now + PAUSE if locks else None})


def rests(row: Document, now: datetime) -> timedelta | None:
    """How long a return's acknowledgement still rests."""
    until: datetime | None = row.get("locked_until")
    return until - now if until is not None and until > now else None


def _at(source: Transaction | Database) -> tuple[Database, Any]:
    return (source.database, source.session) if isinstance(source, Transaction) else (source, None)
