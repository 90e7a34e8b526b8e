"""Intake's collections of returns (S17). All are passing: they go when the ward has acknowledged the archive.

`archives`: `{_id: archive, programme, parts, key, state, items, subjects, records, missing, bytes, digest,
confirmation, made_at}`; its state is "ordered", "making", "made", "acknowledged" or "replaced".
`archive_parts`: whose records were ordered.
`archive_lines`: the file, line by line (`n` from 0), sealed to the ward's key before it gets here.
`downloads`: who fetched an archive, and when.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from services.intake.store import APPLICATIONS, OUTCOMES
from shared.contracts.envelope import Id, moment_text
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

ARCHIVES, ARCHIVE_PARTS, ARCHIVE_LINES, DOWNLOADS = "archives", "archive_parts", "archive_lines", "downloads"
ORDERED, MAKING, MADE = "ordered", "making", "made"
ACKNOWLEDGED, REPLACED = "acknowledged", "replaced"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(ARCHIVES, "passing"),
    Declared(ARCHIVE_PARTS, "passing"),
    Declared(ARCHIVE_LINES, "passing"),
    Declared(DOWNLOADS, "authoritative", not_rebuilt="each is on record on privacy.access.v1"),
)
INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (ARCHIVE_PARTS, [("archive", 1), ("part", 1)], {}),
    (ARCHIVE_LINES, [("archive", 1), ("n", 1)], {}),
    (ARCHIVE_LINES, [("subject", 1)], {}),
    (ARCHIVES, [("programme", 1)], {}),
)


async def archive(source: Transaction | Database, id: Id) -> Document | None:
    """One archive."""
    if isinstance(source, Transaction):
        return await source.database[ARCHIVES].find_one({"_id": id}, session=source.session)
    return await source[ARCHIVES].find_one({"_id": id})


async def change(tx: Transaction, id: Id, fields: dict[str, Any]) -> None:
    """Writes fields of an archive."""
    await tx.database[ARCHIVES].update_one({"_id": id}, {"$set": fields}, upsert=True, session=tx.session)


async def keep_part(tx: Transaction, id: Id, part: int, subjects: Sequence[Id]) -> int:
    """Keeps one part of the order; returns how many parts there are now."""
    parts = tx.database[ARCHIVE_PARTS]
    await parts.update_one(
        {"_id": f"{id}/{part:06}"}, {"$set": {"archive": id, "part": part, "subjects": list(subjects)}}, upsert=True,
        session=tx.session)
    return int(await parts.count_documents({"archive": id}, session=tx.session))


async def subjects_of(tx: Transaction, id: Id, part: int) -> list[Id]:
    """Whose records part `part` orders."""
    row = await tx.database[ARCHIVE_PARTS].find_one({"_id": f"{id}/{part:06}"}, session=tx.session)
    return list(row["subjects"]) if row else []


async def subjects_ordered(tx: Transaction, id: Id) -> int:
    """How many records are ordered in all."""
    found = tx.database[ARCHIVE_PARTS].aggregate([
        {"$match": {"archive": id}}, {"$group": {"_id": None, "count": {"$sum": {"$size": "$subjects"}}}},
    ], session=tx.session)
    return next((int(row["count"]) for row in await found.to_list(None)), 0)


async def known(tx: Transaction, subjects: Sequence[Id]) -> dict[Id, tuple[Document, Document]]:
    """Application and outcome of each subject that there is."""
    query = {"_id": {"$in": list(subjects)}}
    outcomes = {row["_id"]: row async for row in tx.database[OUTCOMES].find(query, session=tx.session)}
    return {row["_id"]: (row, outcomes.get(row["_id"], {}))
            async for row in tx.database[APPLICATIONS].find(query, session=tx.session)}


def keep_line(tx: Transaction, id: Id, number: int, line: bytes, subject: Id | None = None) -> None:
    """Keeps one line of the file, without its end of line."""
    tx.insert(ARCHIVE_LINES, {
        "_id": f"{id}/{number:09}", "archive": id, "n": number, "subject": subject, "line": line})


async def lines(database: Database, id: Id) -> AsyncIterator[bytes]:
    """The file, line by line, ends of line included."""
    async for row in database[ARCHIVE_LINES].find({"archive": id}, {"line": 1}).sort("n", 1):
        yield bytes(row["line"]) + b"\n"


async def count_lines(database: Database, id: Id) -> int:
    """How many lines are here."""
    return int(await database[ARCHIVE_LINES].count_documents({"archive": id}))


async def drop_lines(tx: Transaction, id: Id, most: int) -> int:
    """Deletes up to `most` lines; returns how many there were."""
    rows = tx.database[ARCHIVE_LINES]
    found = [row["_id"] async for row in rows.find({"archive": id}, {"_id": 1}, session=tx.session).limit(most)]
    await rows.delete_many({"_id": {"$in": found}}, session=tx.session)
    return len(found)


async def drop_parts(tx: Transaction, id: Id) -> None:
    """Deletes whose records were ordered."""
    await tx.database[ARCHIVE_PARTS].delete_many({"archive": id}, session=tx.session)


def keep_download(tx: Transaction, archive: Id, programme: str, by: str, role: str, at: datetime) -> None:
    """Remembers who fetched an archive."""
    tx.insert(DOWNLOADS, {"archive": archive, "programme": programme, "by": by, "role": role, "at": at})


async def downloads(database: Database, programme: str, archive: Id) -> list[dict[str, Any]]:
    """`{by, role, at}` of each download, the first one first."""
    found = database[DOWNLOADS].find({"archive": archive, "programme": programme}).sort("at", 1)
    return [{"by": row["by"], "role": row["role"], "at": moment_text(row["at"])} async for row in found]
