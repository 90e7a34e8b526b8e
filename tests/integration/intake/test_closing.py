"""B03: the window is closed, duplicates are decided, and lottery can know that it heard everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.contracts.intake import (
    ApplicationDecided,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
    PartitionClosed,
)
from shared.contracts.partitions import partition_of
from shared.contracts.programme import Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family


async def closed(stage: Stage, programme: Programme) -> list[PartitionClosed]:
    """Closes the window and returns what was said about it."""
    answer = await stage.post(f"/intake/{programme.id}/api/window/closing", None, by="officer-1")
    assert answer.status_code == 202, answer.text

    async def said() -> Any:
        events = [
            one.data for one in await stage.read("intake.windows.v1") if one.programme == programme.id
        ]
        return events if len(events) == 6 else None

    events: list[PartitionClosed] = await stage.until(said, "all partitions are closed")
    return events


async def test_closing_early_is_impossible(stage: Stage, opened: Opened) -> None:
    programme = await opened("early-close")
    await stage.move_to(programme, programme.window.closes)
    refused = await stage.post(f"/intake/{programme.id}/api/window/closing", None, by="officer-1")
    assert refused.status_code == 409 and refused.json()["at"] == "2021-06-18T15:00:00Z"
    assert (
        await stage.post(f"/intake/{programme.id}/api/window/closing", None, by="desk-1")
    ).status_code == 403


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
