"""B01: a draw that publishes digests only: what the public gets, what an applicant gets, and what an auditor gets."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from services.lottery.api.downloads import VERIFIER
from shared.contracts.lottery import TranscriptHandedOver
from tests.integration.lottery.stage import AUDITOR, Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said, verified
from tests.unit.lottery.javascript import node

STORY = "<h3>順番が来たときの空席</h3>"


async def test_b01_by_digest_the_public_sees_no_entry_its_applicant_all_of_it_and_auditors_everything_on_record(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    it = campaign("by-digest", publication="digest")
    announced = await it.announce()
    await it.apply(60, random.Random(11))
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    await it.reaches("frozen")
    await it.reveal_and_close()
    await it.throw_dice(DICE)
    await it.reaches("drawn")
    await the_public_part_names_nobody(stage, it, tmp_path)
    await an_applicant_alone_is_told_of_their_entry(stage, it)
    await their_proof_is_true_by_both_verifiers(stage, it, announced["announcement"], tmp_path)
    await auditors_get_the_whole_and_each_time_is_a_fact(stage, it, tmp_path)


async def the_public_part_names_nobody(stage: Stage, it: Campaign, folder: Path) -> None:
    whole = await stage.ask("GET", f"/lottery/{it.programme.id}/draws/{it.draw}/transcript.jsonl", by=None)
    assert whole.status_code == 403 and "一覧と結果の行を公開していません" in whole.text
    public = await stage.ask("GET", f"/lottery/{it.programme.id}/draws/{it.draw}/public.jsonl", by=None)
    assert public.status_code == 200 and b'"type":"outcome"' in public.content
    assert not any(entry.encode() in public.content for entry in it.entries.values())
    (folder / "public.jsonl").write_bytes(public.content)


async def an_applicant_alone_is_told_of_their_entry(stage: Stage, it: Campaign) -> None:
    """A number alone says that it is listed: changes after the draw name entries in public."""
    application, entry = next(iter(it.entries.items()))
    other = next(name for name in it.entries if name != application)

    async def page(**asked: str) -> str:
        return (await stage.http.post(f"/lottery/{it.programme.id}", data={"entry": entry, **asked})).text

    assert STORY in await page(application=application)
    for asked in ({}, {"application": other}):
        told = await page(**asked)
        assert "この抽選番号は一覧にあります" in told and STORY not in told


async def their_proof_is_true_by_both_verifiers(stage: Stage, it: Campaign, announcement: str, folder: Path) -> None:
    address = f"/lottery/{it.programme.id}/draws/{it.draw}/proof.json"
    public, proof = folder / "public.jsonl", folder / "proof.json"
    for application, entry in list(it.entries.items())[:5]:
        assert (await stage.http.post(address, data={"entry": entry})).status_code == 404
        answer = await stage.http.post(address, data={"entry": entry, "application": application})
        assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
        proof.write_bytes(answer.content)
        true_by_both(str(public), "--proof", str(proof), "--announcement", announcement)


def true_by_both(*arguments: str) -> None:
    done = subprocess.run([sys.executable, str(VERIFIER), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert node(*arguments).returncode == 0


async def auditors_get_the_whole_and_each_time_is_a_fact(stage: Stage, it: Campaign, folder: Path) -> None:
    address, page = f"/lottery/{it.programme.id}/draws/{it.draw}/transcript.jsonl", f"/lottery/{it.programme.id}"
    assert (await stage.ask("GET", address)).status_code == 403, "an officer is no auditor"
    assert await said(stage, TranscriptHandedOver, it.programme.id) == []
    assert "監査人への全体の提供は、まだありません" in (await stage.http.get(page)).text
    whole = await stage.ask("GET", address, by=AUDITOR)
    assert whole.status_code == 200 and "TRUE" in verified(whole.content, folder)
    assert all(entry.encode() in whole.content for entry in it.entries.values())

    async def recorded() -> list:
        return await said(stage, TranscriptHandedOver, it.programme.id)

    facts = await stage.until(recorded, "the hand-over is a fact")
    digest = (await it.state())["digest"]
    assert [(fact.data.by, fact.data.digest) for fact in facts] == [(AUDITOR, digest)]
    assert "これまでに1回です" in (await stage.http.get(page)).text
