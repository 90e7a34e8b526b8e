"""A whole draw on real Kafka and MongoDB, from announcement to a transcript that the verifier accepts (S06, B01)."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from services.lottery.api.downloads import VERIFIER
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
)
from shared.contracts.lottery import DrawStepRefused, DrawStepTaken, ResultChanged, ResultDrawn
from tests.integration.lottery.stage import Campaign, Stage

DICE = "6123415266" + "3415263415" + "24516"


def verified(transcript: bytes, folder: Path, *arguments: str) -> str:
    """What the stand-alone verifier says; it must say that the transcript is true."""
    path = folder / "transcript.jsonl"
    path.write_bytes(transcript)
    done = subprocess.run([sys.executable, str(VERIFIER), str(path), *arguments], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def said(stage: Stage, kind: type, programme: str) -> list:
    return [message for message in await stage.read(kind.TOPIC)
            if message.programme == programme and isinstance(message.data, kind)]


async def test_s06_b01_a_draw_goes_from_its_announcement_to_a_transcript_that_verifies(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    it = campaign("whole-draw")
    announced = await it.announce()
    assert announced["state"] == "announced"
    await it.apply(400, random.Random(7))
    window, applications = it.programme.window, list(it.entries)
    await stage.fact(it.programme, ApplicationWithdrawn, applications[0], window.opens + timedelta(hours=2))
    await stage.fact(it.programme, ApplicationDecided, applications[1], window.closes, counted=False,
                     reason="duplicate")
    await stage.fact(it.programme, ApplicationDecided, applications[2], window.closes, counted=True, reason="counted")
    amended = [slot.id for slot in it.programme.slots[:2]]
    await stage.fact(it.programme, ApplicationAmended, applications[3], window.closes, contact="mail", seats=2,
                     wishes=tuple(amended))
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    frozen = await it.reaches("frozen")
    assert frozen["counts"]["entries"] == 398
    late = applications[4]
    await stage.say("intake", ApplicationWithdrawnLate(application=late, entry=it.entries[late]), late,
                    it.programme.id, it.programme.draw.timetable.freeze_from + timedelta(hours=1))
    await it.reveal_and_close()
    await it.throw_dice(DICE)
    drawn = await it.reaches("drawn")
    assert sum(drawn["counts"][outcome] for outcome in ("won", "waiting", "lost", "struck")) == 398
    assert drawn["counts"]["struck"] == 1

    transcript = await it.transcript()
    report = verified(transcript, tmp_path, "--announcement", announced["announcement"],
                      "--closed", drawn["closing_digest"])
    assert "TRUE" in report
    results = await said(stage, ResultDrawn, it.programme.id)
    assert {message.data.entry for message in results} == set(it.entries.values()) - {
        it.entries[applications[0]], it.entries[applications[1]]}
    assert {message.data.result_digest for message in results} == {drawn["result_digest"]}
    await anybody_sees_how_an_entry_was_treated(stage, it, results)
    steps = [message.data.step for message in await said(stage, DrawStepTaken, it.programme.id)]
    assert steps == ["announced", "frozen", "struck", *["revealed"] * 4, "closing-proposed", "closed", "beacon",
                     "drawn"]

    await changes_are_settled_when_their_day_is_over(stage, it, tmp_path)


async def anybody_sees_how_an_entry_was_treated(stage: Stage, it: Campaign, results: list) -> None:
    """B01: all is public, so a number is enough; and it is in no address."""
    one = results[0].data
    page = (await stage.http.post(f"/lottery/{it.programme.id}", data={"entry": one.entry})).text
    assert f"398組のうち{one.place}番目" in page and "<h3>順番が来たときの空席</h3>" in page
    proof = await stage.http.post(
        f"/lottery/{it.programme.id}/draws/{it.draw}/proof.json", data={"entry": one.entry})
    assert proof.status_code == 200 and proof.json()["result"]["line"]["place"] == one.place


async def changes_are_settled_when_their_day_is_over(stage: Stage, it: Campaign, tmp_path: Path) -> None:
    """B02: a late withdrawal is a change at once; who moves up follows at the end of the day."""
    winners = [message.data for message in await said(stage, ResultDrawn, it.programme.id) if message.data.won]
    day = it.programme.draw.beacons[0].at + timedelta(days=1)
    await stage.tick(it.programme, day)
    gone, cut = winners[0], winners[1]
    await stage.say("intake", ApplicationWithdrawnLate(application=gone.application, entry=gone.entry),
                    gone.application, it.programme.id, day)
    seats = it.programme.slot_by_id[cut.won[0]].seats
    await it.agree("/changes", {"kind": "seats", "slot": cut.won[0], "seats": -seats, "reason": "slot-cancelled",
                                "decision": "R3-7"})

    async def told() -> bool:
        return any(message.data.kind == "withdrawn" for message in await said(stage, ResultChanged, it.programme.id))

    await stage.until(told, "the withdrawal is said")
    verified(await it.transcript(), tmp_path)
    await stage.tick(it.programme, day + timedelta(days=1))
    changed = await said(stage, ResultChanged, it.programme.id)
    revoked = [message.data for message in changed if message.data.kind == "revoked"]
    assert cut.entry in {change.entry for change in revoked}
    assert all(cut.won[0] not in change.holds for change in revoked)
    transcript = await it.transcript()
    assert transcript.count(b'"type":"revoked"') == len(revoked)
    page = (await stage.http.get(f"/lottery/{it.programme.id}")).text
    assert "その時間枠の中止（決定R3-7）" in page and f"−{seats}席" in page
    verified(transcript, tmp_path)


async def test_b01_steps_out_of_order_late_or_wrong_are_refused_recorded_and_shown(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("refusals")
    await stage.define(it.programme)
    times = it.programme.draw.timetable
    codes: set[str] = set()

    async def refused(code: str, method: str, path: str, body: object = None, by: str | None = "officer-1") -> None:
        answer = await it.step(method, path, body, by=by, status=409)
        assert answer["code"] == code, answer
        codes.add(code)

    await stage.tick(it.programme, times.commit_until - timedelta(hours=1))
    first, *others = it.witnesses
    opened = {"witness": first.name, "secret": first.secret}
    await refused("witnesses-missing", "POST", "/announcement")
    await refused("witness", "PUT", "/witnesses/stranger", first.registration)
    await it.step("PUT", f"/witnesses/{first.name}", {"key": "xyz", "commitment": "0" * 64}, status=422)
    await it.step("PUT", f"/witnesses/{first.name}", first.registration, by=None, status=401)
    await it.step("PUT", f"/witnesses/{first.name}", first.registration)
    await refused("key", "PUT", f"/witnesses/{others[0].name}", first.registration)
    for witness in others:
        await it.step("PUT", f"/witnesses/{witness.name}", witness.registration)
    await refused("not-announced", "POST", "/reveals", opened)
    await it.agree("/announcement")
    await refused("announced-already", "POST", "/announcement")
    await refused("witnesses-fixed", "PUT", f"/witnesses/{first.name}", first.registration)
    await it.apply(20, random.Random(1))
    await it.close_window(without=[5])
    await stage.tick(it.programme, times.freeze_from)
    assert (await it.state())["state"] == "announced", "a partition is missing, so nothing is frozen"
    await refused("reveal-early", "POST", "/reveals", opened)
    await refused("closing-early", "POST", "/closing")
    await stage.close_window(it.programme, it.programme.window.closes, without=[0, 1, 2, 3, 4])
    await it.reaches("frozen")
    await stage.fact(it.programme, ApplicationTaken, "e" * 32, times.freeze_from, entry="f" * 32, receipt="d" * 32,
                     channel="web", contact="mail", language="ja", seats=1, wishes=(it.programme.slots[0].id,),
                     taken_at=times.freeze_from)
    await refused("secret", "POST", "/reveals", {"witness": first.name, "secret": "0" * 64})
    await it.step("POST", "/reveals", opened)
    await refused("before-close-from", "POST", "/closing")
    await refused("close-early", "POST", "/closing/confirmation")
    await refused("beacon-early", "POST", "/beacon/readings", {"value": DICE})
    await refused("change-early", "POST", "/changes", {"kind": "declined", "entry": "0" * 32})
    await stage.tick(it.programme, times.close_from)
    record = (await it.step("POST", "/closing"))["record"]
    second = (await it.step("POST", "/closing"))["record"]
    assert record == second, "at one time, the same proposal"
    await refused("signature", "POST", "/closing/signatures", {"witness": first.name, "signature": "0" * 128}, None)
    await it.step("POST", "/closing/signatures", first.signature(record), by=None)
    await refused("signed", "POST", "/closing")
    await refused("signatures-missing", "POST", "/closing/confirmation")
    for witness in others[:2]:
        await it.step("POST", "/closing/signatures", witness.signature(record), by=None)
    closed = await it.agree("/closing/confirmation")
    assert closed["missing"] == sorted(witness.name for witness in others), "they stayed away; the draw goes on"
    await refused("reveal-late", "POST", "/reveals", {"witness": others[0].name, "secret": others[0].secret})
    await refused("closing-late", "POST", "/closing")
    await refused("close-late", "POST", "/closing/confirmation")
    await refused("adjust-late", "POST", "/adjustments", {"slot": it.programme.slots[0].id, "seats": -1,
                                                          "reason": "seats-cut", "decision": "R3-1"})
    dice = it.programme.draw.beacons[0].at
    await refused("beacon-not-yet", "POST", "/beacon/readings", {"value": DICE})
    await stage.tick(it.programme, dice)
    await refused("value", "POST", "/beacon/readings", {"value": "123"})
    await it.step("POST", "/beacon/readings", {"value": DICE}, by="officer-1")
    await refused("readings-differ", "POST", "/beacon/readings", {"value": DICE[::-1]}, "officer-2")
    alone = await it.step("POST", "/beacon/readings", {"value": DICE}, by="officer-1")
    assert alone["record"] is None, "one person alone is not enough"
    await refused("same-person", "POST", "/beacon/readings", {"value": DICE})
    await refused("nothing-read", "POST", "/beacon/confirmation")
    await refused("source", "POST", "/beacon/drand", {"round": 1, "signature": "0" * 96})
    await stage.tick(it.programme, dice + timedelta(hours=6, seconds=1))
    await refused("beacon-missed", "POST", "/beacon/readings", {"value": DICE}, "officer-2")

    async def all_said() -> bool:
        return codes | {"late-entry"} <= {
            message.data.reason for message in await said(stage, DrawStepRefused, it.programme.id)}

    await stage.until(all_said, "every refusal is a fact")
    assert (await it.state())["counts"]["entries"] == 20, "the late entry takes no part"
    desk = await stage.ask("GET", f"/lottery/{it.programme.id}/desk")
    assert desk.status_code == 200 and "2人の入力が違うため" in desk.text and "欠席" in desk.text
    assert "予告した乱数の機会をすべて逃しました。第2抽選が必要です。" in desk.text
    public = (await stage.http.get(f"/lottery/{it.programme.id}")).text
    assert "開示せず（欠席）" in public and "第2抽選を行います" in public


async def test_b01_what_was_never_announced_or_has_no_entry_is_not_frozen(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    silent, empty = campaign("never-announced"), campaign("no-entries")
    await stage.define(silent.programme)
    await stage.tick(silent.programme, silent.programme.draw.timetable.commit_until + timedelta(seconds=1))
    witness = silent.witnesses[0]
    late = await silent.step("PUT", f"/witnesses/{witness.name}", witness.registration, status=409)
    await stage.tick(silent.programme, silent.programme.window.opens)
    too_late = await silent.step("POST", "/announcement", status=409)
    assert (late["code"], too_late["code"]) == ("commitment-late", "announcement-late")
    await silent.apply(5, random.Random(1))
    await empty.announce()
    for it, code in ((silent, "not-announced"), (empty, "entries")):
        await it.close_window()
        await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)

        async def refused(it: Campaign = it, code: str = code) -> bool:
            return code in {message.data.reason for message in await said(stage, DrawStepRefused, it.programme.id)}

        await stage.until(refused, f"the freeze is refused: {code}")
        assert (await it.state())["root"] is None
