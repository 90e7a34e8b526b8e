"""Preflight on a real draw: it says what stops a step, and the step is refused for the same reason (B01, B02)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from bs4 import BeautifulSoup

from shared.contracts.intake import WorkCounted
from tests.integration.lottery.stage import OFFICERS, Campaign, Stage

NOTHING_LEFT = {"pairs": 0, "unkeyed": 0, "batches": 0, "held": 0, "unanswered": 0, "checks": 0}


async def page_of(it: Campaign, by: str | None = OFFICERS[0]) -> BeautifulSoup:
    answer = await it.stage.ask("GET", f"/lottery/{it.programme.id}/desk/preflight", by=by)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


async def verdicts(it: Campaign, step: str) -> dict[str, str]:
    """The verdict of each check before `step`."""
    checks = (await page_of(it)).select(f'[data-check^="{step}-"]')
    return {str(check["data-check"]).removeprefix(f"{step}-"): str(check["data-verdict"]) for check in checks}


async def intake_has_left(it: Campaign, **left: int | str) -> None:
    now = it.programme.window.closes
    await it.stage.say("intake", WorkCounted.model_validate(
        {"as_of": now, "window": "open", **NOTHING_LEFT, **left}), it.programme.id, it.programme.id, at=now)


async def test_b01_what_stops_a_step_on_the_page_is_refused_by_the_step_as_well(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("preflight")
    await stage.define(it.programme)
    times = it.programme.draw.timetable
    await stage.tick(it.programme, times.commit_until - timedelta(days=2))
    before = await verdicts(it, "announce")
    assert before["commitments"] == "stop" and before["rules"] == "good"
    assert (await it.step("POST", "/announcement", status=409))["code"] == "witnesses-missing"
    await it.announce()
    assert not await verdicts(it, "announce"), "what is behind is checked no more"

    await it.apply(60, random.Random(4))
    await stage.tick(it.programme, it.programme.window.closes + timedelta(hours=1))
    await intake_has_left(it, pairs=2, unkeyed=3, batches=1, held=1, unanswered=1)

    async def heard() -> bool:
        return (await verdicts(it, "freeze"))["duplicates"] == "stop"

    await stage.until(heard, "the desk knows what intake has left")
    freeze = await verdicts(it, "freeze")
    assert {freeze[check] for check in ("duplicates", "postcards", "window")} == {"stop"}
    assert freeze["held"] == freeze["alone"] == "warn" and freeze["entries"] == "good"
    page = (await page_of(it)).get_text()
    assert "まだだれも見ていないはがきが3枚あります（1束）" in page and "対象は60組です" in page
    desk = await stage.ask("GET", f"/lottery/{it.programme.id}/desk")
    assert "同じ人の申込みか、人の判断を待つ組合せが2件あります" in desk.text
    assert (await it.state())["root"] is None

    await intake_has_left(it, window="closed")
    await it.close_window()
    await stage.tick(it.programme, times.freeze_from)
    await it.reaches("frozen")
    close = await verdicts(it, "close")
    assert close == {"reveals": "stop", "close-time": "wait", "beacons": "good", "signatures": "wait"}
    await stage.tick(it.programme, times.close_from)
    assert (await it.step("POST", "/closing", status=409))["code"] == "revealed"
    for witness in it.witnesses[:3]:
        await it.step("POST", "/reveals", {"witness": witness.name, "secret": witness.secret})
    assert (await verdicts(it, "close"))["reveals"] == "warn"
    await stage.tick(it.programme, it.programme.draw.beacons[-1].at - timedelta(minutes=30))
    assert (await verdicts(it, "close"))["beacons"] == "stop"
    assert (await it.step("POST", "/closing", status=409))["code"] == "no-beacon-left"


async def test_b02_staff_see_demand_against_seats_before_the_draw_and_who_holds_them_after_it(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("desk-charts")
    await it.announce()
    assert "まだ申込みがありません" in (await page_of(it)).get_text()
    await it.apply(80, random.Random(9))
    cut = it.programme.slots[0].id
    await it.agree("/adjustments", {"slot": cut, "seats": -70, "reason": "seats-cut", "decision": "R3-9"})
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    await it.reaches("frozen")
    titles = [title.get_text() for title in (await page_of(it)).select(".chart__title")]
    assert any("第1希望の席数" in title for title in titles) and not any("当選した席数" in title for title in titles)
    await it.reveal_and_close()
    await it.throw_dice("6123415266" + "3415263415" + "24516")
    await it.reaches("drawn")
    page = await page_of(it)
    held = next(figure for figure in page.select("figure.chart") if "当選した席数" in figure.get_text())
    total = sum(int(cell.get_text().removesuffix("席")) for cell in held.select("td"))
    won = (await stage.ask("GET", f"/lottery/{it.programme.id}")).text
    assert total > 0 and "当選" in won
    assert f"当選している席は{total}席" in page.get_text()
    assert "抽選は終わりました。点検することはありません。" in page.get_text()


async def test_s21_preflight_is_an_officers_page(stage: Stage, campaign: Callable[..., Campaign]) -> None:
    it = campaign("preflight-closed")
    await stage.define(it.programme)
    await stage.tick(it.programme, it.programme.draw.timetable.commit_until - timedelta(days=2))
    path = f"/lottery/{it.programme.id}/desk/preflight"
    assert (await stage.ask("GET", path, by=None)).status_code == 303
    assert (await stage.ask("GET", path, by="attendant-1")).status_code == 403
