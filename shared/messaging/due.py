"""Deadlines and outside effects: documents that are claimed, by lease, when their time has come.

A document says `{state: "due", programme, due_at}`; `due_at` is in the programme's time, leases are on the real clock.
Several replicas may look: a claim is one atomic update.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.messaging.waking import woken
from shared.platform.clock import Clock
from shared.platform.mongo import Database, Document, StoreError

DUE = "due"
IDLE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60

log = logging.getLogger(__name__)


class DueWork:
    """Work on documents of `collection` whose time has come.

    `handle` gets one document, or with `batch` > 1 a list of them, and changes their state itself. If it raises, its
    documents stay due and are tried again after a pause that doubles up to a minute. Nothing is due in a programme
    that has not `begun`.
    """

    def __init__(
        self, name: str, collection: str, handle: Callable[[Any], Awaitable[None]], *,
        lease_seconds: int = 60, concurrency: int = 1, batch: int = 1, begun: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self.name, self.collection, self._begun = name, collection, begun
        self._handle, self._lease_seconds = handle, lease_seconds
        self._concurrency, self._batch = concurrency, batch
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something may have fallen due."""
        self._wake.set()

    async def run(self, database: Database, clock: Clock, programmes: Callable[[], Sequence[str]]) -> None:
        """Works until cancelled."""
        await asyncio.gather(*(self._worker(database, clock, programmes) for _ in range(self._concurrency)))

    async def anything_due(self, database: Database, clock: Clock, programmes: Sequence[str]) -> bool:
        """Whether something is due, claimed or not."""
        for programme in await self._waiting(database, programmes):
            query = {"state": DUE, "programme": programme, "due_at": {"$lte": clock.now(programme)}}
            if await database[self.collection].find_one(query, {"_id": 1}):
                return True
        return False

    async def _worker(self, database: Database, clock: Clock, programmes: Callable[[], Sequence[str]]) -> None:
        while True:
            worked = False
            try:
                worked = await self._one_each(database, clock, programmes())
            except StoreError as error:
                log.warning("%s waits: %s", self.name, type(error).__name__)
                await asyncio.sleep(1)
            if worked:
                continue
            self._wake.clear()
            await woken(self._wake, IDLE_SECONDS)

    async def _one_each(self, database: Database, clock: Clock, programmes: Sequence[str]) -> bool:
        """A turn for each programme where something is due; whether there was any."""
        worked, waiting = False, await self._waiting(database, programmes)
        for programme in programmes:
            if programme in waiting and await self._claim_and_handle(database, programme, clock.now(programme)):
                # While it worked something may have fallen due in those that come after it: it is their turn now.
                worked, waiting = True, await self._waiting(database, programmes)
        return worked

    async def _waiting(self, database: Database, programmes: Sequence[str]) -> list[str]:
        """Those of the programmes that have anything to wait for: one question, however many they are."""
        some = set(await database[self.collection].distinct("programme", {"state": DUE}))
        return [programme for programme in programmes if programme in some and self._begun(programme)]

    async def _claim_and_handle(self, database: Database, programme: str, moment: datetime) -> bool:
        documents = await self._claim(database, programme, moment)
        if not documents:
            return False
        try:
            await self._handle(documents if self._batch > 1 else documents[0])
        except Exception as error:
            log.error("%s failed on %d documents by %s; it tries again", self.name, len(documents),
                      type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG))
            await self._pause(database, documents)
        return True

    async def _claim(self, database: Database, programme: str, moment: datetime) -> list[Document]:
        collection, now, token = database[self.collection], datetime.now(UTC), uuid4().hex
        free: dict[str, Any] = {
            "state": DUE, "programme": programme, "due_at": {"$lte": moment}, "lease_until": {"$not": {"$gt": now}},
        }
        ids = [row["_id"] async for row in collection.find(free, {"_id": 1}).sort("due_at", 1).limit(self._batch)]
        if not ids:
            return []
        until = now + timedelta(seconds=self._lease_seconds)
        await collection.update_many(
            {**free, "_id": {"$in": ids}}, {"$set": {"leased_by": token, "lease_until": until}, "$inc": {"tries": 1}})
        return await collection.find({"leased_by": token, "_id": {"$in": ids}}).to_list(None)

    async def _pause(self, database: Database, documents: Sequence[Document]) -> None:
        for document in documents:
            seconds = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** min(document.get("tries", 1), 10))
            await database[self.collection].update_one(
                {"_id": document["_id"], "leased_by": document["leased_by"]},
                {"$set": {"lease_until": datetime.now(UTC) + timedelta(seconds=seconds)}})
