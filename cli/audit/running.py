"""An audit from beginning to end: read, count, try, and say what stands against "erased"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.audit import stores, topics
from cli.audit.access import Access
from cli.audit.copies import Sample, Trials, copy_of, read_copies
from cli.audit.orders import Orders
from cli.interfaces import Interfaces
from shared.contracts.audit import (
    AuditReport,
    EpochsSeen,
    FilesSeen,
    LogSeen,
    StoreSeen,
    TopicSeen,
    TrialSeen,
)
from shared.contracts.envelope import Envelope
from shared.contracts.privacy import CanaryRecorded
from shared.contracts.topics import TOPICS

PERSONAL = tuple(topic.name for topic in TOPICS if topic.personal == "sealed")
READ_FOR_THEMSELVES = frozenset({*PERSONAL, topics.ACCESS})
Total = Callable[[int], None]


@dataclass
class Asked:
    """What is audited, by whom, with which copies kept from before."""

    access: Access
    programme: str
    auditor: str
    password: str
    copies: Path | None
    total: Total = lambda _: None
    told: topics.Told = lambda _: None


@dataclass
class Canaries:
    """The last record of each canary."""

    last: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self, message: Envelope[Any]) -> None:
        """A living record."""
        if isinstance(message.data, CanaryRecorded):
            self.last[message.data.subject] = copy_of(message)


async def keep(access: Access, size: int, to: Path, total: Total, told: topics.Told) -> int:
    """Keeps sealed copies of up to `size` living records of each personal topic; returns how many."""
    client, sample = access.kafka.consumer(), Sample(size)
    await client.start()
    try:
        reader = topics.Reader(client, told)
        total(await reader.open())
        with Orders() as nobody:
            for topic in PERSONAL:
                await topics.read_personal(reader, topic, nobody, sample.hear)
    finally:
        await client.stop()
    sample.write(to)
    return len(sample.kept)


async def audit(asked: Asked) -> AuditReport:
    """Reads every topic from its first offset, counts every store, tries every key holder."""
    began = datetime.now(UTC)
    client = asked.access.kafka.consumer()
    await client.start()
    try:
        with Orders() as orders:
            return await _look(asked, client, orders, began)
    finally:
        await client.stop()


async def _look(asked: Asked, client: Any, orders: Orders, began: datetime) -> AuditReport:
    reader, canaries, epochs = topics.Reader(client, asked.told), Canaries(), topics.Epochs()
    asked.total(await reader.open())
    await topics.read_orders(reader, asked.programme, orders)
    await epochs.read(reader)
    seen: list[TopicSeen] = []
    for topic in PERSONAL:
        seen += await topics.read_personal(reader, topic, orders, canaries.hear)
    log = await topics.check_access_log(reader)
    for topic in (one.name for one in TOPICS if one.name not in READ_FOR_THEMSELVES):
        seen += await topics.read_through(reader, topic)
    rows = tuple(stores.stores_seen(asked.access.mongo_uri(), orders))
    files = tuple(stores.key_files_seen(asked.access.key_folders, epochs.destroyed))
    async with Interfaces(asked.access.urls) as interfaces:
        interfaces.knows(asked.auditor, asked.password)
        trials = Trials(interfaces, asked.auditor)
        await trials.canaries(canaries.last.values())
        if asked.copies is not None:
            await trials.old(read_copies(asked.copies), orders)
    epochs_seen = tuple(
        EpochsSeen(service=service, current=current, destroyed=epochs.destroyed.get(service, {}))
        for service, current in sorted(epochs.current.items()))
    return AuditReport(
        programme=asked.programme, by=asked.auditor, began_at=began, ended_at=datetime.now(UTC), orders=orders.count,
        subjects=orders.subjects, orders_digest=orders.digest(), topics=tuple(seen), stores=rows,
        trials=trials.seen(), epochs=epochs_seen, log=log, files=files,
        missing=tuple(missing(orders.count, seen, rows, trials.seen(), log, files)))


async def submit(asked: Asked, report: AuditReport) -> None:
    """Hands the report in at retention, as the auditor."""
    async with Interfaces(asked.access.urls) as interfaces:
        interfaces.knows(asked.auditor, asked.password)
        await interfaces.call(
            "POST", "retention", f"/retention/api/programmes/{asked.programme}/audits", staff=asked.auditor,
            content=report.model_dump_json().encode(), headers={"Content-Type": "application/json"})


def missing(
    orders: int, seen: list[TopicSeen], rows: tuple[StoreSeen, ...], trials: tuple[TrialSeen, ...], log: LogSeen,
    files: tuple[FilesSeen, ...],
) -> Iterator[str]:
    """What stands against "erased", by code."""
    if not orders:
        yield "no-orders"
    yield from (f"records-left:{one.topic}/{one.partition}" for one in seen if one.erased)
    yield from (f"rows-left:{one.service}.{one.collection}" for one in rows if one.erased)
    yield from (f"key-files-left:{one.place}" for one in files if one.left)
    yield from _trials(trials)
    if log.problem:
        yield f"access-log:{log.problem}"
    elif log.records and not log.checkpoints:
        yield "access-log:no-checkpoint"  # nothing was signed yet that the lines could be held to


def _trials(trials: tuple[TrialSeen, ...]) -> Iterator[str]:
    """Without a canary that opens, and an old copy that does not, nothing is shown."""
    yield from (f"old-copy-opens:{one.service}" for one in trials if one.old_opened)
    yield from (f"canary-shut:{one.service}" for one in trials if one.canaries_opened < one.canaries)
    if not any(one.canaries for one in trials):
        yield "no-canary"
    if not any(one.old_copies for one in trials):
        yield "no-old-copies"
