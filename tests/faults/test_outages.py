"""Faults of the parts that everything stands on; each ends with nothing lost and nothing doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.environment import service_environment, surroundings
from deploy.local.stack import Stack
from shared.contracts.envelope import new_id
from shared.messaging.transaction import OUTBOX
from shared.platform.service import Service
from tests.conftest import Make, until
from tests.integration.messaging.test_delivery import Hearer, said
from tests.stack import repaired

ROOT = Path(__file__).parents[2]


async def _say_all(intake: Service, subjects: list[str]) -> None:
    await asyncio.gather(*(intake.transactions.grouped(said(intake, subject)) for subject in subjects))


async def test_while_mongodb_is_away_consumers_wait_and_skip_nothing(services: Make, infrastructure: Stack) -> None:
    intake = await services("intake")
    hearer = Hearer()
    notifier = await services("notifier", hearer.prepare)
    subjects = [new_id() for _ in range(200)]
    with repaired(infrastructure):
        await _say_all(intake, subjects)
        infrastructure.parts["mongo"].kill()
        await asyncio.to_thread(infrastructure.parts["mongo"].wait_ready)
    await until(lambda: _all_written(notifier, subjects), 120)
    assert not [letter for letter in await notifier.letters.all() if letter["key"] in subjects]


async def test_while_kafka_is_away_events_wait_in_the_outbox(services: Make, infrastructure: Stack) -> None:
    """Requests go on: an application is accepted once it is in the store; its events follow."""
    intake = await services("intake")
    hearer = Hearer()
    notifier = await services("notifier", hearer.prepare)
    subjects = [new_id() for _ in range(50)]
    with repaired(infrastructure):
        infrastructure.parts["kafka"].pause()
        await _say_all(intake, subjects)
        assert await intake.database[OUTBOX].count_documents({"events.key": {"$in": subjects}}) > 0
        infrastructure.parts["kafka"].kill()
        await asyncio.to_thread(infrastructure.parts["kafka"].wait_ready)
    await until(lambda: _all_written(notifier, subjects), 120)
    await until(lambda: _none_left(intake, subjects))


async def _all_written(service: Service, subjects: list[str]) -> bool:
    """Whether each was handled to its commit, once: a handler that ran and was rolled back has written nothing."""
    written = [row["subject"] async for row in service.database["heard"].find({"subject": {"$in": subjects}})]
    assert len(written) == len(set(written)), "handled twice"
    return set(written) == set(subjects)


async def _none_left(service: Service, subjects: list[str]) -> bool:
    return await service.database[OUTBOX].count_documents({"events.key": {"$in": subjects}}) == 0


@contextmanager
def _replica(infrastructure: Stack) -> Iterator[subprocess.Popen[bytes]]:
    told = service_environment(infrastructure.state.root, "intake", replica=7)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.relay_process"], cwd=ROOT, env={**surroundings(), **told}
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


async def test_a_relay_that_was_paused_and_wakes_up_beside_its_successor_sends_nothing(
    services: Make, infrastructure: Stack
) -> None:
    """Its lease is over when it wakes; the successor has sent everything, in order, once."""
    hearer = Hearer()
    notifier = await services("notifier", hearer.prepare)
    writer = await services("intake", start=False)  # commits, and never sends
    subject = new_id()
    with _replica(infrastructure) as paused:
        await writer.transactions.run(said(writer, subject, 1))
        await until(lambda: hearer.of(subject) == [1])
        held = await writer.database["leases"].find_one({"_id": "relay"})
        os.kill(paused.pid, signal.SIGSTOP)
        for number in range(2, 40):
            await writer.transactions.run(said(writer, subject, number))
        await services("intake", replica=8)
        await until(lambda: len(hearer.of(subject)) >= 39)
        now = await writer.database["leases"].find_one({"_id": "relay"})
        assert held and now and held["holder"] != now["holder"]
        os.kill(paused.pid, signal.SIGCONT)
        last = new_id()
        await writer.transactions.run(said(writer, last))
        await until(lambda: hearer.of(last))
        after = await writer.database["leases"].find_one({"_id": "relay"})
    assert after and after["holder"] == now["holder"]
    assert hearer.of(subject) == list(range(1, 40))
    assert await notifier.database["heard"].count_documents({"subject": subject}) == 39
