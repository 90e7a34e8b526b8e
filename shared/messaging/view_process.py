"""A Faust view: a process of its own, one replica, that says what follows from a topic (ADR 0005).

All that it knows can be read again, so it keeps nothing: each start is a new consumer group that reads from the first
offset. No table, no changelog, no leader topic, no web server (the sharp bits of Faust 0.15 are in the ADR). An
exception in an agent would still acknowledge the event, so the process ends instead, and its supervisor restarts it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts.envelope import (
    CONTENT_TYPE,
    Envelope,
    Event,
    Id,
    MalformedEvent,
    UnknownEvent,
    decode,
    encode,
    envelope,
)
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked, TickDone
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform import logs
from shared.platform.settings import Settings

EVERY_SECONDS = 1.0
LOOK_EVERY_SECONDS = 0.05
FAILED = 71

log = logging.getLogger(__name__)
Now = Callable[[str], datetime]


@dataclass(frozen=True)
class Statement:
    """An event to say. With an `event_id` that follows from what it says, a restart repeats nothing."""

    event: Event
    subject: str
    programme: str
    at: datetime
    event_id: Id | None = None


class View(Protocol):
    """What a view knows: pure, and the same in whatever order the partitions are read."""

    def hear(self, message: Envelope[Any]) -> None:
        """Takes one event; one that was heard before changes nothing."""

    def changes(self, now: Now) -> Iterable[Statement]:
        """What is to be said and wasn't yet; `now(programme)` is that programme's time."""


class ViewProcess:
    """Feeds a view, says what changed at most once a second, and answers a tick when all that was there is read."""

    def __init__(self, settings: Settings, part: str, heard: str, said: str, view: View) -> None:
        self.settings, self.part, self.heard = settings, part, heard
        self._said, self._view = said, view
        self._read: dict[int, int] = {}
        self._ticks: dict[str, tuple[int, datetime]] = {}
        self._answered: dict[str, int] = {}
        self._ticked = asyncio.Event()
        self._saying = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        self._ends: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Connects what Faust does not: the producer, and the client that asks for end offsets."""
        self._producer = kafka.producer(self.settings)
        self._ends = kafka.consumer(self.settings)
        await kafka.start(self._producer)
        await kafka.start(self._ends)

    def hear(self, partition: int, offset: int, value: bytes | None) -> None:
        """One record of the topic that the view follows."""
        message = _decoded(value)
        if message is not None:
            self._view.hear(message)
        self._read[partition] = offset + 1

    def hear_tick(self, value: bytes | None) -> None:
        """One record of `programme.clock.v1`; only the last one of a programme is answered."""
        message = _decoded(value)
        if message is None or not isinstance(message.data, ClockTicked):
            return
        last = self._ticks.get(message.programme)
        if last is None or message.data.number > last[0]:
            self._ticks[message.programme] = (message.data.number, message.data.at)
            self._ticked.set()

    async def keep_saying(self) -> None:
        """Says what changed, at most once a second; nothing before all that there is was read once."""
        await self._until_read(await self._end_offsets())
        while True:
            await self._say_changes()
            await asyncio.sleep(EVERY_SECONDS)

    async def keep_answering(self) -> None:
        """Says that a tick is done."""
        while True:
            await self._ticked.wait()
            self._ticked.clear()
            for programme, (number, at) in list(self._ticks.items()):
                if self._answered.get(programme, 0) < number:
                    await self._answer(programme, number, at)

    async def _answer(self, programme: str, number: int, at: datetime) -> None:
        ends = await self._end_offsets()
        await self._until_read(ends)
        await self._say_changes()
        said = TopicPartition(self._said, 0)
        activity = sum(ends.values()) + (await self._client.end_offsets([said]))[said]
        await self._send(Statement(
            TickDone(part=self.part, number=number, activity=activity), self.part, programme, at))
        self._answered[programme] = number

    async def _say_changes(self) -> None:
        async with self._saying:
            for statement in list(self._view.changes(self._now)):
                await self._send(statement)

    async def _send(self, one: Statement) -> None:
        assert self._producer is not None
        message = envelope(one.event, source=self.settings.service, subject=one.subject, programme=one.programme,
                           at=one.at, event_id=one.event_id)
        topic = one.event.TOPIC
        await self._producer.send_and_wait(
            topic, encode(message), key=one.subject.encode(), partition=partition_of(one.subject, topic),
            headers=[("content-type", CONTENT_TYPE)])

    async def _end_offsets(self) -> dict[int, int]:
        partitions = [TopicPartition(self.heard, number) for number in range(TOPIC[self.heard].partitions)]
        return {partition.partition: end for partition, end in (await self._client.end_offsets(partitions)).items()}

    async def _until_read(self, ends: dict[int, int]) -> None:
        while True:
            if all(self._read.get(partition, 0) >= end for partition, end in ends.items()):
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    @property
    def _client(self) -> AIOKafkaConsumer:
        assert self._ends is not None
        return self._ends

    def _now(self, programme: str) -> datetime:
        tick = self._ticks.get(programme)
        return tick[1] if tick else datetime.now(UTC)


def app_of(process: ViewProcess) -> faust.App:
    """The Faust application around a view."""
    settings = process.settings
    app = faust.App(
        f"{process.part}-{uuid4().hex[:12]}", broker=f"kafka://{settings.kafka_bootstrap}", store="memory://",
        value_serializer="raw", key_serializer="raw", web_enabled=False, topic_disable_leader=True,
        topic_allow_declare=False, consumer_auto_offset_reset="earliest", producer_acks=-1,
        broker_credentials=_credentials(settings), datadir=str(settings.keys_dir.parent / "faust"),
    )

    @app.agent(app.topic(process.heard, value_serializer="raw"), name="heard")
    async def heard(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            _or_end(partial(process.hear, event.message.partition, event.message.offset, event.value))

    @app.agent(app.topic(ClockTicked.TOPIC, value_serializer="raw"), name="clock")
    async def clock(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            _or_end(partial(process.hear_tick, event.value))

    @app.task  # type: ignore[untyped-decorator]
    async def start() -> None:
        await _awaited_or_end(process.start)
        await asyncio.gather(_awaited_or_end(process.keep_saying), _awaited_or_end(process.keep_answering))

    return app


def run(process: ViewProcess) -> None:
    """Runs the view until it is told to stop."""
    level = process.settings.log_level
    logs.set_up(level)
    faust.Worker(app_of(process), loglevel=level, override_logging=False).execute_from_commandline()


def _credentials(settings: Settings) -> faust.SASLCredentials | None:
    if not settings.kafka_security.startswith("SASL"):
        return None
    context = kafka.connection(settings).get("ssl_context")
    return faust.SASLCredentials(
        mechanism="SCRAM-SHA-512", username=settings.kafka_user, password=settings.kafka_password(),
        ssl_context=context)


def _decoded(value: bytes | None) -> Envelope[Any] | None:
    if value is None:
        return None
    try:
        return decode(value)
    except (UnknownEvent, MalformedEvent) as error:
        log.warning("left out of the view: %s", type(error).__name__)
        return None


def _or_end(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        log.critical("the view failed; its supervisor starts it anew", exc_info=True)
        os._exit(FAILED)


async def _awaited_or_end(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:
        log.critical("the view failed; its supervisor starts it anew", exc_info=True)
        os._exit(FAILED)
