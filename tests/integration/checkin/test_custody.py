"""Cards from the seat to the safe (S15)."""

from __future__ import annotations

from datetime import timedelta

from services.checkin.domain.admission import window
from tests.integration.checkin.conftest import Opened
from tests.integration.checkin.stage import ANNE, BEN, OFFICER, Stage


async def test_s15_a_card_goes_from_seat_to_safe_with_two_names_and_a_count(stage: Stage, opened: Opened) -> None:
    programme = await opened("custody")
    await stage.group(programme, programme.slots[0].id, 2, "1")
    case = f"case-{programme.venues[0].id}"
    steps = [
        ("LS-00001", "card", "attendant", {"handed_by": "visitor", "taken_by": ANNE}, 201),
        ("LS-00001", "card", "bag", {"handed_by": ANNE, "taken_by": ANNE}, 201),
        ("LS-00001", "card", "case", {"handed_by": ANNE, "taken_by": ANNE}, 409),
        ("LS-00001", "card", "case", {"handed_by": ANNE, "taken_by": BEN}, 201),
        (case, "case", "main-building-safe", {"handed_by": BEN, "taken_by": OFFICER, "count": 2}, 409),
        (case, "case", "main-building-safe", {"handed_by": BEN, "taken_by": OFFICER}, 409),
        (case, "case", "main-building-safe", {"handed_by": BEN, "taken_by": "stranger", "count": 1}, 422),
        (case, "case", "main-building-safe", {"handed_by": BEN, "taken_by": OFFICER, "count": 1}, 201),
        ("LS-00001", "card", "seat", {"handed_by": ANNE, "taken_by": BEN}, 409),
    ]
    for name, kind, place, people, status in steps:
        answer = await stage.hand_over(programme, name, kind, place, **people)
        assert answer.status_code == status, (name, place, people, answer.text)

    async def ledger() -> bool:
        return len(await stage.said(programme, "checkin.custody.v1")) == 5

    await stage.until(ledger, "each hand-over is said, and no refused one")


async def test_s15_no_card_goes_into_a_case_that_is_away(stage: Stage, opened: Opened) -> None:
    programme = await opened("case-away")
    await stage.group(programme, programme.slots[0].id, 2, "1")
    await stage.hand_over(programme, "1", "card", "attendant", handed_by="visitor", taken_by=ANNE)
    case, people = f"case-{programme.venues[0].id}", {"handed_by": ANNE, "taken_by": OFFICER}
    assert (await stage.hand_over(programme, case, "case", "main-building-safe", count=0, **people)).status_code == 201

    answer = await stage.hand_over(programme, "1", "card", "case", **people)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/custody-case-away")


async def test_s15_a_card_that_is_not_locked_up_by_night_is_shown_as_missing(stage: Stage, opened: Opened) -> None:
    programme = await opened("missing")
    await stage.group(programme, programme.slots[0].id, 2, "17")
    path, headers = f"/checkin/{programme.id}/cards", stage.headers(OFFICER)

    before = (await stage.http.get(path, headers=headers)).text
    await stage.move_to(programme, window(programme, programme.slots[1])[1] + timedelta(hours=2, minutes=1))
    after = (await stage.http.get(path, headers=headers)).text

    assert "所在の分からないカードはありません" in before
    assert "1枚が、終了から2時間たってもケースに入っていません" in after and "LS-00017" in after
