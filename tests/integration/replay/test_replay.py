"""B12, B09: stores rebuilt from the topics beside the living ones, before and after an erasure; differences show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from cli.replay.report import Report
from cli.replay.running import Asked, Watch, replay
from deploy.local.stack import Stack
from shared.contracts.envelope import new_id
from shared.contracts.erasure import ErasureOrdered
from shared.contracts.intake import ApplicationTaken
from shared.contracts.programme import Programme
from tests.integration.intake.stage import Stage as IntakeStage
from tests.integration.intake.stage import a_family
from tests.integration.intake.test_enquiry import act, confirm, said_of
from tests.integration.lottery.stage import Campaign
from tests.integration.lottery.stage import Stage as LotteryStage
from tests.integration.lottery.test_second_draw import (
    announce_again,
    frozen_first,
    frozen_when_all_are_told,
    second_of,
)
from tests.stages.programmes import programme_named

SILENT = Watch(lambda _: None, lambda _: None)


@pytest.fixture(scope="module")
async def intake(infrastructure: Stack) -> AsyncIterator[IntakeStage]:
    async with IntakeStage.running(infrastructure) as stage:
        yield stage


def address(stack: Stack, name: str) -> str:
    return (stack.state.user("auditor") / name).read_text().strip()


async def replayed(stack: Stack, programme: Programme, *services: str, keep: bool = False) -> Report:
    asked = Asked(stack.state, services, programme.id, address(stack, "scratch-uri"), address(stack, "mongo-uri"), keep)
    return await replay(asked, SILENT)


def alike(report: Report) -> dict[str, tuple[int, int, int]]:
    """Rows (rebuilt, living, equal) of each collection that is compared, without other tests' erased subjects."""
    return {
        f"{service.service}.{one.name}": (one.rows.rebuilt, one.rows.living, one.rows.equal)
        for service in report.services for one in service.collections if one.rows and one.name != "erased"
    }


def examples(report: Report) -> list[str]:
    return [example for service in report.services for one in service.collections if one.rows
            for example in one.rows.examples] + [fault for service in report.services for fault in service.faults]


async def erased(stage: IntakeStage, programme: Programme, subjects: Sequence[str]) -> None:
    """Retention orders it, and intake has carried it out."""
    order = new_id()
    await stage.say("retention", ErasureOrdered(
        order=order, batch=new_id(), kind="application", why="schedule", subjects=tuple(subjects)),
        order, programme.id, datetime.now(UTC))

    async def gone() -> bool:
        with MongoClient[dict[str, Any]](address(stage.stack, "mongo-uri")) as client:
            left = client.intake.applications.count_documents({"_id": {"$in": list(subjects)}})
            return not left and client.intake.erased.count_documents({"_id": {"$in": list(subjects)}}) == len(subjects)

    await stage.until(gone, "the order is carried out")


async def test_b12_b09_intake_is_rebuilt_before_and_after_an_erasure(
    infrastructure: Stack, intake: IntakeStage
) -> None:
    programme = programme_named("replay-intake")
    await intake.define(programme)
    await intake.move_to(programme, programme.window.opens + timedelta(hours=1))
    families = [a_family() for _ in range(4)]
    receipts = [(await intake.apply(programme, **family)).json() for family in families]
    mine = {"receipt": receipts[0]["receipt"], "secret": receipts[0]["secret"]}
    assert (await intake.post(f"/intake/{programme.id}/api/withdrawals", mine)).status_code == 200
    keys = {"receipt": receipts[1]["receipt"], "secret": receipts[1]["secret"]}
    changed = await intake.http.put(f"/intake/{programme.id}/api/mine/data", json={**families[1], **keys, "seats": 1})
    assert changed.status_code == 200, changed.text
    enquiry = await confirm(intake, programme, said_of(families[2]))
    await act(intake, programme, enquiry, "lettered")
    await intake.move_to(programme, programme.window.opens + timedelta(hours=2))

    before = await replayed(infrastructure, programme, "intake")
    assert alike(before)["intake.applications"] == alike(before)["intake.personal"] == (4, 4, 4)
    assert before.equal, examples(before)

    facts = [one.data for one in await intake.read("intake.applications.v1") if one.programme == programme.id]
    subjects = [fact.application for fact in facts if isinstance(fact, ApplicationTaken)][:3]
    await erased(intake, programme, subjects)
    after = await replayed(infrastructure, programme, "intake", keep=True)
    assert after.equal, examples(after)
    assert alike(after)["intake.applications"] == alike(after)["intake.personal"] == (1, 1, 1)
    assert after.orders >= 1 and not _in_scratch(infrastructure, subjects)
    assert _figures(before) == _figures(after)


def _figures(report: Report) -> dict[str, dict[str, Any]]:
    return {f"{one.service} {one.name}": one.rebuilt for one in report.figures if one.about != "held"}


def _in_scratch(stack: Stack, subjects: Sequence[str]) -> list[str]:
    """Collections of the kept scratch store where a subject's row is."""
    with MongoClient[dict[str, Any]](address(stack, "scratch-uri")) as client:
        store = client.replay_intake
        names = set(store.list_collection_names()) - {"erased"}
        assert {"applications", "personal", "windows"} <= names
        return [name for name in names if store[name].find_one(
            {"$or": [{"_id": {"$in": list(subjects)}}, {"application": {"$in": list(subjects)}}]})]


async def test_b12_whoever_changed_a_living_store_is_found_out(infrastructure: Stack, intake: IntakeStage) -> None:
    programme = programme_named("replay-changed")
    await intake.define(programme)
    await intake.move_to(programme, programme.window.opens + timedelta(hours=1))
    assert (await intake.apply(programme)).status_code == 201
    await intake.move_to(programme, programme.window.opens + timedelta(hours=2))
    with MongoClient[dict[str, Any]]((infrastructure.state.user("intake") / "mongo-uri").read_text()) as client:
        client.intake.applications.update_one({"programme": programme.id}, {"$set": {"wishes": ["another"]}})
    report = await replayed(infrastructure, programme, "intake")
    assert not report.equal
    assert [example.partition(": ")[2] for example in examples(report)] == ["wishes"]


async def test_b12_a_draw_is_drawn_again_from_the_topics_alone(infrastructure: Stack) -> None:
    async with LotteryStage.running(infrastructure) as stage:
        campaign = Campaign(stage, programme_named("replay-lottery"))
        await campaign.announce()
        await campaign.apply(60, Random(5))
        await campaign.close_window()
        await stage.tick(campaign.programme, campaign.programme.draw.timetable.freeze_from + timedelta(minutes=1))
        await campaign.reaches("frozen")
        await campaign.reveal_and_close()
        await campaign.throw_dice("6123415266" + "3415263415" + "24516")
        drawn = await campaign.reaches("drawn")
        await stage.tick(campaign.programme, campaign.programme.draw.beacons[0].at + timedelta(hours=1))
        await campaign.fairness()
        report = await replayed(infrastructure, campaign.programme, "lottery")
    assert report.equal, examples(report)
    assert alike(report)["lottery.results"] == (60, 60, 60)
    assert alike(report)["lottery.fairness"] == (1, 1, 1)
    figures = {one.name: one.rebuilt for one in report.figures}
    assert drawn["result_digest"] in figures["digests"].values()
    assert {name.rpartition(" ")[2] for name in figures["transcript, by phase"]} >= {"entries", "seed", "results"}


async def test_b12_two_draws_are_drawn_again_and_the_second_names_the_first(infrastructure: Stack) -> None:
    async with LotteryStage.running(infrastructure) as stage:
        first = Campaign(stage, programme_named("replay-second"))
        await frozen_first(stage, first, 40)
        again = Campaign(stage, second_of(first.programme, timedelta(days=3)), first.entries)
        await stage.tick(first.programme, again.programme.draw.timetable.commit_until - timedelta(hours=1))
        announced = await announce_again(stage, again)
        await frozen_when_all_are_told(stage, again, first.entries.keys())
        await again.reveal_and_close()
        await again.throw_dice("6123415266" + "3415263415" + "24516")
        await again.reaches("drawn")
        await stage.tick(again.programme, again.programme.draw.beacons[0].at + timedelta(hours=1))
        await again.fairness()
        report = await replayed(infrastructure, again.programme, "lottery")
    assert report.equal, examples(report)
    assert alike(report)["lottery.draws"] == (2, 2, 2) and alike(report)["lottery.results"] == (40, 40, 40)
    digests = {one.name: one.rebuilt for one in report.figures}["digests"]
    assert announced["announcement"] in digests.values()


def test_b12_the_scratch_user_sees_no_living_store(infrastructure: Stack) -> None:
    with MongoClient[dict[str, Any]](address(infrastructure, "scratch-uri")) as client:
        client.replay_intake.probe.insert_one({})
        client.replay_intake.drop_collection("probe")
        for act in (client.intake.applications.find_one, lambda: client.intake.probe.insert_one({})):
            with pytest.raises(OperationFailure):
                act()


def test_the_scratch_address_is_for_its_owner_only(infrastructure: Stack) -> None:
    path: Path = infrastructure.state.user("auditor") / "scratch-uri"
    assert path.stat().st_mode & 0o077 == 0
