"""Reading topics for an audit: whole, partition after partition, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from cli.audit.orders import Orders
from shared.contracts.audit import LogSeen, TopicSeen
from shared.contracts.envelope import Envelope, MalformedEvent, UnknownEvent, decode
from shared.contracts.erasure import CheckpointSigned, EpochDestroyed, ErasureOrdered
from shared.contracts.privacy import CanaryRecorded, PersonalRecord, RecipientKeyPublished
from shared.contracts.retention import SigningKeyPublished
from shared.contracts.topics import TOPIC, TOPICS
from shared.privacy.checkpoints import Check

FETCH = 2000
ACCESS = "privacy.access.v1"
Told = Callable[[int], None]


class Reader:
    """Reads up to where each partition ended when it was opened."""

    def __init__(self, client: AIOKafkaConsumer, told: Told) -> None:
        self._client, self._told = client, told
        self._begins: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}

    async def open(self) -> int:
        """Notes where all topics begin and end; returns how many offsets there are."""
        partitions = [TopicPartition(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]
        self._begins = await self._client.beginning_offsets(partitions)
        self._ends = await self._client.end_offsets(partitions)
        return sum(self._ends[one] - self._begins[one] for one in partitions)

    def range(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset and the end of a partition."""
        where = TopicPartition(topic, partition)
        return self._begins[where], self._ends[where]

    async def records(self, topic: str, partition: int) -> AsyncIterator[list[ConsumerRecord]]:
        """A partition's records, some at a time."""
        where = TopicPartition(topic, partition)
        position, end = self.range(topic, partition)
        if position >= end:
            return
        self._client.assign([where])
        self._client.seek(where, position)
        while position < end:
            records = (await self._client.getmany(timeout_ms=500, max_records=FETCH)).get(where, [])
            yield [record for record in records if record.offset < end]
            # The last offsets of a compacted partition may be gone: what counts is how far the reading got.
            reached = await self._client.position(where)
            self._told(min(reached, end) - position)
            position = reached

    async def events(self, topic: str) -> AsyncIterator[Envelope[Any]]:
        """The events of a topic, in order a partition; what cannot be read is somebody's dead letter already."""
        for partition in range(TOPIC[topic].partitions):
            async for records in self.records(topic, partition):
                for record in records:
                    if (message := decoded(record.value)) is not None:
                        yield message


def decoded(value: bytes | None) -> Envelope[Any] | None:
    """The event in a record, if it is one."""
    if value is None:
        return None
    try:
        return decode(value)
    except (UnknownEvent, MalformedEvent):
        return None


async def read_orders(reader: Reader, programme: str, orders: Orders) -> None:
    """All orders to erase of a programme."""
    async for message in reader.events("retention.orders.v1"):
        if isinstance(message.data, ErasureOrdered) and message.programme == programme:
            orders.add(message.data.order, message.data.kind, message.data.subjects)


class Epochs:
    """What services said about their keys."""

    def __init__(self) -> None:
        self.current: dict[str, int] = {}
        self.destroyed: dict[str, dict[int, Any]] = {}

    async def read(self, reader: Reader) -> None:
        """Reads the topic of keys."""
        async for message in reader.events("privacy.recipients.v1"):
            match message.data:
                case RecipientKeyPublished(service=service, epoch=epoch):
                    self.current[service] = max(epoch, self.current.get(service, 0))
                case EpochDestroyed(service=service, epoch=epoch, at=at):
                    self.destroyed.setdefault(service, {})[epoch] = at


async def read_personal(
    reader: Reader, topic: str, orders: Orders, hear: Callable[[Envelope[Any]], None]
) -> list[TopicSeen]:
    """Counts what a personal topic holds of the living and of the erased; `hear` gets canaries and living records."""
    seen = []
    for partition in range(TOPIC[topic].partitions):
        first, end = reader.range(topic, partition)
        total = living = erased = tombstones = 0
        async for records in reader.records(topic, partition):
            gone = orders.among([record.key.decode("utf-8", "replace") for record in records if record.key])
            for record in records:
                total += 1
                message = decoded(record.value)
                if record.value is None:
                    tombstones += 1
                elif record.key.decode("utf-8", "replace") in gone:
                    erased += 1
                elif message is not None and isinstance(message.data, PersonalRecord):
                    living += not isinstance(message.data, CanaryRecorded)
                    hear(message)
        seen.append(TopicSeen(topic=topic, partition=partition, first=first, end=end, records=total, living=living,
                              erased=erased, tombstones=tombstones))
    return seen


async def read_through(reader: Reader, topic: str) -> list[TopicSeen]:
    """Reads a topic of facts through, so that it is seen to be whole."""
    seen = []
    for partition in range(TOPIC[topic].partitions):
        first, end = reader.range(topic, partition)
        total = 0
        async for records in reader.records(topic, partition):
            total += len(records)
        seen.append(TopicSeen(topic=topic, partition=partition, first=first, end=end, records=total))
    return seen


async def check_access_log(reader: Reader) -> LogSeen:
    """The access log against its signed checkpoints (S25); the first thing that is wrong is named."""
    keys: dict[str, str] = {}
    async for message in reader.events("retention.staff.v1"):
        if isinstance(message.data, SigningKeyPublished) and message.data.use == "seal":
            keys[message.data.key_id] = message.data.public_key
    checkpoints: dict[int, list[CheckpointSigned]] = {}
    async for message in reader.events("retention.certificates.v1"):
        if isinstance(message.data, CheckpointSigned) and message.data.topic == ACCESS:
            checkpoints.setdefault(message.data.partition, []).append(message.data)
    lines, problem = 0, None
    for partition in range(TOPIC[ACCESS].partitions):
        check = Check(partition, checkpoints.get(partition, ()), keys)
        async for records in reader.records(ACCESS, partition):
            for record in records:
                check.hear(record.offset, record.value)
        fault = check.end()
        lines += check.lines
        if fault is not None and problem is None:
            problem = f"{fault.code}: partition {partition}, lines {fault.first_line} to {fault.last_line}"
    return LogSeen(checkpoints=sum(map(len, checkpoints.values())), records=lines, problem=problem)
