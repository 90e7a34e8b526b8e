"""The relay: publishes the outbox, in order a partition, by one lease holder at a time.

What is unsent is what is there: rows go when the broker has them. No cursor over ids is kept, because a transaction
that commits late would be skipped by one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.contracts.envelope import CONTENT_TYPE, Id
from shared.messaging import kafka
from shared.messaging.lease import Lease
from shared.messaging.transaction import OUTBOX
from shared.messaging.waking import woken
from shared.platform.mongo import Database, Document, StoreError
from shared.platform.settings import Settings

BATCH = 1000
LEASE_SECONDS = 6.0
IDLE_SECONDS = 0.25
LOOK_SECONDS = 0.1
"""At least so long from one look to the next: each costs a question, a deletion, and a request to Kafka a partition."""
SEND_SECONDS = 20.0
_HEADERS = [("content-type", CONTENT_TYPE)]

log = logging.getLogger(__name__)


class Relay:
    """Sends outbox rows until it is stopped. `wake()` makes it look at once."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._lease = Lease(database, "relay", LEASE_SECONDS)
        self._wake = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self.sent = 0

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Sends until cancelled; broker or database away: waits and goes on."""
        async with self._lease.given_back():
            try:
                while True:
                    looked = time.monotonic()
                    # Before the look: what is committed while it goes on calls for another.
                    self._wake.clear()
                    await self._until_idle()
                    await woken(self._wake, IDLE_SECONDS)
                    await asyncio.sleep(looked + LOOK_SECONDS - time.monotonic())
            finally:
                await self._drop_producer()

    async def _until_idle(self) -> None:
        try:
            while await self._lease.held() and await self._send_batch():
                pass
        except (KafkaError, StoreError, OSError, TimeoutError) as error:
            # A producer that saw an out-of-order sequence stays broken (aiokafka #1017): always a new one.
            log.warning("relay waits: %s", type(error).__name__)
            await self._drop_producer()
            await asyncio.sleep(0.5)

    async def _send_batch(self) -> bool:
        rows, events = await self._unsent()
        if not rows:
            return False
        await self._send(events)
        await self._database[OUTBOX].delete_many({"_id": {"$in": rows}})
        self.sent += len(events)
        return len(events) >= BATCH

    async def _unsent(self) -> tuple[list[Id], list[Document]]:
        """The oldest rows' ids, and the events in them: `BATCH` or, with the last row, some more."""
        rows: list[Id] = []
        events: list[Document] = []
        async for row in self._database[OUTBOX].find({}).sort("order", 1).limit(BATCH):
            rows.append(row["_id"])
            events += row["events"]
            if len(events) >= BATCH:
                break
        return rows, events

    async def _send(self, events: list[Document]) -> None:
        producer = await self._connected()
        acknowledgements = []
        # A producer that waits for a broker for good has happened (aiokafka #1154): a new one tries again.
        async with asyncio.timeout(SEND_SECONDS):
            for topic, partition, batch in batches(producer, events):
                if not self._lease.valid() and not await self._lease.take():
                    raise LeaseLost
                acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
            await asyncio.gather(*acknowledgements)

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = kafka.producer(self._settings)
            await kafka.start(producer)
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await kafka.stop(producer)


def batches(producer: AIOKafkaProducer, events: Sequence[Document]) -> Iterator[tuple[str, int, BatchBuilder]]:
    """The events by topic and partition, in their order there; a record alone may be larger than a batch is to be.

    The producer's way for single records waits on each of them: five times the work.
    """
    places: dict[tuple[str, int], list[Document]] = defaultdict(list)
    for event in events:
        places[event["topic"], event["partition"]].append(event)
    for (topic, partition), some in places.items():
        batch = producer.create_batch()
        for event in some:
            if not _added(batch, event):
                yield topic, partition, batch
                batch = producer.create_batch()
                if not _added(batch, event):
                    raise KafkaError(f"a record for {topic} fits into no batch")
        yield topic, partition, batch


def _added(batch: BatchBuilder, event: Document) -> bool:
    return batch.append(timestamp=None, key=event["key"].encode(), value=event["value"], headers=_HEADERS) is not None


class LeaseLost(KafkaError):  # type: ignore[misc]
    """Another replica is the relay now: what was read may already be sent."""
