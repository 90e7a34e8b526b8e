"""What a chunk of events makes of a store's documents, in memory, until it is written in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from shared.platform.mongo import Database, Document, is_duplicate


@dataclass
class _Change:
    """What happened to a document of an earlier chunk."""

    set: Document = field(default_factory=dict)
    add: dict[str, int] = field(default_factory=dict)
    highest: dict[str, Any] = field(default_factory=dict)
    append: dict[str, list[Any]] = field(default_factory=dict)

    def update(self) -> dict[str, Any]:
        """The change in MongoDB's words."""
        each = {name: {"$each": values} for name, values in self.append.items()}
        words = {"$set": self.set, "$inc": self.add, "$max": self.highest, "$push": each}
        return {word: fields for word, fields in words.items() if fields}


class Sheet:
    """New documents and changes, in the order of the events.

    A fold writes on it and reads nothing, so that what it does follows from its event alone.
    """

    def __init__(self, partition: int | None = None) -> None:
        """`partition` is the one that all its events come from, where that is known."""
        self.partition = partition
        self._new: dict[str, dict[str, Document]] = defaultdict(dict)
        self._changes: dict[str, dict[str, _Change]] = defaultdict(lambda: defaultdict(_Change))
        self.twice = 0

    def put(self, collection: str, document: Document) -> None:
        """The first word about a document. A second first word is counted in `twice` and changes nothing."""
        key = document["_id"]
        if key in self._new[collection]:
            self.twice += 1
            return
        self._new[collection][key] = dict(document)

    def change(
        self, collection: str, key: str, set: Mapping[str, Any] | None = None, *,
        add: Mapping[str, int] | None = None, highest: Mapping[str, Any] | None = None,
        append: Mapping[str, list[Any]] | None = None,
    ) -> None:
        """A further word: `set` fields, `add` to counters, raise to the `highest`, `append` to lists.

        A document of which nothing was said yet begins with it.
        """
        known = self._new[collection].get(key)
        if known is not None:
            _apply(known, _Change(dict(set or {}), dict(add or {}), dict(highest or {}), dict(append or {})))
            return
        later = self._changes[collection][key]
        later.set.update(set or {})
        for name, count in (add or {}).items():
            later.add[name] = later.add.get(name, 0) + count
        for name, value in (highest or {}).items():
            later.highest[name] = max(later.highest.get(name, value), value)
        for name, values in (append or {}).items():
            later.append.setdefault(name, []).extend(values)

    def documents(self, collection: str) -> dict[str, Document]:
        """The documents that this sheet alone leads to, by id."""
        found = {key: dict(document) for key, document in self._new[collection].items()}
        for key, change in self._changes[collection].items():
            _apply(found.setdefault(key, {"_id": key}), change)
        return found

    async def write(self, database: Database) -> None:
        """Writes it to `database` and empties it: per collection one insert of what is new, one write of changes."""
        for collection, documents in self._new.items():
            if documents:
                await self._insert(database, collection, list(documents.values()))
        for collection, changes in self._changes.items():
            writes = [UpdateOne({"_id": key}, change.update(), upsert=True) for key, change in changes.items()]
            if writes:
                await database[collection].bulk_write(writes, ordered=False)
        self._new.clear()
        self._changes.clear()

    async def _insert(self, database: Database, collection: str, documents: list[Document]) -> None:
        try:
            await database[collection].insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if not is_duplicate(error):
                raise
            self.twice += len((error.details or {}).get("writeErrors", ()))


def _apply(document: Document, change: _Change) -> None:
    document.update(change.set)
    for name, count in change.add.items():
        document[name] = document.get(name, 0) + count
    for name, value in change.highest.items():
        document[name] = max(document.get(name, value), value)
    for name, values in change.append.items():
        document.setdefault(name, []).extend(values)
