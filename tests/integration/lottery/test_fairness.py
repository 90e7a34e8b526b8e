"""Each draw's fairness is simulated beside the service, stated once, and shown (B02); also when it is killed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from services.lottery.api.downloads import EXPECTATION
from services.lottery.domain.expectation import Scenario
from services.lottery.domain.replay import replay
from services.lottery.domain.verdict import judged
from shared.contracts.intake import ApplicationTaken
from shared.contracts.lottery import DrawStepTaken, FairnessStated
from tests.integration.lottery.stage import Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said

SLOWLY = {"KUJIBIKI_SLOW_MS": "500"}


async def test_b02_the_fairness_of_a_draw_is_stated_once_as_anyone_can_compute_it(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("fairness")
    await it.announce()
    await it.apply(250, random.Random(9))
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    await it.reaches("frozen")
    await it.reveal_and_close()
    stage.process.stop()
    await stage.start(**SLOWLY)
    await it.throw_dice(DICE)
    await it.reaches("drawn", 90)

    async def page() -> str:
        return str((await stage.http.get(f"/lottery/{it.programme.id}")).text)

    async def some_runs() -> bool:
        return "250回 / 1,000回" in await page() or "500回 / 1,000回" in await page()

    await stage.until(some_runs, "some of the simulated draws are done, and the page says how many")
    stage.kill()
    await stage.restart_after_kill()
    fact = await it.fairness()
    assert fact.model_dump() == await computed_without_a_service(stage, it), "as if it had never been killed"
    assert "順番を飛ばされた組はありません" in await page()
    assert (await stage.http.get("/lottery/expect_draw.py")).content == EXPECTATION.read_bytes()
    assert {group.kind for group in fact.groups} == {"party", "wish", "day", "channel"}
    await stage.tick(it.programme, it.programme.draw.timetable.promote_until)
    assert await it.fairness() == fact, "said once"
    steps = [message.data.step for message in await said(stage, DrawStepTaken, it.programme.id)]
    assert steps.count("drawn") == 1, "what simulates takes no step of the draw"


async def computed_without_a_service(stage: Stage, it: Campaign) -> Mapping[str, Any]:
    """From the published transcript, and from what intake said of days and channels."""
    transcript = replay((await it.transcript()).splitlines(keepends=True))
    results, seed = transcript.results, transcript.seed
    assert results is not None and seed is not None
    taken = {message.data.entry: message.data for message in await stage.read(ApplicationTaken.TOPIC)
             if message.programme == it.programme.id}
    in_order = [taken[results.entries.entry(number)] for number in range(len(results.entries))]
    scenario = Scenario.of(results, {
        "day": [it.programme.local(one.taken_at).date().isoformat() for one in in_order],
        "channel": [one.channel for one in in_order]})
    runs = [scenario.run(seed, number) for number in range(1, 1001)]
    found = judged(scenario, scenario.happened(results), runs)
    slots = [slot.slot for slot in results.rules.slots]
    plain = {
        "draw": it.draw, "result_digest": transcript.result_digest, "entries": 250, "runs": 1000, "runs_alone": 100,
        "envious": 0,
        "groups": [{**one.group._asdict(), "entries": one.group.of, "won": one.won, "expected": one.range._asdict(),
                    "as_extreme": one.as_extreme, "detectable": one.detectable} for one in found.groups],
        "left": [{"slot": slot, "left": row.left, "expected": row.range._asdict()}
                 for slot, row in zip([None, *slots], [found.left_in_all, *found.left], strict=True)],
        "alone": [{"key": one.group.key, "entries": one.group.of, "persons": one.asked, "won": one.persons,
                   "together": one.together} for one in found.alone],
    }
    return FairnessStated.model_validate(json.loads(json.dumps(plain))).model_dump()
