"""A topic's records as they lie on Kafka, bytes and offsets, for whoever checks the log itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.settings import Settings


@dataclass(frozen=True)
class Line:
    """One record."""

    partition: int
    offset: int
    value: bytes | None


class RawLog(Protocol):
    """A log of numbered partitions."""

    topic: str
    partitions: int

    async def open(self) -> None:
        """Connects; raises `KafkaError`, `OSError`."""

    async def close(self) -> None:
        """Lets go of the connection."""

    async def bounds(self) -> dict[int, tuple[int, int]]:
        """The first offset there is and the one after the last, by partition."""

    async def seek(self, positions: Mapping[int, int]) -> None:
        """Reads these partitions, and no others, from these offsets on."""

    async def more(self, seconds: float) -> list[Line]:
        """What came, in order a partition; empty if nothing came for so long."""


class KafkaLog:
    """A `RawLog` on the broker, without a group: positions are the caller's."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self.topic, self.partitions = topic, TOPIC[topic].partitions
        self._settings = settings
        self._client: AIOKafkaConsumer | None = None

    async def open(self) -> None:
        """Connects; raises `KafkaError`, `OSError`."""
        client = kafka.consumer(self._settings)
        await kafka.start(client)
        self._client = client

    async def close(self) -> None:
        """Lets go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            await kafka.stop(client)

    async def bounds(self) -> dict[int, tuple[int, int]]:
        """The first offset there is and the one after the last, by partition."""
        places = [TopicPartition(self.topic, number) for number in range(self.partitions)]
        firsts, ends = await self._connected.beginning_offsets(places), await self._connected.end_offsets(places)
        return {place.partition: (firsts[place], ends[place]) for place in places}

    async def seek(self, positions: Mapping[int, int]) -> None:
        """Reads these partitions, and no others, from these offsets on."""
        places = {TopicPartition(self.topic, number): offset for number, offset in positions.items()}
        self._connected.assign(list(places))
        for place, offset in places.items():
            self._connected.seek(place, offset)

    async def more(self, seconds: float) -> list[Line]:
        """What came, in order a partition; empty if nothing came for so long."""
        found = await self._connected.getmany(timeout_ms=int(seconds * 1000))
        return [Line(place.partition, record.offset, record.value)
                for place, records in found.items() for record in records]

    @property
    def _connected(self) -> AIOKafkaConsumer:
        assert self._client is not None, "open() first"
        return self._client
