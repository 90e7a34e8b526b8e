"""Slots, days, venues and the event cancelled before and after the draw: as a whole, by two, and checkable (B17)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.contracts.lottery import ResultChanged, ResultDrawn, SlotsCancelled
from tests.integration.lottery.stage import OFFICERS, Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said, verified

WHY = {"reason": "day-cancelled", "decision": "R3-71"}


async def test_b17_a_cancellation_empties_its_slots_in_one_turn_before_and_after_the_draw(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    it = campaign("cancelling")
    await it.announce()
    first_day = it.programme.first_day.isoformat()
    gone = [slot.id for slot in it.programme.slots if slot.day == it.programme.first_day]
    by_day = {"scope": "day", "value": first_day, **WHY}
    early = await it.step("POST", "/cancellations", by_day, status=409)
    assert early["code"] == "before-commit-until"
    await it.apply(300, random.Random(17))
    waits = await it.step("POST", "/cancellations", by_day, status=202)
    assert waits["concerned"]["slots"] == len(gone) and not waits["concerned"]["drawn"]
    assert not await said(stage, SlotsCancelled, it.programme.id), "one officer alone cancels nothing"
    await it.step("POST", f"/proposals/{waits['proposal']}/approval", by=OFFICERS[1])
    for code, path, body in (
        ("cancelled-already", "/cancellations", {"scope": "slot", "value": gone[0], **WHY}),
        ("scope", "/cancellations", {"scope": "venue", "value": "tower", **WHY}),
        ("reason", "/cancellations", {"scope": "event", "reason": "weather", "decision": "R3-72"}),
        ("slot-cancelled", "/adjustments", {"slot": gone[0], "seats": 5, "reason": "seats-added", "decision": "R3-73"}),
    ):
        assert (await it.step("POST", path, body, status=409))["code"] == code
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    assert (await it.reaches("frozen"))["counts"]["entries"] == 300, "who wished only that day stays in the draw"
    await it.reveal_and_close()
    assert (await it.step("POST", "/cancellations", {"scope": "event", **WHY}, status=409))["code"] == "cancel-later"
    await it.throw_dice(DICE)
    await it.reaches("drawn")
    results = [message.data for message in await said(stage, ResultDrawn, it.programme.id)]
    assert not any(set(result.won) & set(gone) for result in results), "nobody wins what is cancelled"

    await stage.tick(it.programme, it.programme.draw.beacons[0].at + timedelta(days=1))
    await the_page_says_whom_it_concerns_before_two_agree(stage, it, results)
    await stage.tick(it.programme, it.programme.draw.beacons[0].at + timedelta(days=2))
    changes = [message.data for message in await said(stage, ResultChanged, it.programme.id)]
    venue = {slot.id for slot in it.programme.slots if slot.venue == "sumitomo"}
    revoked = {(change.entry, change.slot) for change in changes if change.kind == "revoked"}
    assert revoked == {(result.entry, slot) for result in results for slot in result.won if slot in venue}
    assert not any(set(change.holds) & (venue | set(gone)) for change in changes), "nobody moves up into it either"
    transcript = await it.transcript()
    assert "TRUE" in verified(transcript, tmp_path)
    records = [json.loads(line) for line in transcript.splitlines()]
    assert [record["slot"] for record in records if record["type"] == "adjusted"] == gone
    facts = [message.data for message in await said(stage, SlotsCancelled, it.programme.id)]
    assert [(fact.scope, set(fact.slots)) for fact in facts] == [("day", set(gone)), ("venue", venue - set(gone))]
    assert all(fact.by == OFFICERS and fact.decision == "R3-71" for fact in facts)


async def the_page_says_whom_it_concerns_before_two_agree(
    stage: Stage, it: Campaign, results: list[ResultDrawn]
) -> None:
    """Figures for whoever proposes and whoever approves; where something is lacking, what was typed is still there."""
    base = f"/lottery/{it.programme.id}"
    held = sum(any("sumitomo" in slot for slot in result.won) for result in results)

    async def post(path: str, form: dict[str, str], by: str) -> Any:
        return await stage.http.post(f"{base}{path}", data=form,
                                     headers={"Cookie": f"kujibiki_lottery={stage.token(by)}"})

    typed = {"what": "venue/sumitomo", **WHY}
    lacking = await post("/cancellation", {**typed, "decision": ""}, OFFICERS[0])
    assert lacking.status_code == 422 and "決定の番号を" in lacking.text
    assert 'value="venue/sumitomo" selected' in lacking.text, "what was chosen is still chosen"
    shown = await post("/cancellation", typed, OFFICERS[0])
    assert "会場：新宿住友ビル" in shown.text
    assert shown.text.count(f"<dd>{held}組</dd>") == 2, "all who hold a seat, and with one win each nothing else"
    form = {f"cancellations.{name}": text for name, text in {"scope": "venue", "value": "sumitomo", **WHY}.items()}
    assert (await post("/desk/cancellations", form, OFFICERS[0])).headers["location"] == f"{base}/desk?proposed=1"
    desk = await stage.ask("GET", f"{base}/desk", by=OFFICERS[1])
    assert f"<dd>{held}組</dd>" in desk.text and "承認して中止する" in desk.text
    proposal = (await it.step("GET", "/proposals"))["proposals"][0]["proposal"]
    await it.step("POST", f"/proposals/{proposal}/approval", by=OFFICERS[1])
