"""Lottery is killed in the middle of the freeze and of the publication: the end state is that of an undisturbed run."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

from pymongo import AsyncMongoClient

from services.lottery.domain.transcript import Transcript
from services.lottery.handlers.freezing import entry_line
from shared.contracts.intake import ApplicationTaken
from shared.contracts.lottery import DrawStepTaken, ResultDrawn
from tests.conftest import settings_of
from tests.integration.lottery.stage import Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said, verified

SLOWLY = {"KUJIBIKI_CHUNK": "20", "KUJIBIKI_SLOW_MS": "200"}


async def killed_in_the_middle(stage: Stage, it: Campaign, when: Callable, what: str, middle: str) -> None:
    await stage.until(when, what)
    stage.kill()
    async with AsyncMongoClient(settings_of(stage.stack, "lottery").mongo_uri()) as client:
        draw = await client["lottery"]["draws"].find_one({"_id": f"{it.programme.id}/{it.draw}"})
    assert draw["stage"] == middle, "it was killed in the middle"
    await stage.restart_after_kill()


async def test_s06_killed_while_freezing_and_while_publishing_it_ends_as_if_undisturbed(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    it = campaign("killed")
    database = AsyncMongoClient(settings_of(stage.stack, "lottery").mongo_uri())["lottery"]
    key = f"{it.programme.id}/{it.draw}"
    await it.announce()
    await it.apply(300, random.Random(3))
    await it.close_window()
    stage.process.stop()
    await stage.start(**SLOWLY)
    await stage.say_tick(it.programme, it.programme.draw.timetable.freeze_from)

    async def some_chunks() -> bool:
        return await database["lines"].count_documents({"draw": key, "phase": 3}) >= 4

    await killed_in_the_middle(stage, it, some_chunks, "some entries are frozen", "freezing")
    frozen = await it.reaches("frozen", 90)
    await it.reveal_and_close()
    stage.process.stop()
    await stage.start(**SLOWLY)
    await it.throw_dice(DICE)

    async def some_results() -> bool:
        return len(await said(stage, ResultDrawn, it.programme.id)) >= 60

    await killed_in_the_middle(stage, it, some_results, "some results are published", "drawing")
    drawn = await it.reaches("drawn", 90)

    undisturbed = await computed_without_a_service(stage, it, await it.transcript())
    assert frozen["root"] == undisturbed.freeze_record.root  # type: ignore[union-attr]
    assert drawn["result_digest"] == undisturbed.result_digest
    verified(await it.transcript(), tmp_path)
    results = {message.id: message.data for message in await said(stage, ResultDrawn, it.programme.id)}
    assert sorted(result.entry for result in results.values()) == sorted(it.entries.values())
    steps = {message.id: message.data.step for message in await said(stage, DrawStepTaken, it.programme.id)}
    assert sorted(steps.values()).count("frozen") == 1 and sorted(steps.values()).count("drawn") == 1
    taken = {message.data.application: message.traceparent for message in await stage.read(ApplicationTaken.TOPIC)
             if message.programme == it.programme.id}
    told = {message.data.application: message.traceparent
            for message in await said(stage, ResultDrawn, it.programme.id)}
    assert told == taken, "B13: each result goes on in its application's own trace"


async def computed_without_a_service(stage: Stage, it: Campaign, lines: bytes) -> Transcript:
    """The same draw by the pure rules, from what intake said and the witnesses and dice gave."""
    records = [json.loads(line) for line in lines.splitlines()]
    by_type = {record["type"]: record for record in records}
    transcript = Transcript(records[0], [record for record in records if record["type"] == "commitment"])
    entries = [json.loads(entry_line(message.data.model_dump() | {"wishes": list(message.data.wishes)}))
               for message in await stage.read(ApplicationTaken.TOPIC) if message.programme == it.programme.id]
    transcript.freeze(entries, by_type["freeze"]["at"])
    for record in records:
        if record["type"] == "reveal":
            transcript.reveal(record["witness"], record["secret"], record["at"])
    transcript.propose_closing(by_type["closed"]["at"])
    transcript.close(by_type["closed"])
    transcript.take_beacon(by_type["beacon"])
    transcript.draw()
    return transcript
