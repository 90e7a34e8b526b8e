"""The consumer: hands each event to its handler once, in order a key, and never loses one.

A handler's writes, its outgoing events and the id of the event (inbox) are one transaction; the offset is committed
after it. While the database is away the partitions are paused and polling goes on. What cannot be handled is set
aside with a pointer, and later events of its key wait behind it (`shared.messaging.letters`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from opentelemetry.trace import SpanKind

from shared.contracts.envelope import Envelope, Event, MalformedEvent, UnknownEvent, decode
from shared.messaging import kafka
from shared.messaging.letters import Letters
from shared.messaging.quiet import Quiet
from shared.messaging.transaction import Transaction, Transactions
from shared.platform import telemetry
from shared.platform.mongo import Database, StoreError, Unreachable, is_duplicate
from shared.platform.settings import Settings

Records = dict[TopicPartition, list[ConsumerRecord]]
Handler = Callable[[Transaction, Envelope[Any]], Awaitable[None]]
INBOX = "inbox"
CHUNK = 200
MOST = 1000
POLL_MS = 200
GATHER_SECONDS = 0.03
"""How long more is waited for in a stream of events: what costs is the transaction, not the events in it."""
STREAM_SECONDS = 0.2
"""Events that come so soon after others are a stream."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Subscription:
    """A topic and what to do about its events. Types that are not named are skipped; tombstones always are."""

    topic: str
    handlers: Mapping[type[Event], Handler]


@dataclass
class Progress:
    """When the consumer last got somewhere, on the monotonic clock: the watchdog looks at it."""

    at: float = field(default_factory=time.monotonic)
    handled: int = 0

    def made(self, handled: int = 0) -> None:
        """Something was done."""
        self.at = time.monotonic()
        self.handled += handled


@dataclass(frozen=True)
class _Message:
    record: ConsumerRecord
    envelope: Envelope[Any] | None
    handler: Handler | None
    fault: str | None = None


class Consumer:
    """Reads the service's subscriptions in its group until it is stopped."""

    def __init__(
        self, settings: Settings, database: Database, transactions: Transactions, letters: Letters,
        subscriptions: Sequence[Subscription],
    ) -> None:
        self._settings, self._database, self._transactions = settings, database, transactions
        self._handlers: dict[str, dict[type[Event], Handler]] = {}
        for subscription in subscriptions:
            self._handlers.setdefault(subscription.topic, {}).update(subscription.handlers)
        self._letters = letters
        self.group = settings.service
        self._heard_at = -STREAM_SECONDS
        self._quiet = Quiet()
        self.progress = Progress()
        self.started = asyncio.Event()

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that the group reads."""
        return tuple(self._handlers)

    async def run(self) -> None:
        """Consumes until cancelled; a lost broker connection is built anew."""
        while True:
            try:
                await self._consume()
            except (KafkaError, OSError) as error:
                log.warning("consumer waits: %s", type(error).__name__)
                await asyncio.sleep(1)

    async def _consume(self) -> None:
        client = kafka.consumer(self._settings, group=self.group)
        client.subscribe(list(self._handlers), listener=_Rebalance(self._letters))
        # A cancelled consumer must not commit: what is in hand is handled again, once, by the inbox.
        async with kafka.started(client, kafka.JOIN_SECONDS):
            self.started.set()
            self._quiet.begin()
            while True:
                records = await self._polled(client)
                await self._quiet.check(client, records)
                self.progress.made()
                for chunk in chunks(records):
                    if not await self._handled(client, chunk):
                        break
                await self._letters.attend(self.handle_one)

    async def _polled(self, client: AIOKafkaConsumer) -> Records:
        """What is there; in a stream also what comes within a moment. What comes alone waits for nothing."""
        records = await _handed_out(client, timeout_ms=POLL_MS, max_records=MOST)
        if not records:
            return records
        now = time.monotonic()
        stream, self._heard_at = now - self._heard_at < STREAM_SECONDS, now
        if stream and sum(map(len, records.values())) < CHUNK:
            await asyncio.sleep(GATHER_SECONDS)
            for partition, more in (await _handed_out(client, max_records=MOST)).items():
                records.setdefault(partition, []).extend(more)
        return records

    async def _handled(self, client: AIOKafkaConsumer, chunk: Records) -> bool:
        """Handles the records and commits their offsets; False where partitions were dealt out anew meanwhile."""
        messages = [self._read(record) for records in chunk.values() for record in records]
        await self._through_outages(client, messages)
        try:
            async with asyncio.timeout(kafka.DEAL_SECONDS):
                await client.commit({partition: records[-1].offset + 1 for partition, records in chunk.items()})
        except (CommitFailedError, IllegalStateError):
            # Whoever has them now begins where the last commit was, we with what we kept.
            log.info("partitions moved to another replica; the inbox sorts out what it repeats")
            return False
        self.progress.made(len(messages))
        return True

    def _read(self, record: ConsumerRecord) -> _Message:
        if record.value is None:
            return _Message(record, None, None)
        try:
            envelope = decode(record.value)
        except UnknownEvent as error:
            # A later version's event, or a topic that carries more than we hear: not ours.
            log.info("skipped an event of unknown type %s", error)
            return _Message(record, None, None)
        except MalformedEvent as error:
            return _Message(record, None, None, fault=f"malformed: {error}")
        return _Message(record, envelope, self._handlers[record.topic].get(type(envelope.data)))

    async def _through_outages(self, client: AIOKafkaConsumer, messages: list[_Message]) -> None:
        todo = [message for message in messages if message.handler or message.fault]
        while todo:
            try:
                await self._chunk(todo)
                return
            except Unreachable:
                await self._wait_for_store(client)
            except StoreError as error:
                if not error.has_error_label("TransientTransactionError") and not is_duplicate(error):
                    log.exception("the store refused a write")
                await asyncio.sleep(0.2)

    async def _wait_for_store(self, client: AIOKafkaConsumer) -> None:
        assigned = list(client.assignment())
        client.pause(*assigned)
        log.warning("database away: consumer paused")
        while True:
            try:
                await self._database.command("ping")
                break
            except StoreError:
                await _handed_out(client, timeout_ms=500)
                self.progress.made()
        client.resume(*[partition for partition in assigned if partition in client.assignment()])
        log.warning("database back: consumer goes on")

    async def _chunk(self, messages: list[_Message]) -> None:
        """All in one transaction; where one fails, each alone, so that only that one is set aside."""
        free = [message for message in messages if not message.fault and not self._letters.blocks(message.record)]
        if len(free) == len(messages) and len(messages) > 1:
            try:
                await self._transactions.run(lambda tx: self._handle(tx, free))
                return
            except StoreError:
                raise
            except Exception as error:
                log.info("a chunk failed by %s; handling its %d events singly", type(error).__name__, len(free))
        for message in messages:
            await self._single(message)

    async def _single(self, message: _Message) -> None:
        record = message.record
        if self._letters.blocks(record):
            await self._letters.queue(record, message.envelope)
            return
        if message.fault:
            await self._letters.set_aside(record, message.envelope, message.fault)
            return
        try:
            await self._transactions.run(lambda tx: self._handle(tx, [message]))
        except StoreError:
            raise
        except Exception as error:
            # The text of an exception may quote data: only its kind and place go on record.
            log.error("event set aside: %s at %s/%d/%d by %s", type(error).__name__, record.topic,
                      record.partition, record.offset, _place(error))
            await self._letters.set_aside(record, message.envelope, f"{type(error).__name__} at {_place(error)}")

    async def handle_one(self, record: ConsumerRecord) -> str | None:
        """Handles a record that had been set aside; returns the cause if it fails again."""
        message = self._read(record)
        if message.fault or message.handler is None:
            return message.fault
        try:
            await self._transactions.run(lambda tx: self._handle(tx, [message]))
        except StoreError:
            raise
        except Exception as error:
            return f"{type(error).__name__} at {_place(error)}"
        return None

    async def _handle(self, tx: Transaction, messages: Sequence[_Message]) -> None:
        ids = [f"{self.group}/{message.envelope.id}" for message in messages if message.envelope]
        seen = {row["_id"] async for row in self._database[INBOX].find(
            {"_id": {"$in": ids}}, {"_id": 1}, session=tx.session)}
        for message in messages:
            if message.envelope is None or message.handler is None:
                continue
            inbox_id = f"{self.group}/{message.envelope.id}"
            if inbox_id in seen:
                continue
            seen.add(inbox_id)
            tx.insert(INBOX, {"_id": inbox_id})
            envelope = message.envelope
            with telemetry.span(
                f"{self.group} hears {type(envelope.data).__name__}", traceparent=envelope.traceparent,
                kind=SpanKind.CONSUMER,
                attributes={telemetry.PROGRAMME: envelope.programme, telemetry.TOPIC_NAME: message.record.topic,
                            telemetry.EVENT_TYPE: envelope.type},
            ):
                await message.handler(tx, envelope)


def chunks(records: Records) -> Iterator[Records]:
    """Up to `CHUNK` records of one topic, each partition's in their order.

    Of several partitions, as what costs is the transaction. Never of two topics: a handler that joins what they say
    would not find what the same transaction has yet to write, and nobody would look again.
    """
    topics: dict[str, list[tuple[TopicPartition, ConsumerRecord]]] = defaultdict(list)
    for partition, some in records.items():
        topics[partition.topic] += [(partition, record) for record in some]
    for pairs in topics.values():
        for start in range(0, len(pairs), CHUNK):
            chunk: Records = {}
            for partition, record in pairs[start : start + CHUNK]:
                chunk.setdefault(partition, []).append(record)
            yield chunk


async def _handed_out(client: AIOKafkaConsumer, **how: int) -> Records:
    """What the client hands out. Raises TimeoutError: while its group is dealt out anew it may wait without end."""
    async with asyncio.timeout(kafka.DEAL_SECONDS):
        records: Records = await client.getmany(**how)
    return records


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, letters: Letters) -> None:
        self._letters = letters

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to give back: offsets are committed chunk by chunk."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Another replica may have set keys of these partitions aside."""
        await self._letters.load()
