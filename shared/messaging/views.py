"""In-memory views of small topics: every process reads them whole at its start and follows them.

Programmes, clocks, the staff register and the key ring are such views: they need no store, no group and no
invalidation between replicas.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Envelope, MalformedEvent, UnknownEvent, decode
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.messaging.quiet import Quiet
from shared.platform.settings import Settings

WAIT_MS = 500
"""For news: the broker answers as soon as there is any."""

Apply = Callable[[Envelope[Any]], None]

log = logging.getLogger(__name__)


class Views:
    """Feeds each event of the followed topics to its appliers, in order a partition; each event id once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._appliers: dict[str, list[Apply]] = defaultdict(list)
        self._seen: set[str] = set()
        self._ends: dict[TopicPartition, int] = {}
        self._read: dict[TopicPartition, int] = {}
        self._quiet = Quiet()
        self.caught_up = asyncio.Event()

    def follow(self, topic: str, apply: Apply) -> None:
        """Calls `apply` with every event of `topic`, from the first one on. Call before `run`."""
        self._appliers[topic].append(apply)

    async def run(self) -> None:
        """Follows until cancelled; a lost connection is built anew, and each event is still applied once."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("views wait: %s", type(error).__name__)
                await asyncio.sleep(0.5)

    async def _follow(self) -> None:
        client = kafka.consumer(self._settings, wait_ms=WAIT_MS)
        async with kafka.started(client):
            partitions = self.partitions()
            client.assign(partitions)
            for partition in partitions:
                client.seek(partition, self._read.get(partition, 0))
            self._ends = await client.end_offsets(partitions)
            self._quiet.begin()
            while True:
                self._check()
                heard = await client.getmany(timeout_ms=WAIT_MS)
                await self._quiet.check(client, heard)
                for partition, records in heard.items():
                    for record in records:
                        self._apply(record.topic, record.value)
                    self._read[partition] = await client.position(partition)

    def partitions(self) -> list[TopicPartition]:
        """All partitions of the followed topics."""
        return [TopicPartition(topic, number) for topic in self._appliers
                for number in range(TOPIC[topic].partitions)]

    def has_read(self, ends: dict[TopicPartition, int]) -> bool:
        """Whether everything before `ends` was applied."""
        return all(self._read.get(partition, 0) >= end for partition, end in ends.items()
                   if partition.topic in self._appliers)

    def _check(self) -> None:
        if not self.caught_up.is_set() and self.has_read(self._ends):
            self.caught_up.set()

    def _apply(self, topic: str, value: bytes | None) -> None:
        if value is None:
            return
        try:
            envelope = decode(value)
        except (UnknownEvent, MalformedEvent) as error:
            log.error("a record of %s could not be read and is left out of the view: %s", topic, type(error).__name__)
            return
        if envelope.id in self._seen:
            return
        self._seen.add(envelope.id)
        for apply in self._appliers[topic]:
            apply(envelope)
