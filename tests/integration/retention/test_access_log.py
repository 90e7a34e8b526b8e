"""The access log on real parts (S25): its growth is signed, proofs hold, alteration is found, kills change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.retention import access_store, seals, store
from services.retention.accesslog import AccessLog, Rhythm, published
from services.retention.settings import RetentionSettings
from shared.contracts.envelope import new_id
from shared.contracts.erasure import CheckpointSigned
from shared.contracts.privacy import Access, AccessOpened
from shared.messaging.rawlog import KafkaLog, Line
from shared.privacy.checkpoints import verify
from shared.privacy.merkle import consistent, includes, leaf_hash
from tests.conftest import until
from tests.integration.retention.conftest import Records

NOON = datetime(2021, 6, 1, 3, tzinfo=UTC)


def opened(subject: str) -> AccessOpened:
    return AccessOpened(actor="desk-1", actor_kind="staff", role="desk", service="intake", purpose="duplicates",
                        subject=subject, items=("name",), at=NOON)


async def lines_of(records: Records) -> dict[int, list[tuple[int, bytes | None]]]:
    """The log as it lies on Kafka now, read with retention's own rights."""
    log = KafkaLog(records.retention.settings, Access.TOPIC)
    await log.open()
    try:
        ends = {number: end for number, (_, end) in (await log.bounds()).items()}
        await log.seek(dict.fromkeys(ends, 0))
        found: dict[int, list[tuple[int, bytes | None]]] = {number: [] for number in ends}
        while any(len(found[number]) < end for number, end in ends.items()):
            for line in await log.more(0.2):
                found[line.partition].append((line.offset, line.value))
        return found
    finally:
        await log.close()


async def ask(records: Records, path: str) -> httpx.Response:
    return await records.http.get(f"/retention/api/access-log{path}", headers=await records.officer())


async def test_s25_what_was_opened_is_under_a_signed_root_and_an_auditor_can_prove_it(records: Records) -> None:
    name, _ = await records.programme()
    subjects = [new_id() for _ in range(30)]
    for part in (subjects[:10], subjects[10:]):
        await records.said_by(records.other, name, *((subject, opened(subject)) for subject in part))

        async def covered() -> bool:
            answer = (await ask(records, "/checkpoints")).json()
            newest = {one["partition"]: one["size"] for one in reversed(answer["checkpoints"])}
            return newest == {number: len(lines) for number, lines in (await lines_of(records)).items() if lines}

        await until(covered)

    said = (await ask(records, "/checkpoints")).json()
    chains: dict[int, list[CheckpointSigned]] = {}
    for one in reversed(said["checkpoints"]):
        chains.setdefault(one["partition"], []).append(CheckpointSigned.model_validate(one))
    log = await lines_of(records)
    for number, lines in log.items():
        assert verify(number, lines, chains.get(number, ()), said["keys"]) is None

    number = max(chains, key=lambda each: len(chains[each]))
    last = chains[number][-1]
    value = log[number][last.size - 1][1] or b""
    proof = (await ask(records, f"/{number}/{last.size - 1}/proof?checkpoint={last.number}")).json()
    assert proof["leaf_hash"] == leaf_hash(value).hex()
    path = [bytes.fromhex(node) for node in proof["path"]]
    assert includes(bytes.fromhex(last.root), last.size, last.size - 1, value, path)

    first = chains[number][0]
    grown = (await ask(records, f"/{number}/consistency?old={first.number}&new={last.number}")).json()
    path = [bytes.fromhex(node) for node in grown["path"]]
    assert consistent(first.size, bytes.fromhex(first.root), last.size, bytes.fromhex(last.root), path)

    assert (await ask(records, f"/{number}/{10**9}/proof")).json()["type"] == "/problems/not-covered"
    assert (await records.http.get("/retention/api/access-log/checkpoints")).status_code == 401


class PaperLog:
    """A log that the test can tamper with, as nobody can with a broker's within a test of others."""

    def __init__(self, lines: int, partitions: int = 2) -> None:
        self.topic, self.partitions = f"paper-{new_id()[:8]}", partitions
        self.lines: list[list[tuple[int, bytes | None]]] = [[] for _ in range(partitions)]
        self._at: dict[int, int] = {}
        self.write(lines)

    def write(self, lines: int) -> None:
        for log in self.lines:
            for offset in range(len(log), len(log) + lines):
                log.append((offset, f"line {offset}".encode()))

    async def open(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to let go."""

    async def bounds(self) -> dict[int, tuple[int, int]]:
        return {number: (log[0][0], log[-1][0] + 1) if log else (0, 0) for number, log in enumerate(self.lines)}

    async def seek(self, positions: Mapping[int, int]) -> None:
        self._at = dict(positions)

    async def more(self, seconds: float) -> list[Line]:
        found = []
        for number, at in self._at.items():
            new = [(offset, value) for offset, value in self.lines[number] if offset >= at][:100]
            found += [Line(number, offset, value) for offset, value in new]
            self._at[number] = new[-1][0] + 1 if new else at
        if not found:
            await asyncio.sleep(0.01)
        return found


class Keeping:
    """A keeper of a paper log beside the service's own, on the same store."""

    def __init__(self, records: Records, lines: PaperLog) -> None:
        self.lines, self._records = lines, records
        self.database = records.retention.database

    def keeper(self, check_seconds: float = 3600) -> AccessLog:
        settings = self._records.retention.settings
        assert isinstance(settings, RetentionSettings)
        return AccessLog(
            self.database, self._records.retention.transactions, seals.load_or_make(settings.keys_dir), self.lines,
            lambda: published(settings, self.lines.topic), Rhythm(50, 0.02, check_seconds))

    @asynccontextmanager
    async def kept(self, check_seconds: float = 3600) -> AsyncIterator[None]:
        task = asyncio.create_task(self.keeper(check_seconds).run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def signed(self) -> None:
        """Waits until checkpoints over all lines are on Kafka."""
        async def all_signed() -> bool:
            said = [await access_store.latest_said(self.database, self.lines.topic, number)
                    for number in range(self.lines.partitions)]
            return [one.size if one else 0 for one in said] == [len(log) for log in self.lines.lines]

        await until(all_signed)

    async def alarms(self) -> list[dict[str, Any]]:
        rows = self.database[store.ALARMS].find({"kind": "log-altered", "values.topic": self.lines.topic})
        return [row["values"] async for row in rows]


async def test_s25_the_keeper_finds_by_itself_what_was_altered(records: Records) -> None:
    keeping = Keeping(records, PaperLog(600))
    async with keeping.kept():
        await keeping.signed()
    keeping.lines.lines[0][277] = (277, b"another line")
    del keeping.lines.lines[1][511]
    async with keeping.kept(check_seconds=0.1):
        found = await until(lambda: _enough(keeping, 2))
    said = {(one["partition"], one["fault"], one["first_line"], one["last_line"]) for one in found}
    assert said == {(0, "line-changed", 277, 277), (1, "line-missing", 511, 511)}


async def test_s25_a_truncated_log_and_a_deleted_checkpoint_are_alarms(records: Records) -> None:
    keeping = Keeping(records, PaperLog(30))
    async with keeping.kept():
        await keeping.signed()
        keeping.lines.write(5)
        await keeping.signed()
    del keeping.lines.lines[0][20:]
    keeper = keeping.keeper()

    async def without_the_last() -> dict[int, list[CheckpointSigned]]:
        said = await published(records.retention.settings, keeping.lines.topic)  # type: ignore[arg-type]
        return {number: list(chain[:-1]) if number == 1 else list(chain) for number, chain in said.items()}

    keeper._said = without_the_last
    assert await keeper._lease.take()
    faults = {fault.partition: fault.code for fault in await keeper.check()}
    await keeper._lease.release()
    assert faults == {0: "truncated", 1: "checkpoint-missing"}


async def _enough(keeping: Keeping, count: int) -> list[dict[str, Any]]:
    found = await keeping.alarms()
    return found if len(found) >= count else []


async def test_s25_a_keeper_killed_at_any_step_leaves_no_gap_and_signs_nothing_twice(records: Records) -> None:
    keeping = Keeping(records, PaperLog(1, partitions=1))
    for _ in range(12):
        keeping.lines.write(120)
        task = asyncio.create_task(keeping.keeper().run())
        before = await access_store.checkpoint(keeping.database, keeping.lines.topic, 0)
        known = before.number if before else 0
        await until(lambda known=known: _beyond(keeping, known))
        while not task.done():  # as `Service.stop` does: a client may swallow a cancellation that meets its answer
            task.cancel()
            await asyncio.wait({task}, timeout=1)
        with suppress(asyncio.CancelledError):
            await task
    async with keeping.kept():
        await keeping.signed()
    said = await published(records.retention.settings, keeping.lines.topic)  # type: ignore[arg-type]
    keys = await store.seal_keys(keeping.database)
    kept = await access_store.checkpoint(keeping.database, keeping.lines.topic, 0)
    assert verify(0, keeping.lines.lines[0], said[0], keys, kept=kept) is None
    assert [one.number for one in said[0]] == list(range(1, len(said[0]) + 1))
    hashes = [one async for one in access_store.hashes(keeping.database, keeping.lines.topic, 0)]
    assert hashes == [leaf_hash(value or b"") for _, value in keeping.lines.lines[0]]


async def _beyond(keeping: Keeping, number: int) -> bool:
    latest = await access_store.checkpoint(keeping.database, keeping.lines.topic, 0)
    return latest is not None and latest.number > number


async def test_s25_a_replica_that_was_paused_cannot_sign_after_its_successor(records: Records) -> None:
    keeping = Keeping(records, PaperLog(10, partitions=1))
    database, topic = keeping.database, keeping.lines.topic
    seal = seals.load_or_make(records.retention.settings.keys_dir)
    paused, successor = await access_store.tree(database, topic, 0), await access_store.tree(database, topic, 0)
    for tree, values in ((successor, (b"a", b"b")), (paused, (b"a",))):
        for value in values:
            tree.add(value)
    signed = successor.checkpoint(NOON, seal.key_id, seal.sign)
    await records.retention.transactions.run(lambda tx: access_store.keep(tx, successor, signed, new_id()))
    late = paused.checkpoint(NOON, seal.key_id, seal.sign)
    with pytest.raises(access_store.Overtaken):
        await records.retention.transactions.run(lambda tx: access_store.keep(tx, paused, late, new_id()))
