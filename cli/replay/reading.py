"""Topics as the auditor reads them: whole, partition after partition, each event once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.environment import Endpoints
from deploy.local.state import State
from shared.contracts.envelope import Envelope, MalformedEvent, UnknownEvent, decode
from shared.contracts.topics import TOPIC

FETCH = 5000
AUDITOR = "auditor"


@dataclass
class Read:
    """What was read so far: `events` are those that count, once each."""

    records: int = 0
    events: int = 0
    repeated: int = 0
    tombstones: int = 0
    unreadable: int = 0


def consumer(state: State) -> AIOKafkaConsumer:
    """A client of the auditor's Kafka user, who may read every topic and write none."""
    points = Endpoints.load(state)
    return AIOKafkaConsumer(
        bootstrap_servers=points.kafka_bootstrap, security_protocol=points.kafka_security,
        sasl_mechanism="SCRAM-SHA-512", sasl_plain_username=AUDITOR,
        sasl_plain_password=(state.user(AUDITOR) / "kafka-password").read_text().strip(),
        enable_auto_commit=False, auto_offset_reset="earliest", isolation_level="read_committed",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        # A fetch at the end of one partition would hold up the next one's for so long.
        fetch_max_wait_ms=10,
    )


@dataclass(frozen=True)
class Chunk:
    """Events of one partition, in their order."""

    partition: int
    messages: list[Envelope[Any]]


class Topics:
    """Reads topics up to where they ended when it was opened."""

    def __init__(self, client: AIOKafkaConsumer, told: Callable[[int], None]) -> None:
        self._client, self._told = client, told
        self.read = Read()
        self._ends: dict[TopicPartition, int] = {}
        self._begins: dict[TopicPartition, int] = {}

    async def open(self, topics: Sequence[str]) -> int:
        """Notes the ends of `topics`; returns how many offsets there are to read."""
        partitions = [TopicPartition(name, number) for name in topics for number in range(TOPIC[name].partitions)]
        self._client.assign(partitions)  # so that their leaders are asked for once, not one topic after the other
        self._client.pause(*partitions)
        self._ends = await self._client.end_offsets(partitions)
        self._begins = await self._client.beginning_offsets(partitions)
        return sum(self._ends[one] - self._begins[one] for one in partitions)

    async def events(self, topic: str) -> AsyncIterator[Chunk]:
        """The topic's events, in chunks; in order a partition, repeated ones left out.

        Memory holds the ids of one partition, not of the topic: an event that a relay sent again is in the same one.
        """
        for number in range(TOPIC[topic].partitions):
            seen: set[str] = set()
            async for values in self._partition(TopicPartition(topic, number)):
                fresh = [message for value in values if (message := self._once(value, seen))]
                if fresh:
                    yield Chunk(number, fresh)

    async def _partition(self, partition: TopicPartition) -> AsyncIterator[list[bytes | None]]:
        position, end = self._begins[partition], self._ends[partition]
        if position >= end:
            return
        self._client.assign([partition])
        self._client.seek(partition, position)
        while position < end:
            records = (await self._client.getmany(timeout_ms=500, max_records=FETCH)).get(partition, [])
            yield [record.value for record in records if record.offset < end]
            # The last offsets of a compacted partition may be gone: what counts is how far the reading got.
            reached = await self._client.position(partition)
            self._told(min(reached, end) - position)
            position = reached

    def _once(self, value: bytes | None, seen: set[str]) -> Envelope[Any] | None:
        self.read.records += 1
        if value is None:
            self.read.tombstones += 1
            return None
        try:
            message = decode(value)
        except (UnknownEvent, MalformedEvent):
            self.read.unreadable += 1
            return None
        if message.id in seen:
            self.read.repeated += 1
            return None
        seen.add(message.id)
        self.read.events += 1
        return message
