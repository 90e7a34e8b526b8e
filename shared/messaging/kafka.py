"""Kafka clients with our settings: aiokafka's defaults lose and repeat messages, so none of them is left to chance."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from shared.platform.settings import Settings

MAX_RECORD = 4 * 1024 * 1024
START_SECONDS, JOIN_SECONDS, STOP_SECONDS = 30.0, 90.0, 5.0
DEAL_SECONDS = 40.0
"""Dealing a group's partitions out anew, members that died waited for, takes less: after it a new client is quicker."""

log = logging.getLogger(__name__)


def connection(settings: Settings) -> dict[str, Any]:
    """Where the brokers are and who we are: the arguments that all clients share."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "client_id": f"{settings.service}-{settings.replica}",
        "security_protocol": settings.kafka_security,
        "request_timeout_ms": 15_000,
    }
    if settings.kafka_security.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password(),
        }
    if settings.kafka_security.endswith("SSL"):
        arguments["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    return arguments


def producer(settings: Settings) -> AIOKafkaProducer:
    """An idempotent producer that waits for all in-sync replicas.

    Uncompressed: sealed parts, most of what is sent, don't get smaller, and gzip took longer than all else in sending.
    """
    return AIOKafkaProducer(
        **connection(settings), acks="all", enable_idempotence=True, linger_ms=2, max_batch_size=256 * 1024,
        max_request_size=MAX_RECORD,
    )


def consumer(settings: Settings, *topics: str, group: str | None = None, wait_ms: int = 100) -> AIOKafkaConsumer:
    """A consumer that starts at the earliest offset and commits only what it is told to.

    The broker keeps a question that it has nothing for so long as `wait_ms`. A long wait saves work while nothing
    comes; but what is sought, resumed or read late has to wait for that answer (one question at a time a broker).
    """
    return AIOKafkaConsumer(
        *topics, **connection(settings), group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
        isolation_level="read_committed", max_poll_interval_ms=600_000, session_timeout_ms=8_000,
        heartbeat_interval_ms=2_000, metadata_max_age_ms=60_000, fetch_max_wait_ms=wait_ms,
        max_partition_fetch_bytes=MAX_RECORD,
    )


async def start(client: AIOKafkaConsumer | AIOKafkaProducer, seconds: float = START_SECONDS) -> None:
    """Starts it. Raises TimeoutError where a broker that went away at that moment is waited for: a new one tries again.

    Who joins a group waits for its other members, and is given more `seconds`. What could not start is stopped.
    """
    try:
        async with asyncio.timeout(seconds):
            await client.start()
    except BaseException:
        await stop(client)
        raise


@asynccontextmanager
async def started(client: AIOKafkaConsumer, seconds: float = START_SECONDS) -> AsyncIterator[None]:
    """It is started in the block and stopped behind it. Raises as `start` does."""
    await start(client, seconds)
    try:
        yield
    finally:
        await stop(client)


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Stops it; where that takes too long, or fails, it is left behind: whoever waited for it would never go on."""
    if not await _ended(client.stop()):
        # What was left open would go on to ask for metadata.
        await _ended((client.client if isinstance(client, AIOKafkaProducer) else client._client).close())


async def _ended(stopping: Coroutine[Any, Any, None]) -> bool:
    """Whether it came to its end, in time.

    In a task of its own, as a consumer that is stopped while it repeats a fetch raises that fetch's CancelledError
    (aiokafka #647): whoever stops it would seem cancelled, and end without a word.
    """
    task = asyncio.create_task(stopping)
    try:
        await asyncio.wait([task], timeout=STOP_SECONDS)
    finally:
        task.cancel()
    whole = task.done() and not task.cancelled()
    error = task.exception() if whole else asyncio.CancelledError()
    if error is not None:
        log.warning("a client did not stop cleanly: %s", type(error).__name__)
    return error is None


def admin(settings: Settings) -> AIOKafkaAdminClient:
    """A client that asks for a group's offsets."""
    return AIOKafkaAdminClient(**connection(settings))
