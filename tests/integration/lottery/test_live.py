"""The live demand: a Faust view on a real broker, from the first offset at each start, said at most once a second."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from shared.contracts.intake import ApplicationTaken, ApplicationWithdrawn
from shared.contracts.lottery import DemandCounted
from tests.integration.lottery.stage import Campaign, Stage


async def latest(stage: Stage, programme: str) -> DemandCounted | None:
    said = [message.data for message in await stage.read(DemandCounted.TOPIC) if message.programme == programme]
    return said[-1] if said else None


async def test_b17_demand_by_slot_is_counted_live_and_again_after_a_restart(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("live-demand")
    stage.live.start()
    try:
        await it.announce()
        await it.apply(200, random.Random(11))
        gone = next(iter(it.entries))
        await stage.fact(it.programme, ApplicationWithdrawn, gone, it.programme.window.opens + timedelta(days=1))
        await stage.tick(it.programme, it.programme.window.opens + timedelta(days=2), parts=("lottery", "lottery.live"))
        taken = [message.data for message in await stage.read(ApplicationTaken.TOPIC)
                 if message.programme == it.programme.id and isinstance(message.data, ApplicationTaken)
                 and message.data.application != gone]
        counted = await latest(stage, it.programme.id)
        assert counted is not None and counted.applications == 199
        assert counted.first == dict(Counter(fact.wishes[0] for fact in taken))
        stage.live.kill()
        stage.live.start()
        await stage.fact(it.programme, ApplicationWithdrawn, taken[0].application, it.programme.window.closes)
        await stage.tick(it.programme, it.programme.window.opens + timedelta(days=3), parts=("lottery", "lottery.live"))
        again = await latest(stage, it.programme.id)
        assert again is not None and again.applications == 198
        page = await stage.http.get(f"/lottery/{it.programme.id}")
        assert "現在の希望状況" in page.text
    finally:
        stage.live.kill()
