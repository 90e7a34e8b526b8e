"""Re-reading a compacted topic from its first offset: what is still there of some keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.settings import Settings


@dataclass
class Left:
    """What a reading found of the keys that were asked for.

    `values` have a value somewhere, be it before a tombstone; of those, `again` have one after their last tombstone.
    `ends` is up to where each partition was read.
    """

    values: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    ends: dict[int, int] = field(default_factory=dict)


async def every_record(client: AIOKafkaConsumer, topic: str) -> AsyncIterator[ConsumerRecord]:
    """Each record of `topic` from the first to the one that was last when the reading began."""
    partitions = [TopicPartition(topic, number) for number in range(TOPIC[topic].partitions)]
    client.assign(partitions)
    await client.seek_to_beginning(*partitions)
    ends = await client.end_offsets(partitions)
    open_ = {partition for partition in partitions if await client.position(partition) < ends[partition]}
    while open_:
        for records in (await client.getmany(*open_, timeout_ms=300)).values():
            for record in records:
                if record.offset < ends[TopicPartition(record.topic, record.partition)]:
                    yield record
        # The last offsets of a compacted partition may be gone: what counts is how far the reading got.
        open_ = {partition for partition in open_ if await client.position(partition) < ends[partition]}


async def what_is_left(settings: Settings, topic: str, keys: Collection[str]) -> Left:
    """Reads `topic` whole, in memory of the size of `keys`."""
    left, client = Left(ends=dict.fromkeys(range(TOPIC[topic].partitions), 0)), kafka.consumer(settings)
    async with kafka.started(client):
        async for record in every_record(client, topic):
            left.ends[record.partition] = record.offset + 1
            key = record.key.decode("utf-8", "replace") if record.key else ""
            if key not in keys:
                continue
            if record.value is None:
                left.again.discard(key)
            else:
                left.values.add(key)
                left.again.add(key)
    return left
