"""Whether what was acknowledged is there: in MongoDB and on Kafka, each once. A figure without that is void."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from bench.ground import settings_of
from deploy.local.stack import Stack
from shared.contracts.envelope import decode
from shared.contracts.intake import ApplicationTaken
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.mongo import connect

FACTS, RECORDS = "intake.applications.v1", "intake.personal.v1"
PATIENCE_SECONDS = 120


@dataclass
class Found:
    """What is there: how often each receipt and each application's record, and each partition's numbers."""

    stored: Counter[str] = field(default_factory=Counter)
    sealed: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    applications: dict[str, str] = field(default_factory=dict)
    recorded: Counter[str] = field(default_factory=Counter)
    numbers: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def wrong(self, acknowledged: list[str]) -> list[str]:
        """What is not as it must be; empty when all is."""
        asked = Counter(acknowledged)
        ids = [self.applications.get(receipt, "?") for receipt in acknowledged]
        return [what for what, is_wrong in {
            "a receipt was given twice": max(asked.values(), default=1) > 1,
            "an acknowledged application is not in MongoDB": any(self.stored[one] != 1 for one in asked),
            "an acknowledged application is not once on Kafka": any(self.said[one] != 1 for one in asked),
            "a sealed record is not in MongoDB": any(self.sealed[one] != 1 for one in ids),
            "a sealed record is not once on Kafka": any(self.recorded[one] != 1 for one in ids),
            "numbers are not 1…n": any(
                sorted(found) != list(range(1, len(found) + 1)) for found in self.numbers.values()),
        }.items() if is_wrong]


async def find(stack: Stack, programme: str) -> Found:
    """Reads what intake's database and its two topics have of a programme."""
    found = Found()
    settings = settings_of(stack, "intake")
    client, database = connect(settings.mongo_uri(), "intake")
    async for row in database["applications"].find({"programme": programme}, {"receipt": 1}):
        found.stored[row["receipt"]] += 1
        found.applications[row["receipt"]] = row["_id"]
    async for row in database["personal"].find({"programme": programme}, {"_id": 1}):
        found.sealed[row["_id"]] += 1
    client.close()
    for partition, value in await read(stack, FACTS):
        message = decode(value)
        data = message.data
        if isinstance(data, ApplicationTaken) and message.programme == programme:
            found.said[data.receipt] += 1
            found.numbers[partition].append(data.number)
    for _, value in await read(stack, RECORDS):
        data = decode(value).data
        if isinstance(data, ApplicationRecorded):
            found.recorded[data.subject] += 1
    return found


async def read(stack: Stack, topic: str) -> list[tuple[int, bytes]]:
    """Partition and value of every record of a topic, as intake's Kafka user reads it; tombstones are left out."""
    client = kafka.consumer(settings_of(stack, "intake"))
    await client.start()
    partitions = [TopicPartition(topic, number) for number in range(TOPIC[topic].partitions)]
    client.assign(partitions)
    await client.seek_to_beginning(*partitions)
    ends, values = await client.end_offsets(partitions), []
    while any([await client.position(one) < ends[one] for one in partitions]):
        for partition, records in (await client.getmany(timeout_ms=200)).items():
            values += [(partition.partition, record.value) for record in records if record.value is not None]
    await client.stop()
    return values


async def outbox_empty(stack: Stack) -> float:
    """Seconds until everything that was said is on Kafka."""
    client, database = connect(settings_of(stack, "intake").mongo_uri(), "intake")
    began = time.monotonic()
    while await database["outbox"].find_one({}, {"_id": 1}):
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit("the outbox does not get empty")
        await asyncio.sleep(0.01)
    client.close()
    return time.monotonic() - began
