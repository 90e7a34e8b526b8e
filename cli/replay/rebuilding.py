"""One service's store, rebuilt in its scratch database as the events come."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.contracts.envelope import Envelope, Event
from shared.contracts.erasure import ErasureOrdered
from shared.contracts.holdings import holdings_of
from shared.messaging.consumer import Handler
from shared.platform.mongo import Client, Database, connect, is_duplicate
from shared.platform.programmes import Programmes
from shared.replay.rebuilding import Fold, Rebuild
from shared.replay.scratch import Gathering, ScratchTransaction
from shared.replay.sheet import Sheet

log = logging.getLogger(__name__)


def scratch_name(service: str) -> str:
    """The only databases that a replay writes."""
    return f"replay_{service}"


class Rebuilding:
    """Takes chunks of events into the scratch store of one service."""

    def __init__(self, rebuild: Rebuild, uri: str, programmes: Programmes) -> None:
        self.rebuild, self.service = rebuild, rebuild.service
        self._client: Client
        self._client, database = connect(uri, scratch_name(rebuild.service))
        # A scratch store that is lost is made again: nothing waits for its journal, and each write is seen at once.
        self.database: Database = database.with_options(
            write_concern=WriteConcern(w=1, j=False), read_concern=ReadConcern("local"))
        self._gathering = Gathering(self.database, rebuild.at_once)
        self._folds: dict[str, dict[type[Event], Fold]] = {
            topic: dict(folds) for topic, folds in rebuild.folds.items()}
        self._handlers: dict[str, dict[type[Event], Handler]] = {}
        for subscription in rebuild.hears(self._gathering.as_database(), programmes):
            self._handlers.setdefault(subscription.topic, {}).update(subscription.handlers)
        self._writing: asyncio.Task[None] | None = None
        self._twice = self.taken = 0
        self.dropped: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.erased: Counter[str] = Counter()
        self.faults: list[str] = []

    @property
    def topics(self) -> frozenset[str]:
        """What the store follows from."""
        return frozenset(self._folds) | frozenset(self._handlers)

    @property
    def twice(self) -> int:
        """Documents that were begun twice, by different events."""
        return self._twice + self._gathering.twice

    async def open(self) -> None:
        """Begins with nothing."""
        await self._empty()

    async def close(self, *, keep: bool) -> None:
        """Leaves nothing, unless it is to be looked at."""
        if self._writing is not None:
            self._writing.cancel()  # something failed: what is half written is of no use
        if not keep:
            await self._empty()
        self._client.close()

    async def _empty(self) -> None:
        # One by one: whoever may read and write a database may not drop it.
        for name in await self.database.list_collection_names():
            await self.database.drop_collection(name)

    async def take(self, topic: str, partition: int, messages: Sequence[Envelope[Any]]) -> None:
        """One chunk: folds write on the sheet, handlers into a transaction that says nothing; then both are written."""
        folds, handlers = self._folds.get(topic, {}), self._handlers.get(topic, {})
        if handlers:
            await self._written()  # they may look at what the folds of other topics wrote
        sheet, tx = Sheet(partition), ScratchTransaction(self._gathering, self.service)
        for message in messages:
            fold, handler = folds.get(type(message.data)), handlers.get(type(message.data))
            if fold is None and handler is None:
                continue
            self.taken += 1
            await self._one(sheet, tx, message, fold, handler)
        await self._begin_to_write(sheet)
        await tx.flush()
        self.dropped += tx.dropped

    async def _begin_to_write(self, sheet: Sheet) -> None:
        """While MongoDB is at it, the next chunk is read and folded."""
        await self._written()
        self._writing = asyncio.create_task(self._write(sheet))
        await asyncio.sleep(0)

    async def _write(self, sheet: Sheet) -> None:
        await sheet.write(self.database)
        self._twice += sheet.twice

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None

    async def _one(
        self, sheet: Sheet, tx: ScratchTransaction, message: Envelope[Any], fold: Fold | None, handler: Handler | None
    ) -> None:
        try:
            if fold is not None:
                fold(sheet, message)
            if handler is not None:
                await handler(tx, message)
        except PyMongoError:
            raise
        except Exception as error:
            # The living service has set this event aside as a dead letter; its text may quote data.
            log.info("not taken: %s by %s", message.type, type(error).__name__)
            self.refused[f"{message.type}: {type(error).__name__}"] += 1

    async def finish(self) -> None:
        """What follows from all facts together; before anything is erased, as facts outlive their subjects."""
        await self._written()
        self.faults += await self.rebuild.finish(self.database)

    async def obey(self, order: ErasureOrdered) -> None:
        """Whose data is erased stays erased, whether the order came before or after what was said of them."""
        for holding in holdings_of(self.service):
            if holding.kind != order.kind:
                continue
            query: dict[str, Any] = {holding.field: {"$in": list(order.subjects)}}
            collection = self.database[holding.collection]
            if holding.clears:
                cleared = await collection.update_many(query, {"$unset": dict.fromkeys(holding.clears, "")})
                self.erased[holding.collection] += cleared.modified_count
            else:
                self.erased[holding.collection] += (await collection.delete_many(query)).deleted_count
        try:
            await self.database["erased"].insert_many([{"_id": one} for one in order.subjects], ordered=False)
        except BulkWriteError as error:
            if not is_duplicate(error):
                raise
