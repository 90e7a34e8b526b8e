"""Intake's collections and their indexes.

`applications` (authoritative): one document an application; facts and hashes, never a name.
`windows` (authoritative): one document a (programme, partition): numbered facts so far, open or not, and in `fence`
the oldest epochs of keys (service → epoch) that what is written here may be sealed under.
`personal` (authoritative, kept by `shared.privacy.records`): intake's sealed part of each personal record.
`outcomes` (derived from lottery, checkin and notifier): what became of an application.
`accesses` (derived from privacy.access.v1): who opened an applicant's data, in which role and for what.
`shown` (authoritative): after an erasure, under the proof of number and secret: times, roles and purposes only (B16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from services.intake.domain.duplicates import Surplus
from shared.contracts.envelope import Id
from shared.contracts.topics import TOPIC
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared, personal
from shared.platform.mongo import Database, Document

APPLICATIONS, WINDOWS, OUTCOMES, ACCESSES, SHOWN = "applications", "windows", "outcomes", "accesses", "shown"
PARTITIONS = TOPIC["intake.applications.v1"].partitions
OPEN, CLOSING, CLOSED = "open", "closing", "closed"
FENCE = "fence"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(APPLICATIONS, "authoritative", ("intake.applications.v1",)),
    Declared(WINDOWS, "authoritative", ("intake.applications.v1", "intake.windows.v1")),
    personal("intake.personal.v1", "authoritative"),
    Declared(OUTCOMES, "derived", ("lottery.results.v1", "checkin.passes.v1", "notifier.notices.v1")),
    Declared(ACCESSES, "derived", ("privacy.access.v1",)),
    Declared(SHOWN, "authoritative", not_rebuilt="lies under a hash of number and secret; a secret is said to nobody"),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (APPLICATIONS, [("receipt", 1)], {"unique": True}),
    (APPLICATIONS, [("programme", 1), ("keys", 1)], {}),
    (APPLICATIONS, [("imported", 1)], {"partialFilterExpression": {"imported": {"$type": "string"}}}),
    (ACCESSES, [("application", 1), ("at", 1)], {}),
    (SHOWN, [("order", 1)], {}),
    (SHOWN, [("batch", 1)], {}),
)


@dataclass(frozen=True)
class WindowCount:
    """The window over all partitions: `state` of the least open one, and the applications taken."""

    state: str
    applications: int


def window_id(programme: str, partition: int) -> str:
    """Where the numbering of a (programme, partition) lies."""
    return f"{programme}/{partition}"


class Store:
    """Questions to, and changes of, intake's collections; changes belong to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prepared: set[str] = set()

    @property
    def database(self) -> Database:
        """For reads of what has a store of its own."""
        return self._database

    async def prepare_windows(self, programme: str) -> None:
        """Makes the programme's window documents where they are missing."""
        if programme in self._prepared:
            return
        for partition in range(PARTITIONS):
            fresh = {
                "programme": programme, "partition": partition, "state": OPEN, "facts": 0, "applications": 0,
            }
            await self._database[WINDOWS].update_one(
                {"_id": window_id(programme, partition)}, {"$setOnInsert": fresh}, upsert=True)
        self._prepared.add(programme)

    async def fence(self, epochs: dict[str, int]) -> None:
        """From now on nothing is written that was sealed under older epochs than these (service → epoch)."""
        least = {f"{FENCE}.{service}": epoch for service, epoch in epochs.items()}
        await self._database[WINDOWS].update_many({}, {"$max": least})

    async def window(self, programme: str) -> WindowCount:
        """The programme's window; one that nobody used yet is open."""
        documents = await self._database[WINDOWS].find({"programme": programme}).to_list(None)
        states = {document["state"] for document in documents}
        state = next((one for one in (CLOSED, CLOSING) if one in states), OPEN)
        return WindowCount(state, sum(document["applications"] for document in documents))

    async def facts(self, programme: str) -> list[int]:
        """How many numbered facts each partition holds, in order."""
        found = self._database[WINDOWS].find({"programme": programme}, {"facts": 1}).sort("partition", 1)
        return [document["facts"] async for document in found]

    async def move_windows(self, tx: Transaction, programme: str, before: str, after: str) -> list[Document]:
        """Moves all window documents on, in one transaction, and returns them."""
        windows = self._database[WINDOWS]
        await windows.update_many(
            {"programme": programme, "state": before}, {"$set": {"state": after}}, session=tx.session)
        moved = windows.find({"programme": programme}, session=tx.session).sort("partition", 1)
        return await moved.to_list(None)

    async def is_closing(self, tx: Transaction, programme: str) -> bool:
        """Whether the window waits to be closed."""
        query = {"_id": window_id(programme, 0), "state": CLOSING}
        return await self._database[WINDOWS].find_one(query, {"_id": 1}, session=tx.session) is not None

    async def mark_windows(self, tx: Transaction, programme: str, marks: Document) -> None:
        """How far a closing is."""
        await self._database[WINDOWS].update_many({"programme": programme}, {"$set": marks}, session=tx.session)

    async def begin_settling(self, tx: Transaction, programme: str) -> bool:
        """Whether the closing has found every pair and it is this call from which on nothing is judged any more."""
        query = {"programme": programme, "state": CLOSING, "found": True, "settling": {"$ne": True}}
        done = await self._database[WINDOWS].update_many(query, {"$set": {"settling": True}}, session=tx.session)
        return bool(done.modified_count)

    async def may_judge(self, tx: Transaction, programme: str) -> bool:
        """Whether pairs are judged still. Of two that ask at once one waits: judgements follow one on the other."""
        query = {"_id": window_id(programme, 0), "state": {"$ne": CLOSED}, "settling": {"$ne": True}}
        done = await self._database[WINDOWS].update_one(query, {"$inc": {"judged": 1}}, session=tx.session)
        return bool(done.modified_count)

    async def application(self, application: Id) -> Document | None:
        """An application by its id."""
        return await self._database[APPLICATIONS].find_one({"_id": application})

    async def by_receipt(self, programme: str, receipt: str) -> Document | None:
        """An application by its receipt number."""
        return await self._database[APPLICATIONS].find_one({"receipt": receipt, "programme": programme})

    async def kept(self, applications: Sequence[Id]) -> dict[Id, Document]:
        """Those of these applications that there are, by id."""
        found = self._database[APPLICATIONS].find({"_id": {"$in": list(applications)}})
        return {document["_id"]: document async for document in found}

    async def imported(self, programme: str, file: Id) -> list[Document]:
        """The applications that came in with a file, by the card's number."""
        # Typed, or the partial index would not serve it.
        found = self._database[APPLICATIONS].find(
            {"programme": programme, "imported": {"$eq": file, "$type": "string"}})
        return await found.sort("card", 1).to_list(None)

    async def known(self, tx: Transaction, applications: Sequence[Id]) -> set[Id]:
        """Which of these ids are applications."""
        found = self._database[APPLICATIONS].find(
            {"_id": {"$in": list(applications)}}, {"_id": 1}, session=tx.session)
        return {document["_id"] async for document in found}

    async def these(self, tx: Transaction, applications: Sequence[Id]) -> list[Document]:
        """These applications, as far as there are such."""
        found = self._database[APPLICATIONS].find({"_id": {"$in": list(applications)}}, session=tx.session)
        return await found.sort("_id", 1).to_list(None)

    async def window_takes(self, tx: Transaction, programme: str, partition: int) -> bool:
        """Whether facts of this partition are still numbered."""
        document = await self._database[WINDOWS].find_one(
            {"_id": window_id(programme, partition)}, {"state": 1}, session=tx.session)
        return document is not None and document["state"] != CLOSED

    async def mark_withdrawn(self, tx: Transaction, application: Id, at: datetime) -> bool:
        """Whether it was this call that withdrew it."""
        done = await self._database[APPLICATIONS].update_one(
            {"_id": application, "withdrawn_at": None}, {"$set": {"withdrawn_at": at}}, session=tx.session)
        return bool(done.modified_count)

    async def amend(self, tx: Transaction, document: Document, values: Document, history: Document) -> bool:
        """Whether the application still was as in `document`, and is changed; `history` is the line about it."""
        as_it_was = {"_id": document["_id"], "version": document.get("version"), "withdrawn_at": None}
        done = await self._database[APPLICATIONS].update_one(
            as_it_was, {"$set": values, "$push": {"history": history}}, session=tx.session)
        return bool(done.modified_count)

    async def next_version(
        self, tx: Transaction, document: Document, values: Document, history: Document | None = None
    ) -> bool:
        """Whether the record still was as in `document`, and gets a version with what was given as it is."""
        as_it_was = {"_id": document["_id"], "version": document.get("version")}
        change = {"$set": values, **({"$push": {"history": history}} if history else {})}
        done = await self._database[APPLICATIONS].update_one(as_it_was, change, session=tx.session)
        return bool(done.modified_count)

    async def letter_ended(self, tx: Transaction, application: Id, notice: Id) -> None:
        """A letter to the applicant waits no more."""
        await self._database[APPLICATIONS].update_one(
            {"_id": application}, {"$pull": {"letters": notice}}, session=tx.session)

    async def correct(self, tx: Transaction, document: Document, values: Document) -> bool:
        """Whether the application still was as in `document`, counted or not, and is corrected."""
        as_it_was = {"_id": document["_id"], "version": document.get("version"), "counted": document["counted"]}
        done = await self._database[APPLICATIONS].update_one(as_it_was, {"$set": values}, session=tx.session)
        return bool(done.modified_count)

    async def ask_erasure(self, tx: Transaction, application: Id, at: datetime) -> bool:
        """Whether it was this call that asked for the erasure."""
        done = await self._database[APPLICATIONS].update_one(
            {"_id": application, "erasure_asked_at": {"$exists": False}}, {"$set": {"erasure_asked_at": at}},
            session=tx.session)
        return bool(done.modified_count)

    async def shown(self, programme: str, proof: str) -> Document | None:
        """What is left to be shown of an application that was erased."""
        return await self._database[SHOWN].find_one({"_id": proof, "programme": programme})

    async def change_shown(self, tx: Transaction, query: dict[str, Any], values: dict[str, Any]) -> None:
        """Adds to what is shown of erased applications."""
        await self._database[SHOWN].update_many(query, {"$set": values}, session=tx.session)

    async def with_key(self, programme: str, key: str, most: int) -> list[Document]:
        """The applications of this programme that have this search key, the first taken first."""
        found = self._database[APPLICATIONS].find({"programme": programme, "keys": key})
        return await found.sort("taken_at", 1).to_list(most)

    async def searchable(self, programme: str, after: str, limit: int) -> list[Id]:
        """The next `limit` applications, by id after `after`, that have a search key."""
        found = self._database[APPLICATIONS].find(
            {"programme": programme, "keys.0": {"$exists": True}, "_id": {"$gt": after}}, {"_id": 1})
        return [row["_id"] async for row in found.sort("_id", 1).limit(limit)]

    async def forget_keys(self, tx: Transaction, programme: str, kinds: Sequence[str], most: int) -> int:
        """Takes the keys of these kinds off up to `most` applications; returns how many there were."""
        applications = self._database[APPLICATIONS]
        having = [{"keys": {"$elemMatch": {"$gte": f"{kind}:", "$lt": f"{kind};"}}} for kind in kinds]
        found = applications.find({"programme": programme, "$or": having}, {"_id": 1}, session=tx.session).limit(most)
        ids = [row["_id"] async for row in found]
        passing = {"$regex": f"^({'|'.join(kinds)}):"}
        await applications.update_many({"_id": {"$in": ids}}, {"$pull": {"keys": passing}}, session=tx.session)
        return len(ids)

    async def set_search_keys(self, tx: Transaction, keys: dict[Id, list[str]]) -> None:
        """Replaces the search keys of these applications."""
        await self._database[APPLICATIONS].bulk_write(
            [UpdateOne({"_id": application}, {"$set": {"keys": own}}) for application, own in keys.items()],
            session=tx.session)

    async def mark_not_counted(self, tx: Transaction, surplus: Sequence[Surplus]) -> None:
        """Decides that these do not count."""
        if surplus:
            await self._database[APPLICATIONS].bulk_write([
                UpdateOne({"_id": one.application}, {"$set": {
                    "counted": False, "reason": one.reason, "told_with": one.told_with}})
                for one in surplus
            ], session=tx.session)

    async def outcome(self, application: Id) -> Document:
        """What became of an application so far; empty when nothing did."""
        return await self._database[OUTCOMES].find_one({"_id": application}) or {}

    async def accesses_of(self, tx: Transaction, applications: Sequence[Id]) -> dict[Id, list[Document]]:
        """Every access to each of these applicants' data, oldest first."""
        found = self._database[ACCESSES].find({"application": {"$in": list(applications)}}, session=tx.session)
        by_application: dict[Id, list[Document]] = {}
        async for row in found.sort("at", 1):
            by_application.setdefault(row["application"], []).append(row)
        return by_application

    async def accesses(self, application: Id, most: int = 200) -> list[Document]:
        """The last accesses to the applicant's data, latest first."""
        found = self._database[ACCESSES].find({"application": application}).sort("at", -1)
        return await found.to_list(most)


def change_outcome(tx: Transaction, application: Id, programme: str, values: dict[str, Any]) -> None:
    """Collects what became of an application; all of a transaction's changes are one write."""
    changes: dict[Id, dict[str, Any]] = tx.scratch.setdefault(OUTCOMES, {})
    changes.setdefault(application, {"programme": programme}).update(values)
    tx.before_commit(_write_outcomes, OUTCOMES)


async def _write_outcomes(tx: Transaction) -> None:
    changes = tx.scratch[OUTCOMES]
    known = tx.database[APPLICATIONS].find({"_id": {"$in": list(changes)}}, {"_id": 1}, session=tx.session)
    # Of an application that was erased nothing is kept any more, whatever is still said of it.
    writes = [UpdateOne({"_id": row["_id"]}, {"$set": changes[row["_id"]]}, upsert=True) async for row in known]
    if writes:
        await tx.database[OUTCOMES].bulk_write(writes, session=tx.session)
