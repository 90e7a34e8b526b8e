"""Keeps the access log from unseen alteration (S25): signs its growth, reads it again, says what does not fit.

One replica at a time, by lease. It reads raw bytes and offsets from positions of its own, which are stored with the
checkpoint that covers them: a kill at any point repeats nothing and leaves nothing out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka.errors import KafkaError

from services.retention import access_store, store
from services.retention.domain.access_tree import GrowingTree
from services.retention.seals import SealKey
from services.retention.settings import RetentionSettings
from shared.contracts.envelope import MalformedEvent, UnknownEvent, decode, derived_id
from shared.contracts.erasure import AccessLogAltered, CheckpointSigned
from shared.contracts.privacy import Access
from shared.messaging import kafka
from shared.messaging.lease import Lease
from shared.messaging.rawlog import KafkaLog, RawLog
from shared.messaging.rereading import every_record
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.mongo import Database, StoreError
from shared.platform.service import Service
from shared.privacy.checkpoints import Check, Fault

LEASE_SECONDS = 10.0
POLL_SECONDS = 0.5
PAUSE_SECONDS = 2.0
PATIENCE_SECONDS = 30.0
EVERYTHING = "*"
CANNOT_GO_ON = frozenset({"line-missing", "truncated"})

log = logging.getLogger(__name__)

Said = Mapping[int, Sequence[CheckpointSigned]]


@dataclass(frozen=True)
class Rhythm:
    """When a checkpoint is due, and how often everything is read again (real time)."""

    records: int
    seconds: float
    check_seconds: float


class LeaseLost(Exception):
    """Another replica keeps the log now."""


class AccessLog:
    """The keeper of one log. `said` reads the checkpoints that are published, by partition."""

    def __init__(
        self, database: Database, transactions: Transactions, seal: SealKey, lines: RawLog,
        said: Callable[[], Awaitable[Said]], rhythm: Rhythm,
    ) -> None:
        self._database, self._transactions, self._seal = database, transactions, seal
        self._log, self._said, self._rhythm = lines, said, rhythm
        self._lease = Lease(database, f"keeper of {lines.topic}", LEASE_SECONDS)

    async def run(self) -> None:
        """Keeps the log until cancelled; what is away is waited for."""
        async with self._lease.given_back():
            while True:
                try:
                    if await self._lease.take():
                        await self._keep()
                except (KafkaError, StoreError, OSError, TimeoutError) as error:
                    log.warning("the access log's keeper waits: %s", type(error).__name__)
                except (LeaseLost, access_store.Overtaken):
                    log.info("another replica keeps the access log")
                await asyncio.sleep(PAUSE_SECONDS)

    async def _keep(self) -> None:
        await self._log.open()
        try:
            faults = await self.check()
            await self._tell(faults)
            stopped = {fault.partition for fault in faults if fault.code in CANNOT_GO_ON}
            await self._follow([number for number in range(self._log.partitions) if number not in stopped])
        finally:
            await self._log.close()

    async def _follow(self, partitions: Sequence[int]) -> None:
        """Takes new lines and signs, until everything is to be read again."""
        trees = {number: await access_store.tree(self._database, self._log.topic, number) for number in partitions}
        await self._log.seek({number: tree.size for number, tree in trees.items()})
        again_at, since = time.monotonic() + self._rhythm.check_seconds, dict.fromkeys(trees, 0.0)
        while time.monotonic() < again_at:
            await self._hold()
            for line in await self._log.more(POLL_SECONDS):
                tree = trees[line.partition]
                if line.offset != tree.size:
                    return  # the reading from the beginning says what is wrong
                if not tree.unsigned:
                    since[line.partition] = time.monotonic()
                tree.add(line.value)
            for number, tree in trees.items():
                waited = time.monotonic() - since[number]
                if tree.unsigned >= self._rhythm.records or (tree.unsigned and waited >= self._rhythm.seconds):
                    await self._sign(tree)

    async def _sign(self, tree: GrowingTree) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        checkpoint = tree.checkpoint(now, self._seal.key_id, self._seal.sign)
        event_id = derived_id("checkpoint", tree.topic, str(tree.partition), str(checkpoint.number))

        async def work(tx: Transaction) -> None:
            await access_store.keep(tx, tree, checkpoint, event_id)
            tx.say(checkpoint, subject=EVERYTHING, programme=EVERYTHING, at=now, event_id=event_id)

        await self._transactions.run(work)
        tree.signed(tree.after(checkpoint))

    async def check(self) -> list[Fault]:
        """Reads the whole log again, against what was signed, published and kept; the first fault a partition."""
        numbers = range(self._log.partitions)
        kept = {number: await access_store.latest_said(self._database, self._log.topic, number) for number in numbers}
        keys, said = await store.seal_keys(self._database), await self._said()
        checks = {number: Check(number, said.get(number, ()), keys, kept=kept[number]) for number in numbers}
        hashes = {number: access_store.hashes(self._database, self._log.topic, number) for number in numbers}
        ends = {number: end for number, (first, end) in (await self._log.bounds()).items() if end > first}
        await self._log.seek(dict.fromkeys(ends, 0))
        heard_at = time.monotonic()
        while ends:
            await self._hold()
            lines = await self._log.more(POLL_SECONDS)
            heard_at = time.monotonic() if lines else heard_at
            if time.monotonic() - heard_at > PATIENCE_SECONDS:
                raise TimeoutError
            for line in lines:
                if line.partition not in ends:
                    continue
                checks[line.partition].hear(line.offset, line.value, await anext(hashes[line.partition], None))
                if line.offset + 1 >= ends[line.partition] or checks[line.partition].fault:
                    del ends[line.partition]
        return [fault for check in checks.values() if (fault := check.end()) is not None]

    async def _tell(self, faults: Sequence[Fault]) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        for fault in faults:
            log.critical("the access log was altered: partition %d, %s, lines %d to %d", fault.partition, fault.code,
                         fault.first_line, fault.last_line)
            event = AccessLogAltered(
                topic=self._log.topic, partition=fault.partition, fault=fault.code, checkpoint=fault.checkpoint,
                first_line=fault.first_line, last_line=fault.last_line, at=now)
            alarm = derived_id("altered", event.topic, *map(str, (
                fault.partition, fault.code, fault.checkpoint, fault.first_line, fault.last_line)))
            await self._transactions.run(_Telling(event, alarm, now))

    async def _hold(self) -> None:
        if not await self._lease.take():
            raise LeaseLost


@dataclass(frozen=True)
class _Telling:
    event: AccessLogAltered
    alarm: str
    now: datetime

    async def __call__(self, tx: Transaction) -> None:
        if await access_store.tells(tx, self.event.topic, self.event.partition, self.alarm):
            tx.say(self.event, subject=EVERYTHING, programme=EVERYTHING, at=self.now, event_id=self.alarm)


def keeper(service: Service, settings: RetentionSettings, seal: SealKey) -> AccessLog:
    """The keeper of `privacy.access.v1`."""
    lines = KafkaLog(settings, Access.TOPIC)
    rhythm = Rhythm(settings.checkpoint_records, settings.checkpoint_seconds, settings.log_check_seconds)
    return AccessLog(service.database, service.transactions, seal, lines,
                     lambda: published(settings, lines.topic), rhythm)


async def published(settings: RetentionSettings, topic: str) -> Said:
    """Every checkpoint over `topic` that is on Kafka, by partition, in its order there."""
    found: dict[int, list[CheckpointSigned]] = {}
    client = kafka.consumer(settings)
    async with kafka.started(client):
        async for record in every_record(client, CheckpointSigned.TOPIC):
            try:
                said = decode(record.value).data
            except (UnknownEvent, MalformedEvent) as error:
                log.warning("a record beside the checkpoints could not be read: %s", type(error).__name__)
                continue
            if isinstance(said, CheckpointSigned) and said.topic == topic:
                found.setdefault(said.partition, []).append(said)
    return found
