"""M9: a replay of intake's applications into an empty store, held to a bare read of the topic + `insert_many`.

`python -m bench.replay [EVENTS]` starts an infrastructure of its own, fills the topic, and prints events a second of
both ways, the least, the median and the most of three turns each, turn about. The bare way reads the same records
without decoding them and inserts the very documents that the replay ends with, already made, into the same MongoDB.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

from cli.replay.reading import consumer
from cli.replay.running import Asked, Watch, replay
from deploy.local.environment import service_environment
from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from deploy.local.state import State
from shared.contracts.envelope import encode, envelope, new_id
from shared.contracts.intake import ApplicationTaken
from shared.contracts.partitions import partition_of
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.platform.mongo import Document, connect
from shared.platform.settings import Settings

FIRST_BASE = 24_300
EVENTS, TURNS, CHUNK = 100_000, 3, 5000
NAME = "intake.applications.v1"
AT = datetime(2021, 6, 10, tzinfo=UTC)
SILENT = Watch(lambda _: None, lambda _: None)


def taken(number: int) -> ApplicationTaken:
    """An application like any other."""
    return ApplicationTaken(
        application=new_id(), number=number, entry=new_id(), receipt=new_id()[:16], channel="web", contact="mail",
        language="ja", seats=2, wishes=("2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm"), taken_at=AT)


async def fill(settings: Settings, count: int) -> None:
    """Puts `count` applications on the topic."""
    producer = kafka.producer(settings)
    await producer.start()
    waiting: list[asyncio.Future[Any]] = []
    for number in range(1, count + 1):
        event = taken(number)
        message = envelope(event, source="intake", subject=event.application, programme="bench", at=AT)
        waiting.append(await producer.send(
            NAME, encode(message), key=event.application.encode(), partition=partition_of(event.application, NAME)))
        if len(waiting) == CHUNK:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    await producer.stop()


async def replayed(state: State, *, keep: bool) -> float:
    """Events a second of the command's own way, its start and the emptying of the scratch store left out of nothing."""
    own = state.user("auditor")
    asked = Asked(state, ("intake",), None, (own / "scratch-uri").read_text(), None, keep=keep)
    report = await replay(asked, SILENT)
    return report.read.events / report.seconds


async def documents(state: State) -> list[Document]:
    """What the replay made of them."""
    client, database = connect((state.user("auditor") / "scratch-uri").read_text(), "replay_intake")
    rows = await database["applications"].find().to_list(None)
    client.close()
    return rows


async def bare(state: State, made: list[Document]) -> float:
    """Events a second of a read and an insert, and nothing else."""
    client, database = connect((state.user("auditor") / "scratch-uri").read_text(), "replay_intake")
    reader = consumer(state)
    await reader.start()
    await database.drop_collection("applications")
    began = time.monotonic()
    partitions = [TopicPartition(NAME, number) for number in range(TOPIC[NAME].partitions)]
    reader.assign(partitions)
    await reader.seek_to_beginning(*partitions)
    read, todo = 0, iter(made)
    while read < len(made):
        records = await reader.getmany(timeout_ms=500, max_records=CHUNK)
        fresh = sum(map(len, records.values()))
        if fresh:
            await database["applications"].insert_many(list(islice(todo, fresh)), ordered=False)
        read += fresh
    took = time.monotonic() - began
    await reader.stop()
    client.close()
    return read / took


async def measure(stack: Stack, count: int) -> tuple[list[float], list[float]]:
    """Both ways, turn about."""
    await fill(_settings(stack), count)
    await replayed(stack.state, keep=True)
    made, ours, theirs = await documents(stack.state), [], []
    assert len(made) == count
    for _ in range(TURNS):
        theirs.append(await bare(stack.state, made))
        ours.append(await replayed(stack.state, keep=False))
    return ours, theirs


def _settings(stack: Stack) -> Settings:
    told = service_environment(stack.state.root, "intake")
    names = {key.removeprefix("KUJIBIKI_").lower(): value for key, value in told.items()}
    return Settings(**{key: value for key, value in names.items()  # type: ignore[arg-type]
                       if key in Settings.model_fields and key != "public_urls"})


def main() -> None:
    """Measures and prints."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with (
        tempfile.TemporaryDirectory(prefix="kujibiki-bench-") as folder,
        running(Stack(Path(folder), free_base(FIRST_BASE), services=False, outside=Outside())) as stack,
    ):
        ours, theirs = asyncio.run(measure(stack, count))
    for name, found in (("replay", ours), ("bare read + insert_many", theirs)):
        print(f"{name}: {min(found):,.0f} / {statistics.median(found):,.0f} / {max(found):,.0f} events a second")
    share = statistics.median(ours) / statistics.median(theirs)
    print(f"replay reaches {share:.0%} of bare (at least 40 % wanted); {count:,} events, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
