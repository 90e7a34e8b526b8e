"""What anybody outside can read: topics as the auditor, public pages, mails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.local.environment import Endpoints
from deploy.local.state import State
from shared.contracts.envelope import Envelope, decode
from shared.contracts.topics import TOPICS

PAGE = 500


async def every_record(state: State, topics: list[str] | None = None) -> AsyncIterator[ConsumerRecord]:
    """Each record of `topics` (all by default) from the first to the present last one, as the auditor."""
    points = Endpoints.load(state)
    client = AIOKafkaConsumer(
        bootstrap_servers=points.kafka_bootstrap,
        security_protocol=points.kafka_security,
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username="auditor",
        sasl_plain_password=(state.user("auditor") / "kafka-password").read_text().strip(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await client.start()
    try:
        partitions = [
            TopicPartition(topic.name, number)
            for topic in TOPICS
            if topics is None or topic.name in topics
            for number in range(topic.partitions)
        ]
        client.assign(partitions)
        await client.seek_to_beginning(*partitions)
        ends = await client.end_offsets(partitions)
        while any([await client.position(partition) < end for partition, end in ends.items()]):
            for records in (await client.getmany(timeout_ms=300)).values():
                for record in records:
                    yield record
    finally:
        await client.stop()


@dataclass
class Facts:
    """All events of the fact topics, each id once, by type."""

    by_type: dict[str, list[Envelope[Any]]] = field(default_factory=dict)
    records: int = 0

    def of(self, event: type[Any], programme: str) -> list[Envelope[Any]]:
        """The events of one type in one programme."""
        return [message for message in self.by_type.get(event.TYPE, []) if message.programme == programme]


async def read_facts(state: State) -> Facts:
    """Replays every topic but the sealed ones."""
    facts, seen = Facts(), set()
    async for record in every_record(state, [topic.name for topic in TOPICS if topic.personal != "sealed"]):
        facts.records += 1
        message = decode(record.value)
        if message.id not in seen:
            seen.add(message.id)
            facts.by_type.setdefault(message.type, []).append(message)
    return facts


async def read_mails(mail_url: str) -> list[dict[str, Any]]:
    """Every mail in the catcher, with headers and text: what recipients see."""
    async with httpx.AsyncClient(base_url=mail_url, timeout=30) as client:
        ids: list[str] = []
        before = ""
        while True:
            page = (await client.get("/api/mails", params={"limit": PAGE, "before": before})).json()["mails"]
            ids += [mail["id"] for mail in page]
            if len(page) < PAGE:
                break
            before = page[-1]["id"]
        gate = asyncio.Semaphore(16)

        async def one(mail: str) -> dict[str, Any]:
            async with gate:
                answer: dict[str, Any] = (await client.get(f"/api/mails/{mail}")).json()
                return answer

        return list(await asyncio.gather(*(one(mail) for mail in ids)))
