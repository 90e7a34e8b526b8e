"""A replay from beginning to end: read once, rebuild, finish, erase, compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cli.replay.reading import Topics, consumer
from cli.replay.rebuilding import Rebuilding
from cli.replay.report import CollectionFound, FigureFound, Report, ServiceFound
from deploy.local.state import State
from services.checkin.replay import REBUILD as CHECKIN
from services.intake.replay import REBUILD as INTAKE
from services.lottery.replay import REBUILD as LOTTERY
from services.notifier.replay import REBUILD as NOTIFIER
from services.retention.replay import REBUILD as RETENTION
from shared.contracts.envelope import Envelope
from shared.contracts.erasure import ErasureOrdered
from shared.contracts.topics import TOPICS
from shared.platform.collections import declared
from shared.platform.mongo import Client, Database, connect
from shared.platform.programmes import Programmes
from shared.platform.progress import RESTLESS
from shared.replay.comparing import compare
from shared.replay.rebuilding import Rebuild

REBUILDS: dict[str, Rebuild] = {one.service: one for one in (INTAKE, LOTTERY, NOTIFIER, CHECKIN, RETENTION)}
DEFINITIONS, ORDERS = "programme.definitions.v1", "retention.orders.v1"
OF_NO_PROGRAMME = frozenset({"*", "-"})


@dataclass
class Watch:
    """Who watches: `total` is told once how many offsets there are, `done` how many were read since the last time."""

    total: Callable[[int], None]
    done: Callable[[int], None]


@dataclass(frozen=True)
class Asked:
    """What to replay: `into` is the MongoDB that takes scratch stores, `living` the auditor's way to the real ones."""

    state: State
    services: tuple[str, ...]
    programme: str | None
    into: str
    living: str | None
    keep: bool = False


async def replay(asked: Asked, watch: Watch) -> Report:
    """Rebuilds and compares. Raises `PyMongoError` or `KafkaError` where a store or the broker is away."""
    began = time.monotonic()
    client = consumer(asked.state)
    topics = Topics(client, watch.done)
    programmes = Programmes()
    stores = [Rebuilding(REBUILDS[name], asked.into, programmes) for name in asked.services]
    await client.start()
    try:
        names = in_order({ORDERS, DEFINITIONS}.union(*(store.topics for store in stores)))
        watch.total(await topics.open(names))
        for store in stores:
            await store.open()
        orders = await _read(topics, names, stores, programmes, asked.programme)
        seconds = time.monotonic() - began
        report = Report(asked.programme, asked.living is not None, seconds, topics.read, orders, [], [])
        await _look(report, asked, stores, programmes)
        return report
    finally:
        await client.stop()
        for store in stores:
            await store.close(keep=asked.keep)


def in_order(topics: set[str]) -> list[str]:
    """Programmes first, then as the contract table has them, orders to erase last of all."""
    table = [topic.name for topic in TOPICS if topic.name in topics - {DEFINITIONS, ORDERS}]
    return [DEFINITIONS, *table, ORDERS]


async def _read(
    topics: Topics, names: Sequence[str], stores: Sequence[Rebuilding], programmes: Programmes, programme: str | None
) -> int:
    for name in names[:-1]:
        concerned = [store for store in stores if name in store.topics]
        async for chunk in topics.events(name):
            if name == DEFINITIONS:
                for message in chunk.messages:
                    programmes.apply(message)
            mine = _of(chunk.messages, programme)
            for store in concerned:
                await store.take(name, chunk.partition, mine)
    for store in stores:
        await store.finish()
    return await _obey(topics, stores)


def _of(messages: list[Envelope[Any]], programme: str | None) -> list[Envelope[Any]]:
    if programme is None:
        return messages
    return [message for message in messages if message.programme == programme or message.programme in OF_NO_PROGRAMME]


async def _obey(topics: Topics, stores: Sequence[Rebuilding]) -> int:
    orders = 0
    async for chunk in topics.events(ORDERS):
        for message in chunk.messages:
            if isinstance(message.data, ErasureOrdered):
                orders += 1
                for store in stores:
                    await store.obey(message.data)
    return orders


# -- looking ---------------------------------------------------------------------------------------------------------


async def _look(report: Report, asked: Asked, stores: Sequence[Rebuilding], programmes: Programmes) -> None:
    ids = (asked.programme,) if asked.programme else tuple(sorted(programmes.ids()))
    for store in stores:
        client, living = connect(asked.living, store.service) if asked.living else (None, None)
        report.services.append(await _service(store, living, asked.programme))
        report.figures += await _figures(store, living, ids)
        if client is not None:
            _close(client)


async def _service(store: Rebuilding, living: Database | None, programme: str | None) -> ServiceFound:
    found = ServiceFound(
        store.service, store.taken, dict(store.dropped), dict(store.refused), store.twice, dict(store.erased),
        store.faults)
    how = {one.collection: one for one in store.rebuild.compared}
    for name, one in declared(store.rebuild.collections).items():
        by = how.get(name)
        rows = await compare(store.database, living, by, programme) if by and living is not None else None
        found.collections.append(CollectionFound(
            name, one.kind, one.sources, one.not_rebuilt, rows, dict(by.left_out) if by else {}))
    if living is not None:
        found.unsent = await living["outbox"].count_documents(
            {"events": {"$elemMatch": {"topic": {"$nin": sorted(RESTLESS)}}}})
    return found


async def _figures(store: Rebuilding, living: Database | None, programmes: Sequence[str]) -> list[FigureFound]:
    return [
        FigureFound(
            figure.about, store.service, programme, figure.name, dict(await figure.of(store.database, programme)),
            dict(await figure.of(living, programme)) if living is not None else None)
        for figure in store.rebuild.figures for programme in programmes
    ]


def _close(client: Client) -> None:
    client.close()
