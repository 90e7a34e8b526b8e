"""Dry runs of a real draw: a fact with sums and nothing else, until a witness signs the closing (B01, B02)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pymongo import AsyncMongoClient

from services.lottery.store import COLLECTIONS
from shared.contracts.lottery import DrawRehearsed, DrawStepRefused
from tests.conftest import settings_of
from tests.integration.lottery.stage import OFFICERS, Campaign, Stage

OURS = [one.name for one in COLLECTIONS]


async def kept(stage: Stage, it: Campaign) -> dict[str, list[Any]]:
    """All of the draw's and the programme's rows in lottery's store, but for the revision that each turn renews."""
    mine = {"$in": [it.programme.id, f"{it.programme.id}/{it.draw}"]}
    query = {"$or": [{"programme": mine}, {"draw": mine}, {"_id": mine}]}
    async with AsyncMongoClient[dict[str, Any]](settings_of(stage.stack, "lottery").mongo_uri()) as client:
        return {name: await client["lottery"][name].find(query, {"revision": 0}).sort("_id", 1).to_list()
                for name in OURS}


async def rehearse(it: Campaign, status: int = 200, **body: Any) -> Any:
    return await it.step("POST", "/rehearsals", body, status=status)


async def test_b01_a_dry_run_leaves_one_fact_with_sums_and_nothing_in_the_store(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("rehearsed")
    await it.announce()
    await it.step("POST", "/rehearsals", {"over": "entries"}, status=409)
    await it.apply(120, random.Random(6))

    async def all_heard() -> bool:
        desk = await stage.ask("GET", f"/lottery/{it.programme.id}/desk/rehearsals")
        return "いま対象の120組" in desk.text

    await stage.until(all_heard, "all applications are heard")
    before = await kept(stage, it)
    told = await rehearse(it, over="entries")
    assert told["entries"] == 120 and told["is_a_draw"] is False and told["protocol"] == "kujibiki-dry-run/1"
    again = await rehearse(it, over="entries")
    assert again["seed_digest"] != told["seed_digest"] and again["rehearsal"] != told["rehearsal"]
    await rehearse(it, over="invented", count=300)
    assert await kept(stage, it) == before

    async def all_said() -> list[Any] | None:
        said = [one.data for one in await stage.said(it.programme, "lottery.draws.v1")
                if isinstance(one.data, DrawRehearsed)]
        return said if len(said) == 3 else None

    said = await stage.until(all_said, "each dry run is a fact")
    assert [one.entries for one in said] == [120, 120, 300] and {one.by for one in said} == {(OFFICERS[0],)}
    assert not await stage.said(it.programme, "lottery.results.v1")
    assert not any(entry in one.model_dump_json() for one in said for entry in it.entries.values())
    listed = (await it.step("GET", "/rehearsals"))["rehearsals"]
    assert [one["rehearsal"] for one in listed] == [one.rehearsal for one in reversed(said)]

    desk = f"/lottery/{it.programme.id}/desk/rehearsals"
    page = await stage.ask("GET", desk)
    assert page.text.count("試行・抽選ではありません") >= 5
    assert not any(entry in page.text for entry in it.entries.values())
    cookie = {"Cookie": f"kujibiki_lottery={stage.token(OFFICERS[0])}"}
    wrong = await stage.http.post(desk, data={"over": "invented", "count": "たくさん"}, headers=cookie)
    assert wrong.status_code == 422 and "たくさん" in wrong.text
    by_form = await stage.http.post(desk, data={"over": "invented", "count": "５０"}, headers=cookie)
    assert (by_form.status_code, by_form.headers["location"]) == (303, f"{desk}?draw={it.draw}")
    shown = await stage.ask("GET", desk)
    assert "50組" in shown.text
    file = await stage.ask("GET", f"{it.base}/rehearsals/{told['rehearsal']}.jsonl")
    assert file.status_code == 200 and b"kujibiki-draw/1" not in file.content
    for path in (f"{it.base}/rehearsals", desk):
        assert (await stage.ask("POST", path, {"over": "entries"}, by="attendant-1")).status_code == 403
        assert (await stage.ask("GET", path, by="attendant-1")).status_code == 403


async def test_b01_no_dry_run_from_the_first_signature_on_the_closing_on(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("rehearsed-late")
    await it.announce()
    await it.apply(30, random.Random(8))
    await it.close_window()
    times = it.programme.draw.timetable
    await stage.tick(it.programme, times.freeze_from)
    await it.reaches("frozen")
    assert (await rehearse(it, over="entries"))["entries"] == 30
    await stage.tick(it.programme, times.close_from + timedelta(minutes=5))
    for witness in it.witnesses:
        await it.step("POST", "/reveals", {"witness": witness.name, "secret": witness.secret})
    record = (await it.step("POST", "/closing"))["record"]
    before = await rehearse(it, over="entries")
    await it.step("POST", "/closing/signatures", it.witnesses[0].signature(record), by=None)
    assert (await rehearse(it, 409, over="entries"))["code"] == "rehearsal-closed"
    for witness in it.witnesses[1:3]:
        await it.step("POST", "/closing/signatures", witness.signature(record), by=None)
    await it.agree("/closing/confirmation")
    assert (await rehearse(it, 409, over="entries"))["code"] == "rehearsal-closed"
    assert (await rehearse(it, 409, over="invented", count=10))["code"] == "rehearsal-closed"

    async def recorded() -> bool:
        said = [one.data for one in await stage.said(it.programme, "lottery.draws.v1")]
        return [one.reason for one in said if isinstance(one, DrawStepRefused)].count("rehearsal-closed") == 3

    await stage.until(recorded, "whoever tried it then is on record")
    await it.throw_dice("6123415266" + "3415263415" + "24516")
    await it.reaches("drawn")
    page = await stage.ask("GET", f"/lottery/{it.programme.id}/desk/rehearsals")
    assert "本番の種は、2回の試行のどの種とも違います" in page.text and before["seed_digest"] in page.text


async def test_b01_a_large_dry_run_holds_nobody_up(stage: Stage, campaign: Callable[..., Campaign]) -> None:
    it = campaign("rehearsed-large")
    await it.announce()
    running = asyncio.create_task(rehearse(it, over="invented", count=60_000))
    answered = 0
    while not running.done():
        assert (await stage.http.get(f"/lottery/{it.programme.id}")).status_code == 200
        answered += 1
    assert (await running)["entries"] == 60_000
    assert answered >= 5, "pages were answered while it was computed"
