"""Notices Kafka clients that hear nothing any more: after a broker's death some are never handed anything again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sized

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging import kafka

QUIET_SECONDS = 10.0

Unread = dict[TopicPartition, tuple[int, int]]
"""Where reading stands, and where the partition ends."""


class Deaf(KafkaError):  # type: ignore[misc]
    """The client hears nothing any more: a new one is needed."""


class Quiet:
    """What a second client is not handed out either is no deafness: compaction took it away."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._missed: Unread = {}
        self._taken_away: Unread = {}

    def begin(self) -> None:
        """A new client, or one that was just heard of."""
        self._since, self._missed = time.monotonic(), {}

    async def check(self, client: AIOKafkaConsumer, records: Sized) -> None:
        """Raises `Deaf` where twice in a row nothing came for `QUIET_SECONDS` while something lay there."""
        if len(records):
            self.begin()
        elif time.monotonic() - self._since > QUIET_SECONDS:
            unread = await _unread(client)
            missed = {place: span for place, span in unread.items() if self._taken_away.get(place) != span}
            if missed and self._missed:
                self._taken_away |= missed
                raise Deaf
            self._since, self._missed = time.monotonic(), missed


async def _unread(client: AIOKafkaConsumer) -> Unread:
    """The partitions that go on behind what was handed out of them."""
    assigned = list(client.assignment())
    async with asyncio.timeout(kafka.START_SECONDS):
        ends = await client.end_offsets(assigned) if assigned else {}
        spans = {partition: (await client.position(partition), end) for partition, end in ends.items()}
    return {partition: (position, end) for partition, (position, end) in spans.items() if end > position}
