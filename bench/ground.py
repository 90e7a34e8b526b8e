"""The ground that intake is measured on: the infrastructure, an open programme, and its neighbours' keys."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from deploy.local.environment import service_environment, surroundings
from deploy.local.provisioning import WITHIN_AN_HOUR
from deploy.local.stack import Stack
from shared.contracts.envelope import CONTENT_TYPE, Event, encode, envelope
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked, Programme, ProgrammeDefined
from shared.contracts.topics import TOPICS
from shared.messaging import kafka
from shared.platform.settings import Settings
from shared.privacy.epochkeys import KeyFolder
from shared.privacy.keyring import KeyRing

PATIENCE_SECONDS = 120
RECIPIENTS = ("notifier", "checkin")
OPEN_AT = datetime(2021, 6, 10, tzinfo=UTC)


def programme() -> Programme:
    """The seed's programme; a tick brings its clock to `OPEN_AT`, when its window is open."""
    return Programme.model_validate(
        tomllib.loads((Path(__file__).parents[1] / "programmes/live-site-2020.toml").read_text()))


def settings_of(stack: Stack, name: str) -> Settings:
    """What the service `name` is told, as settings."""
    told = service_environment(stack.state.root, name)
    names = {key.removeprefix("KUJIBIKI_").lower(): value for key, value in told.items()}
    return Settings(**{key: value for key, value in names.items()  # type: ignore[arg-type]
                       if key in Settings.model_fields and key != "public_urls"})


async def say(stack: Stack, user: str, events: Sequence[tuple[Event, str]], about: str) -> None:
    """Says events, each with its key, as the Kafka user of a service."""
    producer = kafka.producer(settings_of(stack, user))
    await producer.start()
    for event, key in events:
        message: Any = envelope(event, source=user, subject=key, programme=about, at=datetime.now(UTC))
        await producer.send_and_wait(
            event.TOPIC, encode(message), key=key.encode(), partition=partition_of(key, event.TOPIC),
            headers=[("content-type", CONTENT_TYPE)])
    await producer.stop()


def compact_within_an_hour(stack: Stack) -> None:
    """Sets the compaction of sealed topics as deployments have it.

    The embedded broker rewrites them each second, so that an erasure can be watched: at a hundred thousand records
    that is half a core.
    """
    settings = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in WITHIN_AN_HOUR.items()]
    topics = [ConfigResource(ConfigResource.Type.TOPIC, topic.name, incremental_configs=settings)
              for topic in TOPICS if topic.personal == "sealed"]
    admin = stack.kafka_admin()
    for done in admin.incremental_alter_configs(topics).values():
        done.result()


async def prepare(stack: Stack, defined: Programme, speaking_for: Sequence[str] = RECIPIENTS) -> None:
    """Publishes the programme, and the keys of those recipients that do not run; compaction as deployments have it."""
    compact_within_an_hour(stack)
    for name in speaking_for:
        ring = KeyRing(name, KeyFolder(settings_of(stack, name).keys_dir).load())
        await say(stack, name, [(ring.publication(), name)], "-")
    await say(stack, "retention", [
        (ProgrammeDefined(digest="0" * 64, definition=defined, by="bench"), defined.id),
        (ClockTicked(number=1, at=OPEN_AT), defined.id)], defined.id)


@contextmanager
def intakes(stack: Stack, replicas: int, log: Path) -> Iterator[tuple[list[int], list[int]]]:
    """So many replicas of intake, each on a port of its own and all on the service's: process ids and own ports."""
    ports = [stack.ports.of(f"intake-{number}") for number in range(1, replicas + 1)]
    with ExitStack() as running, log.open("ab") as file:
        processes = []
        for number in range(1, replicas + 1):
            told = service_environment(stack.state.root, "intake", replica=number, beside=True)
            processes.append(running.enter_context(ended(subprocess.Popen(
                [sys.executable, "-m", "services.intake"], stdout=file, stderr=subprocess.STDOUT,
                env={**surroundings(), **told}))))
        for port in ports:
            wait_for(f"http://127.0.0.1:{port}/readyz", log)
        wait_for(f"{stack.ports.url('intake')}/readyz", log)
        yield [process.pid for process in processes], ports


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, log: Path) -> None:
    """Until `url` answers well."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer; see {log}:\n{log.read_text()[-3000:]}")


def done(work: Any) -> Any:
    """The result of a coroutine."""
    return asyncio.run(work)
