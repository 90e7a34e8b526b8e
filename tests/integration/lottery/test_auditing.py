"""The audit's sample of a real draw: the verifier prints the same; what was found is public as numbers (B01)."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.contracts.intake import EntryTraced
from shared.contracts.lottery import AUDITED, ResultDrawn
from tests.integration.lottery.stage import Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said, verified


async def test_b01_the_sample_follows_from_the_seed_and_its_findings_are_published_as_numbers(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    it = campaign("audited", publication="digest")
    page, api = f"/lottery/{it.programme.id}/audit", f"{it.base}/audit"
    whole = f"/lottery/{it.programme.id}/draws/{it.draw}/transcript.jsonl"
    await it.announce()
    await it.apply(AUDITED + 50, random.Random(12))
    await it.close_window()
    await stage.tick(it.programme, it.programme.draw.timetable.freeze_from)
    await it.reaches("frozen")
    early = await stage.ask("GET", page, by="auditor-1")
    assert early.status_code == 200 and "抽選がまだ終わっていません" in early.text
    assert (await stage.ask("GET", api, by="auditor-1")).status_code == 404
    await it.reveal_and_close()
    await it.throw_dice(DICE)
    await it.reaches("drawn")

    for person in ("officer-1", "attendant-1"):
        for path in (page, api, whole):
            assert (await stage.ask("GET", path, by=person)).status_code == 403
    told = (await stage.ask("GET", f"{api}?size=40", by="auditor-1")).json()
    sample = [one["entry"] for one in told["sample"]]
    assert [one["order"] for one in told["sample"]] == list(range(1, 41)) and len(set(sample)) == 40
    record = await stage.ask("GET", whole, by="auditor-1")
    printed = verified(record.content, tmp_path, "--audit", "40")
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("audit ")] == sample
    numbered = {message.data.audit: message.data.entry for message in await said(stage, ResultDrawn, it.programme.id)
                if message.data.audit}
    assert sorted(numbered) == list(range(1, AUDITED + 1)) and [numbered[n] for n in range(1, 41)] == sample
    assert (await stage.ask("GET", f"{api}?size={AUDITED + 1}", by="auditor-1")).status_code == 422

    applications = {entry: application for application, entry in it.entries.items()}

    async def finds(entry: str, finding: Any) -> None:
        await stage.say("intake", EntryTraced(
            draw=it.draw, entry=entry, application=applications.get(entry), finding=finding, by="auditor-1"),
            applications.get(entry, entry), it.programme.id)

    assert "監査の抜取り" in (await stage.ask("GET", f"/lottery/{it.programme.id}", by=None)).text
    for entry, finding in ((sample[0], "true"), (sample[1], "differs"), (sample[1], "true"), (sample[3], "differs"),
                           ("f" * 32, "no-application")):
        await finds(entry, finding)

    async def tallied() -> bool:
        tally = (await stage.ask("GET", api, by="auditor-1")).json()["tally"]
        return bool(tally == {"traced": 3, "without_gap": 2, "findings": {"differs": 1, "true": 2}})

    await stage.until(tallied, "the last finding of each entry of the sample counts, and no other")
    listed = (await stage.ask("GET", f"{page}?size=10", by="auditor-1")).text
    assert sample[9] in listed and sample[10] not in listed and "記録のとおりでないものが1件あります" in listed
    public = (await stage.ask("GET", f"/lottery/{it.programme.id}", by=None)).text
    assert "順番の先頭から、抜けなくたどった組" in public and sample[0] not in public
