"""Two programmes freeze and draw at the same time in one lottery, under one name of their draws: neither hears of the
other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from shared.contracts.lottery import DrawStepTaken, ResultDrawn
from tests.conftest import settings_of
from tests.integration.lottery.stage import Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said, verified

CHUNK, APPLICATIONS = 50, 150
SLOWLY = {"KUJIBIKI_CHUNK": str(CHUNK), "KUJIBIKI_SLOW_MS": "700"}
"""So a job takes longer than its turn."""


async def test_s06_b01_two_programmes_freeze_and_draw_at_once_and_neither_disturbs_the_other(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    pair = [campaign(name, id="the-same-draw") for name in ("twin-one", "twin-two")]
    for number, it in enumerate(pair):
        await it.announce()
        await it.apply(APPLICATIONS, random.Random(number))
        await it.close_window()
    stage.process.stop()
    await stage.start(**SLOWLY)
    for it in pair:
        await stage.say_tick(it.programme, it.programme.draw.timetable.freeze_from)
    await under_way_together(stage, pair, "freeze")
    roots = [(await it.reaches("frozen"))["root"] for it in pair]
    await asyncio.gather(*(it.reveal_and_close() for it in pair))
    await asyncio.gather(*(it.throw_dice(DICE) for it in pair))
    await under_way_together(stage, pair, "draw")
    drawn = [await it.reaches("drawn") for it in pair]
    stage.process.stop()
    await stage.start()

    assert roots[0] != roots[1] and drawn[0]["seed"] != drawn[1]["seed"]
    for it, state, root in zip(pair, drawn, roots, strict=True):
        folder = tmp_path / it.programme.id
        folder.mkdir()
        verified(await it.transcript(), folder, "--root", root, "--announcement", state["announcement"],
                 "--closed", state["closing_digest"])
        results = [message.data for message in await said(stage, ResultDrawn, it.programme.id)]
        assert {result.application: result.entry for result in results} == it.entries
        assert len(results) == APPLICATIONS and {result.result_digest for result in results} == {state["result_digest"]}
        steps = [message.data.step for message in await said(stage, DrawStepTaken, it.programme.id)]
        assert steps == ["announced", "frozen", *["revealed"] * 4, "closing-proposed", "closed", "beacon", "drawn"]


async def under_way_together(stage: Stage, pair: list[Campaign], job: str) -> None:
    """Both jobs have done some of their steps and neither has done all: they take turns."""
    ids = [f"{it.programme.id}/{it.draw}/{job}" for it in pair]
    async with AsyncMongoClient[dict[str, Any]](settings_of(stage.stack, "lottery").mongo_uri()) as client:
        begun = {"_id": {"$in": ids}, "state": "due", "steps": {"$gte": 1}}

        async def both() -> bool:
            return await client["lottery"]["jobs"].count_documents(begun) == len(ids)

        await stage.until(both, f"both {job} jobs are under way")
