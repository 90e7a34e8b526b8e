"""The live demand by slot: a Faust view, its own process, one replica (`python -m services.lottery.live`).

All that it knows can be read again, so it keeps nothing: each start is a new consumer group that reads from the first
offset. No table, no changelog, no leader topic, no web server (ADR 0005; the sharp bits of Faust 0.15 are in it).
An exception in an agent would still acknowledge the event, so the process ends instead, and its supervisor restarts it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.lottery.demand import DemandCount
from services.lottery.settings import LotterySettings
from shared.contracts.envelope import (
    CONTENT_TYPE,
    Envelope,
    Event,
    MalformedEvent,
    UnknownEvent,
    decode,
    encode,
    envelope,
)
from shared.contracts.intake import ApplicationFact, ApplicationWithdrawnLate
from shared.contracts.lottery import DemandCounted
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked, TickDone
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform import logs

PART = "lottery.live"
HEARD = ApplicationFact.TOPIC
EVERY_SECONDS = 1.0
LOOK_EVERY_SECONDS = 0.05

log = logging.getLogger(__name__)


class LiveDemand:
    """Counts, says snapshots at most once a second, and answers a tick when it has read what was there then."""

    def __init__(self, settings: LotterySettings) -> None:
        self._settings = settings
        self._count = DemandCount()
        self._read: dict[int, int] = {}
        self._ticks: dict[str, tuple[int, datetime]] = {}
        self._answered: dict[str, int] = {}
        self._ticked = asyncio.Event()
        self._saying = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        self._ends: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Connects what Faust does not: the producer of snapshots, and the client that asks for end offsets."""
        self._producer = kafka.producer(self._settings)
        self._ends = kafka.consumer(self._settings)
        await self._producer.start()
        await self._ends.start()

    def hear_fact(self, partition: int, offset: int, value: bytes | None) -> None:
        """One record of `intake.applications.v1`."""
        message = _decoded(value)
        if message is not None and isinstance(message.data, ApplicationFact | ApplicationWithdrawnLate):
            self._count.hear(message)
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
            await self._say_changed()
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
        await self._say_changed()
        said = TopicPartition(DemandCounted.TOPIC, 0)
        activity = sum(ends.values()) + (await self._client.end_offsets([said]))[said]
        await self._send(TickDone(part=PART, number=number, activity=activity), PART, programme, at)
        self._answered[programme] = number

    async def _say_changed(self) -> None:
        async with self._saying:
            for programme in sorted(self._count.changed):
                now = self._now(programme)
                await self._send(self._count.snapshot(programme, now), programme, programme, now)

    async def _send(self, event: Event, subject: str, programme: str, at: datetime) -> None:
        assert self._producer is not None
        message = envelope(event, source="lottery", subject=subject, programme=programme, at=at)
        await self._producer.send_and_wait(
            event.TOPIC, encode(message), key=subject.encode(), partition=partition_of(subject, event.TOPIC),
            headers=[("content-type", CONTENT_TYPE)])

    async def _end_offsets(self) -> dict[int, int]:
        partitions = [TopicPartition(HEARD, number) for number in range(TOPIC[HEARD].partitions)]
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


def app_of(settings: LotterySettings) -> faust.App:
    """The Faust application around `LiveDemand`."""
    app = faust.App(
        f"{PART}-{uuid4().hex[:12]}", broker=f"kafka://{settings.kafka_bootstrap}", store="memory://",
        value_serializer="raw", key_serializer="raw", web_enabled=False, topic_disable_leader=True,
        topic_allow_declare=False, consumer_auto_offset_reset="earliest", producer_acks=-1,
        broker_credentials=_credentials(settings), datadir=str(settings.keys_dir.parent / "faust"),
    )
    view = LiveDemand(settings)

    @app.agent(app.topic(HEARD, value_serializer="raw"), name="applications")
    async def applications(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            _or_end(partial(view.hear_fact, event.message.partition, event.message.offset, event.value))

    @app.agent(app.topic(ClockTicked.TOPIC, value_serializer="raw"), name="clock")
    async def clock(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            _or_end(partial(view.hear_tick, event.value))

    @app.task  # type: ignore[untyped-decorator]
    async def start() -> None:
        await _awaited_or_end(view.start)
        await asyncio.gather(_awaited_or_end(view.keep_saying), _awaited_or_end(view.keep_answering))

    return app


def _credentials(settings: LotterySettings) -> faust.SASLCredentials | None:
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
        os._exit(71)


async def _awaited_or_end(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:
        log.critical("the view failed; its supervisor starts it anew", exc_info=True)
        os._exit(71)


if __name__ == "__main__":
    told = LotterySettings()
    logs.set_up(told.log_level)
    faust.Worker(app_of(told), loglevel=told.log_level, override_logging=False).execute_from_commandline()
