"""A second draw: refused while the first goes on; named by what it replaces; the first one stays as it was (B01)."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Set
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.contracts.intake import ApplicationWithdrawnLate
from shared.contracts.lottery import DrawStepRefused, DrawStepTaken, ResultDrawn
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import CeremonyBeacon, PreviousDraw
from tests.integration.lottery.stage import OFFICERS, Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said, verified
from tests.unit.lottery.javascript import node

MISSED = {"reason": "rules-wrong", "decision": "R3-77"}


def second_of(first: Programme, after: timedelta, **changed: Any) -> Programme:
    """The next version of a programme: the same event, drawn again so much later."""
    times, draw = first.draw.timetable, first.draw
    later = times.model_copy(update={
        "commit_until": times.close_from + after, "freeze_from": times.close_from + after + timedelta(hours=2),
        "close_from": times.close_from + after + timedelta(hours=4),
    })
    beacon = CeremonyBeacon(kind="ceremony", name="dice", round=9, digits=25, at=later.close_from + timedelta(hours=6))
    return first.model_copy(update={"version": first.version + 1, "draw": draw.model_copy(update={
        "id": f"{draw.id}-again", "timetable": later, "beacons": (beacon,),
        "previous": PreviousDraw(draw=draw.id, **MISSED), **changed})})


def both_verify(transcript: bytes, folder: Path) -> dict[str, Any]:
    """Both verifiers find it true; its rules."""
    assert "TRUE" in verified(transcript, folder)
    done = node(folder / "transcript.jsonl")
    assert done.returncode == 0, done.stdout
    rules: dict[str, Any] = json.loads(transcript.splitlines()[0])
    return rules


async def announce_again(stage: Stage, it: Campaign) -> Any:
    """The second draw is published, the witnesses register, two officers announce it."""
    await stage.define(it.programme)
    await stage.tick(it.programme, it.programme.draw.timetable.commit_until - timedelta(minutes=5))
    for witness in it.witnesses:
        await it.step("PUT", f"/witnesses/{witness.name}", witness.registration)
    return await it.agree("/announcement")


async def frozen_when_all_are_told(stage: Stage, it: Campaign, applications: Set[str]) -> Any:
    """The second draw freezes when its notice was commissioned for everybody in it, and not before."""
    times, (last, *others) = it.programme.draw.timetable, sorted(applications)
    await stage.tell_of_second_draw(it.programme, others, times.commit_until)
    await stage.say_tick(it.programme, times.freeze_from)

    async def waits_for_one() -> bool:
        page = (await stage.ask("GET", f"/lottery/{it.programme.id}/desk?draw={it.draw}")).text
        return "お知らせの手配を待っています（残り1件）" in page

    await stage.until(waits_for_one, "the freeze waits for the last notice")
    assert (await it.state())["root"] is None
    await stage.tell_of_second_draw(it.programme, [last], times.freeze_from)
    return await it.reaches("frozen")


async def frozen_first(stage: Stage, it: Campaign, count: int = 60) -> None:
    await it.announce()
    await it.apply(count, random.Random(21))
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    await it.reaches("frozen")


async def test_b01_where_every_beacon_was_missed_a_second_draw_goes_through(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    first = campaign("missed")
    await frozen_first(stage, first)
    out, gone = list(first.entries)[:2]
    await first.agree("/strikes", {"entry": first.entries[out], "reason": "ineligible", "decision": "R3-5"})
    again = Campaign(stage, second_of(first.programme, timedelta(days=3)), first.entries)
    await stage.define(again.programme)
    await stage.tick(first.programme, first.programme.draw.timetable.freeze_from + timedelta(hours=1))
    for witness in again.witnesses:
        await again.step("PUT", f"/witnesses/{witness.name}", witness.registration)
    early = await again.step("POST", "/announcement", status=409)
    assert early["code"] == "first-not-over"
    assert (await first.state())["state"] == "frozen", "the first goes on as if nothing had been published"
    page = (await stage.ask("GET", f"/lottery/{first.programme.id}/desk")).text
    assert "まだ始められません" in page
    announced = await announce_again(stage, again)
    lines = (await stage.http.get(f"/lottery/{first.programme.id}/draws/{first.draw}/transcript.jsonl")).content
    assert announced["previous"] == {
        "draw": first.draw, "digest": hashlib.sha256(lines).hexdigest(), **MISSED}
    assert (await first.step("POST", "/closing", status=409))["code"] == "replaced"
    await stage.say("intake", ApplicationWithdrawnLate(application=gone, entry=first.entries[gone]), gone,
                    again.programme.id, again.programme.draw.timetable.commit_until)
    frozen = await frozen_when_all_are_told(stage, again, first.entries.keys() - {gone})
    assert frozen["root"] == (await first.state())["root"], "the same entries under the same root"
    await again.reveal_and_close()
    await again.throw_dice(DICE)
    drawn = await again.reaches("drawn")
    assert drawn["counts"]["struck"] == 2, "the strike is carried over, and who withdrew since is out"
    rules = both_verify(await again.transcript(), tmp_path)
    assert rules["previous"] == announced["previous"]
    assert (await stage.http.get(f"/lottery/{first.programme.id}/draws/{first.draw}/transcript.jsonl")).content == lines
    await the_facts_and_pages_tell_both(stage, first, again)


async def test_b01_nobody_signs_or_confirms_a_closing_whose_beacon_has_fallen(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    """Whoever did would know the result. Unsigned it is proposed anew; once signed, a second draw may follow."""
    it = campaign("stale")
    (first, later), times = it.programme.draw.beacons, it.programme.draw.timetable
    await frozen_first(stage, it, count=10)
    await it.step("POST", "/reveals", {"witness": it.witnesses[0].name, "secret": it.witnesses[0].secret})

    async def proposed(at: datetime) -> Any:
        await stage.tick(it.programme, at)
        return (await it.step("POST", "/closing"))["record"]

    record = await proposed(times.close_from)
    await stage.tick(it.programme, first.at)
    late = await it.step("POST", "/closing/signatures", it.witnesses[0].signature(record), by=None, status=409)
    assert late["code"] == "closing-stale"
    record = await proposed(first.at)
    for witness in it.witnesses[:3]:
        await it.step("POST", "/closing/signatures", witness.signature(record), by=None)
    page = f"/lottery/{it.programme.id}/desk"
    assert "第2抽選が必要です" not in (await stage.ask("GET", page)).text
    await stage.tick(it.programme, later.at)
    assert (await it.step("POST", "/closing/confirmation", status=409))["code"] == "closing-stale"
    assert (await it.state())["state"] == "closing"
    assert "第2抽選が必要です" in (await stage.ask("GET", page)).text


async def the_facts_and_pages_tell_both(stage: Stage, first: Campaign, again: Campaign) -> None:
    """Facts name what is replaced; the public page shows the second with its reason and leads to the first."""
    name = first.programme.id
    taken = [message.data for message in await said(stage, DrawStepTaken, name)]
    announced = [fact for fact in taken if fact.step == "announced"]
    assert [(fact.draw, fact.replaces, fact.by) for fact in announced] == [
        (first.draw, None, OFFICERS), (again.draw, first.draw, OFFICERS)]
    results = [message.data for message in await said(stage, ResultDrawn, name)]
    assert {(fact.draw, fact.replaces) for fact in results} == {(again.draw, first.draw)}
    page = (await stage.http.get(f"/lottery/{name}")).text
    assert "抽選の規則の誤り" in page and "R3-77" in page and f"/lottery/{name}/draws/{first.draw}" in page
    before = (await stage.http.get(f"/lottery/{name}/draws/{first.draw}")).text
    assert "次の抽選に置き換えられました" in before
    assert (await stage.http.get(f"/lottery/{name}/draws/unknown")).status_code == 404


async def test_b01_after_a_drawn_one_whose_rules_were_wrong_a_second_draw_replaces_it(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    first = campaign("rules-wrong")
    await frozen_first(stage, first)
    await first.reveal_and_close()
    await first.throw_dice(DICE)
    await first.reaches("drawn")
    winner = next(message.data for message in await said(stage, ResultDrawn, first.programme.id) if message.data.won)
    again = Campaign(stage, second_of(first.programme, timedelta(days=3), max_wins=2), first.entries)
    await stage.tick(first.programme, again.programme.draw.timetable.commit_until - timedelta(minutes=5))
    await first.agree("/changes", {"kind": "disqualified", "entry": winner.entry, "slot": None,
                                   "reason": "pass-misused", "decision": "R3-8"})
    announced = await announce_again(stage, again)
    transcript = await first.transcript()
    both_verify(transcript, tmp_path)
    digest = hashlib.sha256(transcript[: transcript.rindex(b'{"digest"')]).hexdigest()
    assert announced["previous"]["digest"] == digest, "the open day was settled, and all of it is named"
    assert (await first.step("POST", "/changes", {
        "kind": "seats", "slot": first.programme.slots[0].id, "seats": 1, "reason": "seats-added", "decision": "R3-9",
    }, status=409))["code"] == "replaced"
    await frozen_when_all_are_told(stage, again, first.entries.keys())
    await again.reveal_and_close()
    await again.throw_dice(DICE[::-1])
    drawn = await again.reaches("drawn")
    assert drawn["counts"]["struck"] == 1
    rules = both_verify(await again.transcript(), tmp_path)
    assert (rules["max_wins"], rules["previous"]["draw"]) == (2, first.draw)
    assert await first.transcript() == transcript, "the first transcript stays public for good"
    results = [message.data for message in await said(stage, ResultDrawn, first.programme.id)
               if message.data.draw == again.draw]
    assert next(result for result in results if result.entry == winner.entry).outcome == "struck"

    async def said_so() -> bool:
        refused = [message.data.reason for message in await said(stage, DrawStepRefused, first.programme.id)]
        return "replaced" in refused

    await stage.until(said_so, "the refusal is a fact")
