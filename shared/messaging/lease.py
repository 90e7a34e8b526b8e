"""Leases in MongoDB by the server's clock, and checked against a monotonic clock before each act."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from shared.platform.mongo import AFTER, Database, StoreError, is_duplicate

log = logging.getLogger(__name__)


class Lease:
    """At most one holder a name. A holder that was paused finds its lease expired before it acts again."""

    def __init__(self, database: Database, name: str, seconds: float) -> None:
        self._collection, self._name, self._seconds = database["leases"], name, seconds
        self.holder = uuid4().hex
        self._valid_until = self._others_until = 0.0
        self._asking = asyncio.Lock()

    def valid(self) -> bool:
        """Whether the lease is surely ours at this instant."""
        return time.monotonic() < self._valid_until

    async def held(self) -> bool:
        """Whether the lease is ours; asks only where less than half of its term is left, or it may be free."""
        now = time.monotonic()
        if now < self._valid_until - self._seconds / 2:
            return True
        return now >= self._others_until and await self.take()

    async def take(self) -> bool:
        """Takes or prolongs the lease; returns whether it is ours."""
        # A question that is under way goes on where its asker is cancelled: `release` has to come after it.
        return await asyncio.shield(self._take())

    async def _take(self) -> bool:
        async with self._asking:
            return await self._ask()

    async def _ask(self) -> bool:
        asked = time.monotonic()
        free = {"$or": [{"$eq": ["$holder", self.holder]}, {"$lte": [{"$ifNull": ["$until", "$$NOW"]}, "$$NOW"]}]}
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(self._seconds * 1000)}}
        try:
            document = await self._collection.find_one_and_update(
                {"_id": self._name},
                [{"$set": {"taken": free}}, {"$set": {
                    "holder": {"$cond": ["$taken", self.holder, "$holder"]},
                    "until": {"$cond": ["$taken", until, "$until"]},
                }}, {"$unset": "taken"}],
                upsert=True, return_document=AFTER,
            )
        except Exception as error:
            if is_duplicate(error):  # two replicas made the first document at once
                return False
            raise
        if document["holder"] != self.holder:
            self._valid_until = 0.0
            # It may be given back at any time before its end, so not much later.
            self._others_until = asked + self._seconds / 8
            return False
        # Counted from before the question: the server's term cannot end before ours.
        self._valid_until = asked + self._seconds * 0.8
        return True

    async def release(self) -> None:
        """Gives the lease back, so that a successor need not wait for its end."""
        async with self._asking:
            self._valid_until = 0.0
            await self._collection.delete_one({"_id": self._name, "holder": self.holder})

    @asynccontextmanager
    async def given_back(self) -> AsyncIterator[None]:
        """However the block ends, the lease is given back after it."""
        try:
            yield
        finally:
            await asyncio.shield(self._give_back())

    async def _give_back(self) -> None:
        try:
            await self.release()
        except StoreError:
            log.warning("the lease %s is not given back; it ends by itself", self._name)
