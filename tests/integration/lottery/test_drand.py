"""A draw by drand, two wins: a forged round is refused, the real one of 5 August 2024 is taken (B01)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.integration.lottery.stage import Campaign, Stage
from tests.integration.lottery.test_draw import verified

ROUND = 10024141
SIGNATURE = "8c87caf26bb4f5e9fdfad5ddf739ff8683344f8cf04a8c381225ff067557b5d9d51937eed765fcef21971bf5ddef44bb"


async def test_b01_a_round_of_drand_is_taken_only_with_drands_own_signature(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    it = campaign("by-drand", "summer-stage-2024")
    await it.announce()
    await it.apply(150, random.Random(5))
    await it.close_window()
    times = it.programme.draw.timetable
    await stage.tick(it.programme, times.freeze_from)
    await it.reaches("frozen")
    await it.reveal_and_close()
    body = {"round": ROUND, "signature": SIGNATURE}
    early = await it.step("POST", "/beacon/drand", body, status=409)
    assert early["code"] == "beacon-not-yet"
    await stage.tick(it.programme, times.close_from + timedelta(hours=8))
    assert (await it.step("POST", "/beacon/drand", {**body, "round": ROUND + 1}, status=409))["code"] == "round"
    forged = await it.step("POST", "/beacon/drand", {**body, "signature": SIGNATURE[:-1] + "c"}, status=409)
    assert forged["code"] == "drand-signature"
    await it.agree("/beacon/drand", body)
    drawn = await it.reaches("drawn")
    assert drawn["counts"]["won"] > 0
    assert "TRUE" in verified(await it.transcript(), tmp_path)


async def test_b01_where_only_digests_are_published_the_transcript_is_refused_with_the_reason(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("digest-only", "summer-stage-2024", publication="digest")
    await it.announce()
    await it.apply(30, random.Random(6))
    await it.close_window()
    times = it.programme.draw.timetable
    await stage.tick(it.programme, times.freeze_from)
    await it.reaches("frozen")
    await it.reveal_and_close()
    await stage.tick(it.programme, times.close_from + timedelta(hours=8))
    await it.agree("/beacon/drand", {"round": ROUND, "signature": SIGNATURE})
    await it.reaches("drawn")
    answer = await stage.http.get(f"/lottery/{it.programme.id}/draws/{it.draw}/transcript.jsonl")
    assert answer.status_code == 403
    page = await stage.http.get(f"/lottery/{it.programme.id}")
    assert page.status_code == 200 and "申込みの席数・希望・結果も公開しません" in page.text
