"""The test's voice and ears on the real Kafka: it speaks and reads as the services' own users, so rights are tried."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from deploy.local.stack import Stack
from shared.contracts.envelope import CONTENT_TYPE, Envelope, Event, decode, encode, envelope
from shared.contracts.partitions import partition_of
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from tests.conftest import settings_of, until

Raw = tuple[int, bytes | None]


class Voices:
    """Says events as any service."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._producers: dict[str, AIOKafkaProducer] = {}
        self._facts: dict[tuple[str, int], int] = defaultdict(int)

    async def say(
        self, user: str, event: Event, subject: str, programme: str, at: datetime | None = None, **more: Any
    ) -> None:
        """Says `event` with the Kafka user of service `user`; returns when the broker has it."""
        await self.say_all(user, [envelope(
            event, source=user, subject=subject, programme=programme, at=at or datetime.now(UTC), **more)])

    async def say_all(self, user: str, messages: Sequence[Envelope[Any]]) -> None:
        """Says all, in their order a subject; returns when the broker has them."""
        producer = await self._producer(user)
        sent = []
        for message in messages:
            topic = type(message.data).TOPIC
            sent.append(await producer.send(
                topic, encode(message), key=message.subject.encode(), partition=partition_of(message.subject, topic),
                headers=[("content-type", CONTENT_TYPE)]))
        await asyncio.gather(*sent)

    def next_number(self, programme: str, application: str) -> int:
        """The number of intake's next fact about an application, counted in its partition as intake does."""
        place = programme, partition_of(application, "intake.applications.v1")
        self._facts[place] += 1
        return self._facts[place]

    def facts_in(self, programme: str, partition: int) -> int:
        """How many numbers were given in a partition."""
        return self._facts[programme, partition]

    async def close(self) -> None:
        """Closes the connections."""
        for producer in self._producers.values():
            await producer.stop()

    async def _producer(self, user: str) -> AIOKafkaProducer:
        if user not in self._producers:
            self._producers[user] = await until(lambda: self._connected(user), told=lambda: f"{user} is let in")
        return self._producers[user]

    async def _connected(self, user: str) -> AIOKafkaProducer | None:
        # A broker knows new users a moment after it was told of them.
        producer = kafka.producer(settings_of(self._stack, user))
        try:
            await producer.start()
        except KafkaConnectionError:
            await producer.stop()
            return None
        return producer


class Ears:
    """Reads topics as any service."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._open: dict[tuple[str, str], _Ear] = {}

    async def read(self, topic: str, user: str) -> list[Envelope[Any]]:
        """A topic from its start to its end as of now; tombstones are left out."""
        if TOPIC[topic].compacted:
            # What was erased must not be remembered here.
            return [decode(value) for _, value in await self.read_raw(topic, user) if value is not None]
        if (topic, user) not in self._open:
            self._open[topic, user] = await _Ear.open(self._stack, topic, user)
        return await self._open[topic, user].heard()

    async def read_raw(self, topic: str, user: str) -> list[Raw]:
        """Partition and value of each record that the topic holds now."""
        ear = await _Ear.open(self._stack, topic, user)
        try:
            return await ear.more()
        finally:
            await ear.close()

    async def close(self) -> None:
        """Closes the connections."""
        for ear in self._open.values():
            await ear.close()


class _Ear:
    """One topic, read on from where it was left."""

    def __init__(self, client: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        self._client, self._partitions = client, partitions
        self._heard: list[Envelope[Any]] = []
        self._alone = asyncio.Lock()

    @classmethod
    async def open(cls, stack: Stack, topic: str, user: str) -> _Ear:
        client = kafka.consumer(settings_of(stack, user))
        await client.start()
        partitions = [TopicPartition(topic, number) for number in range(TOPIC[topic].partitions)]
        client.assign(partitions)
        await client.seek_to_beginning(*partitions)
        return cls(client, partitions)

    async def heard(self) -> list[Envelope[Any]]:
        """All events up to the topic's end as of now."""
        async with self._alone:
            self._heard += [decode(value) for _, value in await self.more() if value is not None]
            return list(self._heard)

    async def more(self) -> list[Raw]:
        """What came since the last time."""
        ends = await self._client.end_offsets(self._partitions)
        found: list[Raw] = []
        self._client.resume(*self._partitions)
        while any([await self._client.position(one) < ends[one] for one in self._partitions]):
            for partition, records in (await self._client.getmany(timeout_ms=200)).items():
                found += [(partition.partition, record.value) for record in records]
        self._client.pause(*self._partitions)
        return found

    async def close(self) -> None:
        await self._client.stop()
