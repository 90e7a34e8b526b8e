"""Intake's collection of pairs: two applications that may be one applicant's, and how that was judged (B03).

`pairs`: `{_id: "<lesser id>/<greater id>", programme, applications, versions, score, reasons, about, state, by, at,
question}`. No personal data: ids, points and codes. `versions` are those of the records that were compared; `state`:
unlike (compared, and not worth a look), open, ask (somebody calls first), same, different; `by` is the member of
staff who judged, None where the system did. A pair goes with either of its applications.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pymongo import ReplaceOne

from services.intake.store import APPLICATIONS
from shared.contracts.envelope import Id
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

PAIRS = "pairs"
UNLIKE, OPEN, ASK, SAME, DIFFERENT = "unlike", "open", "ask", "same", "different"
UNDECIDED, JUDGED = (OPEN, ASK), (SAME, DIFFERENT)

COLLECTIONS: tuple[Declared, ...] = (
    Declared(PAIRS, "authoritative",
             not_rebuilt="found again from the search keys; what was judged is said when the window is closed"),
)
INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (PAIRS, [("applications", 1)], {}),
    (PAIRS, [("programme", 1), ("state", 1), ("score", -1)], {}),
)
_LIVING = {"counted": True, "withdrawn_at": None}
_NEEDED = {"keys": 1, "version": 1}


def pair_id(one: Id, other: Id) -> str:
    """The id of the pair of these two."""
    return "/".join(sorted((one, other)))


async def next_to_compare(tx: Transaction, programme: str, after: Id, limit: int) -> list[Document]:
    """The next applications that take part, by id after `after`, with keys and version."""
    found = tx.database[APPLICATIONS].find(
        {"programme": programme, "_id": {"$gt": after}, **_LIVING}, _NEEDED, session=tx.session)
    return await found.sort("_id", 1).limit(limit).to_list(None)


async def sharing_a_key(tx: Transaction, programme: str, keys: Collection[str]) -> list[Document]:
    """All applications that take part and have one of `keys`."""
    query = {"programme": programme, "keys": {"$in": list(keys)}, **_LIVING}
    return await tx.database[APPLICATIONS].find(query, _NEEDED, session=tx.session).to_list(None)


async def living(tx: Transaction, applications: Collection[Id]) -> list[Document]:
    """Those of these applications that take part, with keys and version."""
    query = {"_id": {"$in": list(applications)}, **_LIVING}
    return await tx.database[APPLICATIONS].find(query, _NEEDED, session=tx.session).to_list(None)


async def of_applications(tx: Transaction, applications: Collection[Id]) -> list[Document]:
    """Every pair that has one of these applications."""
    return await tx.database[PAIRS].find(
        {"applications": {"$in": list(applications)}}, session=tx.session).to_list(None)


async def keep(tx: Transaction, pairs: Iterable[Document]) -> None:
    """Writes these pairs, each in place of the one before."""
    writes = [ReplaceOne({"_id": pair["_id"]}, pair, upsert=True) for pair in pairs]
    if writes:
        await tx.database[PAIRS].bulk_write(writes, session=tx.session)


async def judge(tx: Transaction, id: str, values: Document) -> None:
    """Changes how a pair was judged."""
    await tx.database[PAIRS].update_one({"_id": id}, {"$set": values}, session=tx.session)


async def judged_with(tx: Transaction, applications: Sequence[Id]) -> list[Document]:
    """The pairs that were judged and hang together with these applications, over any number of others."""
    seen, found = set[Id](), dict[str, Document]()
    reached = set(applications)
    while reached - seen:
        query = {"applications": {"$in": list(reached - seen)}, "state": {"$in": list(JUDGED)}}
        seen |= reached
        for pair in await tx.database[PAIRS].find(query, session=tx.session).to_list(None):
            found[pair["_id"]] = pair
            if pair["state"] == SAME:
                reached |= set(pair["applications"])
    return list(found.values())


async def of_state(
    source: Transaction | Database, programme: str, states: Sequence[str], most: int | None = None
) -> list[Document]:
    """Pairs in these states, the most alike first."""
    database, session = (source.database, source.session) if isinstance(source, Transaction) else (source, None)
    found = database[PAIRS].find({"programme": programme, "state": {"$in": list(states)}}, session=session)
    return await found.sort([("score", -1), ("_id", 1)]).to_list(most)


async def undecided(source: Transaction | Database, programme: str) -> list[Document]:
    """Pairs that still wait for somebody: both applications take part."""
    pairs = await of_state(source, programme, UNDECIDED)
    database, session = (source.database, source.session) if isinstance(source, Transaction) else (source, None)
    ids = list({application for pair in pairs for application in pair["applications"]})
    found = database[APPLICATIONS].find({"_id": {"$in": ids}, **_LIVING}, {"_id": 1}, session=session)
    there = {row["_id"] async for row in found}
    return [pair for pair in pairs if set(pair["applications"]) <= there]


async def count_judged(database: Database, programme: str) -> int:
    """How many pairs were judged, by people or by the system."""
    return await database[PAIRS].count_documents({"programme": programme, "state": {"$in": list(JUDGED)}})


async def receipts(database: Database, pairs: Iterable[Document]) -> dict[Id, str]:
    """The receipt numbers of the applications in these pairs."""
    ids = list({application for pair in pairs for application in pair["applications"]})
    found = database[APPLICATIONS].find({"_id": {"$in": ids}}, {"receipt": 1})
    return {row["_id"]: row["receipt"] async for row in found}


async def judged_lately(database: Database, programme: str, most: int) -> list[Document]:
    """What was judged last, the last first."""
    found = database[PAIRS].find({"programme": programme, "state": {"$in": list(JUDGED)}})
    return await found.sort([("at", -1), ("_id", 1)]).to_list(most)


async def pair(source: Transaction | Database, programme: str, id: str) -> Document | None:
    """A pair that somebody may look at."""
    database, session = (source.database, source.session) if isinstance(source, Transaction) else (source, None)
    return await database[PAIRS].find_one(
        {"_id": id, "programme": programme, "state": {"$ne": UNLIKE}}, session=session)
