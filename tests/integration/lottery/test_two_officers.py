"""Steps that can't be undone take two officers, by the interface (B01)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from shared.contracts.lottery import DrawStepRefused, DrawStepTaken
from tests.integration.lottery.stage import OFFICERS, Campaign, Stage
from tests.integration.lottery.test_draw import said

WHY = {"reason": "seats-cut", "decision": "R3-1"}


async def test_b01_one_officer_alone_takes_no_step_whatever_they_try(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("one-officer")
    await stage.define(it.programme)
    await stage.tick(it.programme, it.programme.draw.timetable.commit_until - timedelta(hours=1))
    for witness in it.witnesses:
        await it.step("PUT", f"/witnesses/{witness.name}", witness.registration)
    waits = await it.step("POST", "/announcement", status=202)
    answer = f"/proposals/{waits['proposal']}"
    assert waits["proposed_by"] == OFFICERS[0]
    assert await it.step("POST", "/announcement", status=202) == waits, "asked again, the same one waits"
    assert await it.step("POST", "/announcement", by=OFFICERS[1], status=202) == waits, "proposing is not approving"
    own = await it.step("POST", f"{answer}/approval", status=409)
    assert own["type"] == "/problems/step-refused" and own["code"] == "own-proposal"
    assert (await it.step("POST", f"{answer}/taking-back", by=OFFICERS[1], status=409))["code"] == "not-own-proposal"
    await it.step("POST", f"{answer}/approval", by=None, status=401)
    assert (await it.state())["state"] == "preparing"
    first = it.witnesses[0]
    await stage.tick(it.programme, it.programme.draw.timetable.commit_until)
    await it.step("PUT", f"/witnesses/{first.name}", first.registration)
    await it.step("POST", f"{answer}/approval", by=OFFICERS[1], status=404)
    again = await it.step("POST", "/announcement", status=202)
    assert again["announcement"] != waits["announcement"], "a witness registered again, so the first proposal fell"
    taken_back = await stage.ask("POST", f"{it.base}/proposals/{again['proposal']}/taking-back")
    assert taken_back.status_code == 204
    await it.step("POST", f"/proposals/{again['proposal']}/approval", by=OFFICERS[1], status=404)
    announced = await it.agree("/announcement")
    assert announced["announcement"] == again["announcement"], "exactly what was shown"
    await stage.until(lambda: said(stage, DrawStepTaken, it.programme.id), "the announcement is said")
    taken = [message.data for message in await said(stage, DrawStepTaken, it.programme.id)]
    assert [(fact.step, fact.by) for fact in taken] == [("announced", OFFICERS)]
    refused = [message.data.reason for message in await said(stage, DrawStepRefused, it.programme.id)]
    assert refused == ["own-proposal", "not-own-proposal", "proposal-fallen"]


async def test_b01_a_proposal_falls_when_the_draw_has_moved_on_or_the_rules_refuse_it(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("proposals-fall")
    await it.announce()
    await it.apply(20, random.Random(3))
    await it.close_window()
    times = it.programme.draw.timetable
    await stage.tick(it.programme, times.freeze_from)
    await it.reaches("frozen")
    entry, other = list(it.entries.values())[:2]
    why = {"reason": "ineligible", "decision": "R3-2"}
    twice = [await it.step("POST", "/strikes", {"entry": entry, **why, "decision": number}, status=202)
             for number in ("R3-2", "R3-3")]
    late = await it.step("POST", "/strikes", {"entry": other, **why}, status=202)
    assert len((await it.step("GET", "/proposals"))["proposals"]) == 3
    await it.step("POST", f"/proposals/{twice[0]['proposal']}/approval", by=OFFICERS[1])
    second = f"/proposals/{twice[1]['proposal']}/approval"
    await it.step("POST", second, by=OFFICERS[1], status=409)
    await it.step("POST", second, by=OFFICERS[1], status=404)
    await it.reveal_and_close()
    await it.step("POST", f"/proposals/{late['proposal']}/approval", by=OFFICERS[1], status=404)
    assert (await it.step("GET", "/proposals"))["proposals"] == []

    async def closed() -> bool:
        return any(message.data.step == "closed" for message in await said(stage, DrawStepTaken, it.programme.id))

    await stage.until(closed, "the closing is said")
    taken = [message.data for message in await said(stage, DrawStepTaken, it.programme.id)]
    assert {fact.by for fact in taken if fact.step in ("announced", "struck", "closed")} == {OFFICERS}
    desk = await stage.ask("GET", f"/lottery/{it.programme.id}/desk")
    assert "承認の前に抽選が先に進んだ" in desk.text
