"""B03: the window is closed, duplicates are decided, and lottery can know that it heard everything."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx

from shared.contracts.intake import (
    ApplicationDecided,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
    PartitionClosed,
    WorkCounted,
)
from shared.contracts.partitions import partition_of
from shared.contracts.programme import Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family


async def closed(stage: Stage, programme: Programme) -> list[PartitionClosed]:
    """Closes the window and returns what was said about it."""
    await stage.close_by_two(programme)

    async def said() -> Any:
        events = [
            one.data for one in await stage.said(programme, "intake.windows.v1")
            if isinstance(one.data, PartitionClosed)
        ]
        return events if len(events) == 6 else None

    events: list[PartitionClosed] = await stage.until(said, "all partitions are closed")
    return events


async def test_closing_early_is_impossible(stage: Stage, opened: Opened) -> None:
    programme = await opened("early-close")
    await stage.move_to(programme, programme.window.closes)
    refused = await stage.closing(programme)
    assert refused.status_code == 409 and refused.json()["at"] == "2021-06-18T15:00:00Z"
    assert (await stage.closing(programme, by="desk-1")).status_code == 403


async def test_s01_one_officer_alone_cannot_close_whatever_they_try(stage: Stage, opened: Opened) -> None:
    programme = await opened("two-close")
    await stage.apply(programme)
    await stage.move_to(programme, programme.draw.timetable.freeze_from)

    async def refused(step: str, by: str) -> str:
        answer = await stage.closing(programme, step, by)
        assert answer.status_code == 409, answer.text
        return str(answer.json()["type"]).rsplit("/", 1)[-1]

    async def page(by: str) -> str:
        return (await stage.http.get(f"/intake/{programme.id}/window", headers=stage.headers(by))).text

    assert await refused("/confirmation", "officer-1") == "closing-not-asked"
    asked = (await stage.closing(programme)).json()
    assert (asked["state"], asked["asked_by"]) == ("asked", "officer-1")
    assert (await stage.closing(programme, by="officer-2")).json() == asked
    assert await refused("/confirmation", "officer-1") == "closing-same-person"
    assert await refused("/taking-back", "officer-2") == "closing-not-own"
    assert "依頼を取り下げる" in await page("officer-1") and "確認して締め切る" not in await page("officer-1")
    assert "確認して締め切る" in await page("officer-2") and "依頼を取り下げる" not in await page("officer-2")
    assert (await stage.closing(programme, "/taking-back")).status_code == 204
    assert await refused("/confirmation", "officer-2") == "closing-not-asked"

    assert (await stage.closing(programme)).status_code == 202
    await stage.move_to(programme, programme.draw.timetable.freeze_from + timedelta(days=1))
    assert await refused("/confirmation", "officer-2") == "closing-not-asked"
    assert "なくなりました（依頼した人：officer-1）" in await page("officer-2")
    assert (await stage.http.get(f"/intake/{programme.id}/api/window")).json()["state"] == "ended"

    assert (await stage.closing(programme, by="officer-2")).json()["asked_by"] == "officer-2"
    assert (await stage.key_in(programme, "HG-9")).status_code == 201, "a request alone keeps nothing out"
    assert (await stage.closing(programme, "/confirmation")).status_code == 202

    async def said() -> list[Any] | None:
        events = [one.data for one in await stage.said(programme, "intake.windows.v1")
                  if isinstance(one.data, PartitionClosed)]
        return events if len(events) == 6 else None

    events = await stage.until(said, "all partitions are closed")
    assert {one.closed_by for one in events} == {("officer-2", "officer-1")}
    assert await refused("", "officer-1") == await refused("/confirmation", "officer-1") == "closed"
    assert await refused("/taking-back", "officer-2") == "closing-not-asked"


async def test_s01_the_page_says_what_is_left_leads_there_and_closes_by_two(stage: Stage, opened: Opened) -> None:
    programme = await opened("window-page")
    await stage.apply(programme)
    path = f"/intake/{programme.id}/window"

    async def page(by: str = "officer-1") -> str:
        answer = await stage.http.get(path, headers=stage.headers(by))
        assert answer.status_code == 200
        return str(answer.text)

    async def press(step: str, by: str) -> httpx.Response:
        return await stage.http.post(path, data={"step": step}, headers=stage.headers(by))

    assert "受付中です" in await page() and "まだ締切りを依頼できません" in await page()
    assert (await stage.http.get(path, headers=stage.headers("desk-1"))).status_code == 403
    early = await press("asked", "officer-1")
    assert early.status_code == 409 and "まだ締め切れません" in early.text

    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    await stage.batch(programme, 1)
    seen = await page()
    assert "入力も保留もしていないはがきが1枚" in seen and 'value="asked"' not in seen
    for link in ("desk/batches", "desk/held", "desk/checks", "duplicates"):
        assert f'href="/intake/{programme.id}/{link}"' in seen
        behind = await stage.http.get(f"/intake/{programme.id}/{link}", headers=stage.headers("officer-1"))
        assert behind.status_code == 200, f"an officer sees the list behind the figure: {link}"
    await stage.desk(programme, "/held", {"batch": "HG001", "reason": "unreadable"})
    assert 'value="asked"' in await page()

    # Between the request and the confirmation a batch comes in: the desk goes first.
    assert (await press("asked", "officer-1")).headers["location"] == f"{path}?done=asked"
    await stage.batch(programme, 1)
    assert 'value="confirmed"' not in await page("officer-2")
    assert (await press("confirmed", "officer-2")).status_code == 409
    await stage.desk(programme, "/held", {"batch": "HG002", "reason": "unreadable"})
    assert (await press("everything", "officer-2")).status_code == 422
    assert (await press("confirmed", "officer-2")).status_code == 303

    async def closed_page() -> str | None:
        now = await page()
        return now if "抽選の対象は確定しています" in now else None

    now = await stage.until(closed_page, "the page says that it is closed")
    assert "officer-1" in now and "officer-2" in now and "まだ凍結されていません" in now
    assert f"/lottery/{programme.id}" in now


async def test_b03_closing_counts_every_fact_and_the_first_of_duplicates(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("closing")
    family, card = a_family(), {}
    first = (await stage.apply(programme, **family)).json()
    twice = await stage.apply(programme, **{**family, "name": "髙橋 﨑子", "seats": 1})
    assert set(twice.json()) == set(first)
    others = [(await stage.apply(programme)).json() for _ in range(5)]
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    card = {"name": family["name"], "telephone": family["telephone"].replace("-", "ー"), "address": family["address"]}
    assert (await stage.key_in(programme, "HG-1", **card)).json()["counted"] is True
    mine = {"receipt": others[0]["receipt"], "secret": others[0]["secret"]}
    assert (await stage.post(f"/intake/{programme.id}/api/withdrawals", mine)).status_code == 200

    partitions = await closed(stage, programme)
    facts = [one.data for one in await stage.facts(programme)]
    numbers: dict[int, list[int]] = {}
    for fact in facts:
        numbers.setdefault(partition_of(fact.application, fact.TOPIC), []).append(fact.number)
    for partition in partitions:
        assert sorted(numbers.get(partition.partition, [])) == list(range(1, partition.facts + 1))
    assert len({one.partition for one in partitions}) == 6
    by_receipt = {fact.receipt: fact.application for fact in facts if isinstance(fact, ApplicationTaken)}
    decided = [fact for fact in facts if isinstance(fact, ApplicationDecided)]
    assert {fact.reason for fact in decided} == {"duplicate"} and len(decided) == 2
    assert {fact.told_with for fact in decided} == {by_receipt[first["receipt"]]}
    assert sum(isinstance(fact, ApplicationWithdrawn) for fact in facts) == 1

    # The duplicate's own receipt says nothing of another application.
    assert (await stage.mine(programme, twice.json())).json()["state"] == "受付済み・抽選待ち"
    window = await stage.http.get(f"/intake/{programme.id}/api/window")
    assert window.json() == {"state": "closed", "applications": 8}


async def test_after_the_closing_nothing_comes_in_and_a_withdrawal_has_no_number(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("after-close")
    receipt = (await stage.apply(programme)).json()
    await stage.move_to(programme, programme.draw.timetable.freeze_from + timedelta(minutes=1))
    partitions = await closed(stage, programme)
    assert sum(one.facts for one in partitions) == 1
    refused = await stage.key_in(programme, "HG-2")
    assert refused.status_code == 409 and refused.json()["type"].endswith("closed")
    mine = {"receipt": receipt["receipt"], "secret": receipt["secret"]}
    for _ in range(2):
        assert (await stage.post(f"/intake/{programme.id}/api/withdrawals", mine)).json()[
            "state"
        ] == "取下げ"

    async def late() -> list[Any]:
        facts = await stage.facts(programme)
        return [one.data for one in facts if isinstance(one.data, ApplicationWithdrawnLate)]

    (fact,) = await stage.until(late, "the late withdrawal")
    assert fact.entry == receipt["entry"]


async def test_s02_b03_what_is_left_is_said_as_counts_when_it_changed(stage: Stage, opened: Opened) -> None:
    """The draw desk's preflight lives on it: no card, no application and nobody's data in it."""
    programme = await opened("open-work")

    async def counts() -> list[WorkCounted]:
        return [one.data for one in await stage.said(programme, "intake.windows.v1")
                if isinstance(one.data, WorkCounted)]

    async def last(**wanted: Any) -> bool:
        said = await counts()
        return bool(said) and {name: getattr(said[-1], name) for name in wanted} == wanted

    await stage.until(lambda: last(window="open", unkeyed=0, held=0, pairs=0), "the empty desk is counted")
    await stage.move_to(programme, programme.window.closes)
    await stage.batch(programme, 2)
    await stage.until(lambda: last(unkeyed=2, batches=1), "two cards wait")
    await stage.desk(programme, "/held", {"batch": "HG001", "reason": "unreadable"})
    await stage.until(lambda: last(unkeyed=1, batches=1, held=1, unanswered=1), "one of them is held")
    assert (await stage.key_in(programme, "HG001-002", batch="HG001")).status_code == 201
    await stage.until(lambda: last(unkeyed=0, batches=0, held=1), "the other one is keyed in")
    said = [one.model_dump(exclude={"as_of"}) for one in await counts()]
    assert all(earlier != later for earlier, later in pairwise(said)), "nothing is said twice"
