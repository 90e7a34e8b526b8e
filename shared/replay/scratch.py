"""The scratch store as a service's own handlers see it: their writes are gathered, what they say is dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from pymongo import DeleteMany, DeleteOne, InsertOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError

from shared.contracts.envelope import Event, Id, new_id
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Database, Document, Session, is_duplicate

Write = InsertOne[Document] | UpdateOne | UpdateMany | ReplaceOne[Document] | DeleteOne | DeleteMany


class NotKnown(RuntimeError):
    """A handler asked what became of a write that is only gathered yet."""


class _Gathered:
    """The answer to a write that was not done yet."""

    def __getattr__(self, name: str) -> Any:
        raise NotKnown(f"a replay can't say {name} of a write: it is done later")


class Gathering:
    """A database whose writes are gathered by collection and done in their order: before a read, or at `flush`."""

    def __init__(self, database: Database, at_once: frozenset[str] = frozenset()) -> None:
        """`at_once` are collections whose handlers look at what became of a write: small ones only, it is slow."""
        self._database, self._at_once = database, at_once
        self._waiting: dict[str, list[Write]] = defaultdict(list)
        self.twice = 0

    def __getitem__(self, name: str) -> Any:
        return self._database[name] if name in self._at_once else GatheringCollection(self, self._database, name)

    def as_database(self) -> Database:
        """For handlers, which are written for a database."""
        return cast(Database, self)

    def gather(self, collection: str, writes: Sequence[Write]) -> None:
        """Keeps writes for later."""
        self._waiting[collection].extend(writes)

    async def flush(self, collection: str | None = None) -> None:
        """Does what waits, of one collection or of all."""
        for name in [collection] if collection else list(self._waiting):
            writes = self._waiting.pop(name, [])
            if writes:
                await self._do(name, writes)

    async def _do(self, name: str, writes: list[Write]) -> None:
        try:
            # Not ordered where all are inserts: a repeated one must not keep the others out.
            ordered = not all(isinstance(write, InsertOne) for write in writes)
            await self._database[name].bulk_write(writes, ordered=ordered)
        except BulkWriteError as error:
            if not is_duplicate(error) or any(not isinstance(write, InsertOne) for write in writes):
                raise
            self.twice += len((error.details or {}).get("writeErrors", ()))


class GatheringCollection:
    """The part of a collection's interface that handlers of events use. Sessions are of no use here."""

    def __init__(self, gathering: Gathering, database: Database, name: str) -> None:
        self._gathering, self._collection, self._name = gathering, database[name], name

    async def insert_one(self, document: Document, **_: Any) -> _Gathered:
        return self._later(InsertOne(document))

    async def insert_many(self, documents: Sequence[Document], **_: Any) -> _Gathered:
        return self._later(*(InsertOne(document) for document in documents))

    async def update_one(self, query: Document, change: Any, upsert: bool = False, **_: Any) -> _Gathered:
        return self._later(UpdateOne(query, change, upsert=upsert))

    async def update_many(self, query: Document, change: Any, upsert: bool = False, **_: Any) -> _Gathered:
        return self._later(UpdateMany(query, change, upsert=upsert))

    async def replace_one(self, query: Document, document: Document, upsert: bool = False, **_: Any) -> _Gathered:
        return self._later(ReplaceOne(query, document, upsert=upsert))

    async def delete_one(self, query: Document, **_: Any) -> _Gathered:
        return self._later(DeleteOne(query))

    async def delete_many(self, query: Document, **_: Any) -> _Gathered:
        return self._later(DeleteMany(query))

    async def bulk_write(self, writes: Sequence[Write], **_: Any) -> _Gathered:
        return self._later(*writes)

    def _later(self, *writes: Write) -> _Gathered:
        self._gathering.gather(self._name, writes)
        return _Gathered()

    async def find_one(
        self, query: Any = None, projection: Any = None, *, session: Any = None, **more: Any
    ) -> Document | None:
        await self._gathering.flush(self._name)
        return await self._collection.find_one(query, projection, **more)

    async def find_one_and_update(self, query: Document, change: Any, *, session: Any = None, **more: Any) -> Any:
        await self._gathering.flush(self._name)
        return await self._collection.find_one_and_update(query, change, **more)

    async def count_documents(self, query: Document, *, session: Any = None, **more: Any) -> int:
        await self._gathering.flush(self._name)
        return int(await self._collection.count_documents(query, **more))

    def find(self, query: Any = None, projection: Any = None, *, session: Any = None, **more: Any) -> _Rows:
        return _Rows(self._gathering, self._name, self._collection.find(query, projection, **more))

    def aggregate(self, pipeline: Sequence[Mapping[str, Any]], *, session: Any = None, **more: Any) -> _Rows:
        return _Rows(self._gathering, self._name, self._collection.aggregate(pipeline, **more))


class _Rows:
    """A cursor that sees what was gathered before it is first read."""

    def __init__(self, gathering: Gathering, name: str, cursor: Any) -> None:
        self._gathering, self._name, self._cursor = gathering, name, cursor

    def sort(self, *arguments: Any) -> _Rows:
        self._cursor = self._cursor.sort(*arguments)
        return self

    def limit(self, most: int) -> _Rows:
        self._cursor = self._cursor.limit(most)
        return self

    async def __aiter__(self) -> AsyncIterator[Document]:
        await self._gathering.flush(self._name)
        async for row in self._cursor:
            yield row

    async def to_list(self, most: int | None = None) -> list[Document]:
        await self._gathering.flush(self._name)
        rows: list[Document] = await self._cursor.to_list(most)
        return rows


class ScratchTransaction(Transaction):
    """A transaction without an outbox: what handlers say is counted by type and goes nowhere."""

    def __init__(self, gathering: Gathering, source: str) -> None:
        super().__init__(gathering.as_database(), cast(Session, None), source)
        self._gathering = gathering
        self.dropped: Counter[str] = Counter()

    def say(
        self, event: Event, *, subject: str, programme: str, at: datetime,
        topic: str | None = None, event_id: Id | None = None, traceparent: str | None = None,
    ) -> Id:
        """Counts the event."""
        self.dropped[event.TYPE] += 1
        return event_id or new_id()

    def erase(self, topic: str, subject: str) -> None:
        """Counts the tombstone."""
        self.dropped["tombstone"] += 1

    async def flush(self) -> bool:
        """Writes what was buffered and gathered; there is never anything for a relay."""
        for hook in list(self._hooks.values()):
            await hook(self)
        for collection, documents in self._inserts.items():
            self._gathering.gather(collection, [InsertOne(document) for document in documents])
        await self._gathering.flush()
        return False
