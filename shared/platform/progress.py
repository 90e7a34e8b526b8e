"""Saying that a tick of simulated time is done: nothing unread, nothing unsent, nothing due."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.programme import TickDone
from shared.contracts.topics import TOPIC, topics_written_by
from shared.messaging import kafka
from shared.messaging.transaction import OUTBOX, Transaction, Transactions
from shared.messaging.views import Views
from shared.platform.clock import Clock
from shared.platform.mongo import Database, StoreError
from shared.platform.settings import Settings

# These move although nothing happens: the driver's own ticks, their answers, and heartbeats.
RESTLESS = frozenset({"programme.clock.v1", "programme.progress.v1", "retention.staff.v1"})
LOOK_EVERY_SECONDS = 0.05
ASK_SECONDS = 15.0
SAY_AFTER_SECONDS = 10.0
AGAIN_SECONDS = 0.5

log = logging.getLogger(__name__)


class Progress:
    """Watches the service until it is at rest after a tick, then says `TickDone`."""

    def __init__(
        self, settings: Settings, database: Database, transactions: Transactions, views: Views, clock: Clock,
        topics: Sequence[str], group: str, anything_due: Callable[[], Awaitable[bool]],
    ) -> None:
        self._settings, self._database, self._transactions = settings, database, transactions
        self._views, self._clock, self._group, self._anything_due = views, clock, group, anything_due
        self._heard = frozenset(topics)
        self._ticked = asyncio.Event()
        self._ticked.set()  # the last tick may have come before a restart, and its answer is still waited for
        clock.on_tick(lambda _: self._ticked.set())

    async def run(self) -> None:
        """Answers ticks until cancelled."""
        while True:
            await self._ticked.wait()
            try:
                await self._answer()
            except (KafkaError, StoreError, OSError, TimeoutError) as error:
                log.warning("progress waits: %s", type(error).__name__)
                self._ticked.set()  # the tick that was looked at is still to be answered
                await asyncio.sleep(AGAIN_SECONDS)

    async def _answer(self) -> None:
        client = kafka.consumer(self._settings, group=self._group)
        async with kafka.started(client):
            told: dict[str, int] = {}
            while True:
                self._ticked.clear()
                asked = {p: self._clock.tick_number(p) for p in self._clock.simulated()}
                asked = {p: number for p, number in asked.items() if told.get(p, 0) < number}
                if asked:
                    await self._tell(asked, await self._at_rest(client))
                    told |= asked
                await self._ticked.wait()

    async def _at_rest(self, client: AIOKafkaConsumer) -> int:
        """Waits for rest; returns the sum of the end offsets of all that the service reads or writes."""
        say_at = time.monotonic() + SAY_AFTER_SECONDS
        while True:
            # A client that lost its broker can wait for good: then a new one asks.
            async with asyncio.timeout(ASK_SECONDS):
                ends = await client.end_offsets(self._partitions())
            async with asyncio.timeout(ASK_SECONDS):
                open_ends = await self._unfinished(client, ends)
            if not open_ends:
                return sum(offset for partition, offset in ends.items() if partition.topic not in RESTLESS)
            if time.monotonic() > say_at:
                log.warning("not at rest yet: %s", open_ends)
                say_at = time.monotonic() + SAY_AFTER_SECONDS
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _unfinished(self, client: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> str:
        """What is still to be done, in words; empty when the service is at rest."""
        if unread := await self._unread(client, ends):
            return f"unread events on {unread}"
        if await self._unsent():
            return "unsent events in the outbox"
        return "work that is due" if await self._anything_due() else ""

    def _partitions(self) -> list[TopicPartition]:
        own = {topic.name for topic in topics_written_by(self._settings.service)
               if self._settings.service in topic.readers}
        names = self._heard | own | {partition.topic for partition in self._views.partitions()}
        return [TopicPartition(name, number) for name in sorted(names) for number in range(TOPIC[name].partitions)]

    async def _unread(self, client: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> str:
        if not self._views.has_read({p: end for p, end in ends.items() if p.topic not in RESTLESS}):
            return "the followed topics"
        for partition, end in ends.items():
            if partition.topic in self._heard and end:
                committed = await client.committed(partition)
                if (committed or 0) < end:
                    return f"{partition.topic}/{partition.partition}: {committed or 0} of {end}"
        return ""

    async def _unsent(self) -> bool:
        row = await self._database[OUTBOX].find_one(
            {"events": {"$elemMatch": {"topic": {"$nin": sorted(RESTLESS)}}}}, {"_id": 1})
        return row is not None

    async def _tell(self, ticks: dict[str, int], activity: int) -> None:
        for programme, number in ticks.items():
            event = TickDone(part=self._settings.service, number=number, activity=activity)
            await self._transactions.run(partial(_say, event=event, programme=programme, at=self._clock.now(programme)))


async def _say(tx: Transaction, *, event: TickDone, programme: str, at: datetime) -> None:
    tx.say(event, subject=event.part, programme=programme, at=at)
