"""B03: one applicant, one application that counts, across channels and spellings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.contracts.intake import ApplicationDecided, PartitionClosed
from shared.contracts.programme import Programme
from tests.conftest import settings_of
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.integration.intake.test_closing import closed
from tests.integration.intake.test_erasure import order
from tests.stages.programmes import programme_named

LASTING = {"person", "telephone", "email", "home"}
Rows = list[dict[str, Any]]


@asynccontextmanager
async def store(stage: Stage) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient[dict[str, Any]](settings_of(stage.stack, "intake").mongo_uri()) as client:
        yield client["intake"]


def short(address: str) -> str:
    """`新宿区西新宿2-8-1` for `東京都新宿区西新宿2丁目8番1号`."""
    return address.removeprefix("東京都").replace("丁目", "-").replace("番", "-").removesuffix("号")


async def applications(stage: Stage, programme: Programme) -> Rows:
    async with store(stage) as database:
        return await database["applications"].find({"programme": programme.id}).sort("order", 1).to_list(None)


async def test_b03_search_keys_are_hashes_that_one_persons_applications_share(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("keys"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    again = {"name": "高橋崎子", "address": short(family["address"]),
             "telephone": family["telephone"].replace("-", "")}
    await stage.move_to(programme, programme.window.closes - timedelta(days=2))
    assert (await stage.key_in(programme, "HG-31", **again)).status_code == 201
    first, second = await applications(stage, programme)
    kinds = {key.split(":")[0] for key in first["keys"]}
    assert kinds == {"person", "telephone", "email", "home", "half", "house"}
    assert set(second["keys"]) == {key for key in first["keys"] if not key.startswith("email:")}
    assert not any(typed in str(first["keys"]) for typed in (family["telephone"][-4:], "takahashi", "高橋"))
    amended = await stage.http.put(f"/intake/{programme.id}/api/mine/data", json={
        **family, "telephone": "03-3209-1111", "receipt": receipt["receipt"], "secret": receipt["secret"]})
    assert amended.status_code == 200
    first, second = await applications(stage, programme)
    assert {key.split(":")[0] for key in set(first["keys"]) & set(second["keys"])} == {"home", "house"}


async def test_b03_b09_a_rotation_makes_search_keys_anew_also_after_the_closing(stage: Stage, opened: Opened) -> None:
    programme, ended = await opened("keys-anew"), await opened("keys-later")
    family = a_family()
    await stage.apply(programme, **family)
    await stage.apply(ended, **family)
    await stage.move_to(ended, ended.draw.timetable.freeze_from)
    await closed(stage, ended)

    async def forgotten() -> bool:
        return all(key.split(":")[0] in LASTING for row in await applications(stage, ended) for key in row["keys"])

    await stage.until(forgotten, "keys for duplicates only are gone with the closing")
    before = [*await applications(stage, programme), *await applications(stage, ended)]
    await stage.rotate()
    after = [*await applications(stage, programme), *await applications(stage, ended)]
    for old, new in zip(before, after, strict=True):
        assert {key.split(":")[0] for key in old["keys"]} == {key.split(":")[0] for key in new["keys"]}
        assert not set(old["keys"]) & set(new["keys"])
    await stage.apply(programme, **family)
    first, second = await applications(stage, programme)
    assert first["keys"] == second["keys"]


def showing_companions(programme: Programme) -> Programme:
    items = (item.model_copy(update={"purposes": (*item.purposes, "duplicates")}) if item.item == "companions" else item
             for item in programme.data_items)
    policy = programme.duplicates.model_copy(update={"companions": "show"})
    return programme.model_copy(update={"data_items": tuple(items), "duplicates": policy})


async def overview(stage: Stage, programme: Programme) -> dict[str, Any]:
    answer = await stage.http.get(f"/intake/{programme.id}/api/duplicates", headers=stage.headers("desk-1"))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def waits(stage: Stage, programme: Programme, number: int) -> list[dict[str, Any]]:
    """Asks for the closing, and waits until it waits for so many judgements."""
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    await stage.close_by_two(programme)

    async def found() -> list[dict[str, Any]] | None:
        now = await overview(stage, programme)
        return now["pairs"] if not now["finding"] and len(now["pairs"]) == number else None

    return list(await stage.until(found, f"{number} pairs wait"))


async def judge(stage: Stage, programme: Programme, pair: str, judgement: str, **more: str) -> httpx.Response:
    path = f"/intake/{programme.id}/api/duplicates/{pair}"
    return await stage.post(path, {"judgement": judgement, **more}, by="desk-1")


async def decided(stage: Stage, programme: Programme) -> list[ApplicationDecided]:
    async def ended() -> bool:
        window = await stage.http.get(f"/intake/{programme.id}/api/window")
        return bool(window.json()["state"] == "closed")

    await stage.until(ended, "the window is closed")

    async def numbered() -> list[Any] | None:
        partitions = [one.data for one in await stage.said(programme, "intake.windows.v1")
                      if isinstance(one.data, PartitionClosed)]
        facts = [one.data for one in await stage.facts(programme)]
        return facts if len(partitions) == 6 and sum(one.facts for one in partitions) == len(facts) else None

    facts = await stage.until(numbered, "every numbered fact is said")
    return [fact for fact in facts if isinstance(fact, ApplicationDecided)]


async def test_b03_a_stranger_voids_nothing_and_the_closing_waits_for_a_person(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("stranger"), a_family()
    own = (await stage.apply(programme, **family)).json()
    stranger = (await stage.apply(programme, **{**family, "email": "stranger@mail.example"})).json()
    assert set(own) == set(stranger)
    (pair,) = await waits(stage, programme, 1)
    assert set(pair["receipts"]) == {own["receipt"], stranger["receipt"]}
    assert {"name-same", "telephone-same", "email-other"} <= set(pair["reasons"])
    page = await stage.http.get(f"/intake/{programme.id}/window", headers=stage.headers("officer-1"))
    assert "あと1組の確認を待っています" in page.text and f'href="/intake/{programme.id}/duplicates"' in page.text
    before = [(await stage.mine(programme, one)).json()["state"] for one in (own, stranger)]
    assert (await judge(stage, programme, pair["pair"], "different")).status_code == 200
    assert await decided(stage, programme) == []
    assert [(await stage.mine(programme, one)).json()["state"] for one in (own, stranger)] == before
    assert (await judge(stage, programme, pair["pair"], "undo")).status_code == 409


async def test_b03_what_a_person_judged_is_said_with_who_judged_and_reaches_one_contact(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("judged"), a_family()
    first = (await stage.apply(programme, **family)).json()
    second = (await stage.apply(programme, **{**family, "email": "work@mail.example", "name": "高橋崎子"})).json()
    (pair,) = await waits(stage, programme, 1)
    assert (await judge(stage, programme, pair["pair"], "ask", question="who")).status_code == 200
    assert [one["state"] for one in (await overview(stage, programme))["pairs"]] == ["ask"]
    assert (await judge(stage, programme, pair["pair"], "same")).status_code == 200
    (fact,) = await decided(stage, programme)
    rows = {row["receipt"]: row["_id"] for row in await applications(stage, programme)}
    assert (fact.application, fact.told_with) == (rows[second["receipt"]], rows[first["receipt"]])
    assert (fact.reason, fact.decided_by) == ("duplicate", "desk-1")
    assert (await stage.mine(programme, second)).json()["state"] == "受付済み・抽選待ち"


async def test_b03_pairs_are_found_while_the_window_is_open_and_every_judgement_can_be_undone(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("undone"), a_family()
    for seats in (1, 2, 1):
        await stage.apply(programme, **{**family, "seats": seats})
    path = f"/intake/{programme.id}/duplicates"
    assert (await stage.http.post(path, headers=stage.headers("desk-1"))).status_code == 303
    async with store(stage) as database:
        async def found() -> list[dict[str, Any]]:
            return await database["pairs"].find({"programme": programme.id, "state": "same"}).to_list(None)

        async def all_found() -> list[dict[str, Any]] | None:
            pairs = await found()
            return pairs if len(pairs) == 3 else None

        one, *_ = await stage.until(all_found, "three certain pairs")
        assert family["telephone"] not in str(one) and "崎" not in str(one) and "takahashi" not in str(one)
    undone = await stage.http.post(f"{path}/{one['_id']}", data={"judgement": "undo"}, headers=stage.headers("desk-1"))
    assert undone.status_code == 303
    page = await stage.http.get(undone.headers["location"], headers=stage.headers("desk-1"))
    assert "判断を取り消しました" in page.text and f"{path}/{one['_id']}" in page.text
    # By the two others the three are one applicant: to say that these are not is at odds with that.
    refused = await judge(stage, programme, one["_id"], "different")
    assert refused.status_code == 409 and refused.json()["type"].endswith("contradiction")
    assert [row["counted"] for row in await applications(stage, programme)] == [True] * 3
    (pair,) = await waits(stage, programme, 1)
    assert pair["pair"] == one["_id"]
    assert (await judge(stage, programme, pair["pair"], "same")).status_code == 200
    assert len(await decided(stage, programme)) == 2


async def test_b03_two_views_side_by_side_are_an_access_that_both_applicants_see(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("side-by-side"), a_family()
    web = (await stage.apply(programme, **family)).json()
    await stage.move_to(programme, programme.window.closes - timedelta(days=2))
    await stage.key_in(programme, "HG-32", **{"name": "高橋 崎子", "telephone": family["telephone"], "age": 35,
                                             "address": "新宿区下落合1-9-3"})
    (pair,) = await waits(stage, programme, 1)
    path = f"/intake/{programme.id}/duplicates/{pair['pair']}"
    assert (await stage.http.get(path, headers=stage.headers("attendant-1"))).status_code == 403
    page = await stage.http.get(path, headers=stage.headers("desk-1"))
    assert page.status_code == 200
    for shown in ("髙橋　﨑子", "高橋 崎子", "異体字", "違う住所", "年齢が1歳違い", "はがき", "先に届いた1件だけ"):
        assert shown in page.text

    async def seen() -> bool:
        accesses = (await stage.mine(programme, web)).json()["accesses"]
        return any(one["purpose"] == "duplicates" and one["role"] == "desk" for one in accesses)

    await stage.until(seen, "the applicant sees that the desk looked")
    wrong = await stage.http.post(path, data={"judgement": "ask"}, headers=stage.headers("desk-1"))
    assert wrong.status_code == 422 and "電話で確かめることを選んでください" in wrong.text
    done = await stage.http.post(path, data={"judgement": "different"}, headers=stage.headers("desk-1"))
    assert done.status_code == 303
    assert await decided(stage, programme) == []
    closed_list = await stage.http.get(f"/intake/{programme.id}/duplicates", headers=stage.headers("desk-1"))
    assert "受付は締め切られました" in closed_list.text


async def test_b03_b10_a_pair_goes_with_its_application_and_the_closing_goes_on(stage: Stage, opened: Opened) -> None:
    programme = await opened("pair-gone")
    for family in (a_family(), a_family()):
        await stage.apply(programme, **family)
        await stage.apply(programme, **{**family, "email": f"other.{family['email']}"})
    pairs = await waits(stage, programme, 2)
    rows = {row["receipt"]: row["_id"] for row in await applications(stage, programme)}
    await order(stage, programme, rows[pairs[0]["receipts"][0]], "request")
    async with store(stage) as database:
        assert await database["pairs"].count_documents({"_id": pairs[0]["pair"]}) == 0
    assert len((await overview(stage, programme))["pairs"]) == 1
    await order(stage, programme, rows[pairs[1]["receipts"][1]], "request")
    assert await decided(stage, programme) == []


async def test_b03_a_split_family_is_shown_where_the_programme_wants_it(stage: Stage, opened: Opened) -> None:
    programme = showing_companions(programme_named("split"))
    await stage.define(programme)
    await stage.move_to(programme, programme.window.opens + timedelta(hours=1))
    mother = a_family()
    await stage.apply(programme, **{**mother, "companions": ["髙橋 太郎", "髙橋 はな"]})
    await stage.apply(programme, **{**a_family(), "name": "髙橋 太郎", "age": 36, "address": short(mother["address"]),
                                    "companions": ["髙橋 﨑子", "髙橋 はな"]})
    (pair,) = await waits(stage, programme, 1)
    assert pair["about"] == "party"
    assert (await judge(stage, programme, pair["pair"], "same")).status_code == 200
    (fact,) = await decided(stage, programme)
    assert fact.reason == "split-party"
