"""The pages of the draw: the desk's forms do what the interface does, and the public page answers (B01)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from tests.integration.lottery.stage import OFFICERS, Campaign, Stage


async def test_b01_the_desks_forms_take_steps_and_show_what_was_refused(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("by-forms")
    await stage.define(it.programme)
    await stage.tick(it.programme, it.programme.draw.timetable.commit_until - timedelta(hours=1))
    desk = f"/lottery/{it.programme.id}/desk"
    cookie = {"Cookie": f"kujibiki_lottery={stage.token(OFFICERS[0])}"}

    async def post(action: str, **fields: str) -> tuple[int, str, str]:
        named = {f"{action}.{field}": text for field, text in fields.items()}
        answer = await stage.http.post(f"{desk}/{action}", data=named, headers=cookie)
        return answer.status_code, answer.headers.get("location", ""), answer.text

    assert (await stage.http.get(desk)).status_code == 303, "who is not signed in is sent to sign in"
    foreign = await stage.http.post(f"{desk}/announcement", headers={**cookie, "Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    status, location, _ = await post("announcement")
    assert (status, location) == (303, f"{desk}?refused=1")
    page = await stage.http.get(f"{desk}?refused=1", headers=cookie)
    assert "鍵と約束の値が届いていない立会人がいます" in page.text
    status, _, text = await post("witnesses", name=it.witnesses[0].name, key="short", commitment="0" * 64)
    assert status == 422 and "short" in text, "what was typed is still there"
    for witness in it.witnesses:
        status, location, _ = await post("witnesses", name=witness.name, **witness.registration)
        assert location == f"{desk}?done=1"
    assert (await post("announcement"))[1] == f"{desk}?proposed=1"
    await two_officers_announce(stage, it, desk)
    await stage.tick(it.programme, it.programme.draw.timetable.commit_until)
    cut = {"slot": it.programme.slots[0].id, "seats": "−５", "reason": "seats-cut", "decision": "R3-1"}
    assert (await post("adjustments", **cut))[1] == f"{desk}?proposed=1", "digits and minus as people type them"
    assert (await post("nonsense"))[0] == 404


async def two_officers_announce(stage: Stage, it: Campaign, desk: str) -> None:
    """B01: whoever proposed sees that another must approve, and can't; the other sees what will be done, and does."""
    waits = (await it.step("GET", "/proposals"))["proposals"][0]
    answer = f"{desk}/proposals/{waits['proposal']}/approval"
    mine, theirs = ({"Cookie": f"kujibiki_lottery={stage.token(officer)}"} for officer in OFFICERS)
    own = (await stage.http.get(desk, headers=mine)).text
    assert "提案を取り下げる" in own and "承認して予告する" not in own
    assert (await stage.http.post(answer, headers=mine)).headers["location"] == f"{desk}?refused=1"
    page = (await stage.http.get(desk, headers=theirs)).text
    assert "承認して予告する" in page and waits["announcement"] in page and OFFICERS[0] in page
    assert (await stage.http.post(answer, headers=theirs)).headers["location"] == f"{desk}?approved=1"
    state = await it.state()
    assert (state["state"], state["announcement"]) == ("announced", waits["announcement"])
    assert (await stage.http.post(answer, headers=theirs)).headers["location"] == f"{desk}?gone=1"


async def test_b01_an_applicant_finds_their_entry_from_the_freeze_on(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("look-up")
    public = f"/lottery/{it.programme.id}"

    async def look_up(entry: str) -> tuple[int, str]:
        answer = await stage.http.post(public, data={"entry": entry})
        return answer.status_code, answer.text

    await it.announce()
    await it.apply(20, random.Random(2))
    entry = next(iter(it.entries.values()))
    assert "まだ確定していません" in (await look_up(entry))[1]
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    await it.reaches("frozen")
    assert "確定した一覧に載っています" in (await look_up(f"{entry[:16].upper()} {entry[16:]}"))[1]
    assert "一覧にありません" in (await look_up("f" * 32))[1]
    assert (await look_up("abc"))[0] == 422
    english = await stage.http.get(public, headers={"Accept-Language": "en"})
    assert "The list of entries is fixed" in english.text
    for path in ("/lottery", f"{public}/witness-guide.pdf", "/lottery/verify_draw.py", "/lottery/verify-draw.html",
                 "/lottery/kujibiki-witness.py"):
        assert (await stage.http.get(path)).status_code == 200
    missing = await stage.http.get(f"{public}/draws/{it.draw}/transcript.jsonl")
    assert missing.status_code == 404 and "まだ終わっていない" in missing.text
