"""Paper cards destroyed by two people before a witness of the ward, counted by number (S16)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
from bs4 import BeautifulSoup

from services.checkin.domain.destruction import destroyable_from
from shared.contracts.checkin import CardMoved, CardsDestroyed
from shared.contracts.programme import Programme
from tests.integration.checkin.conftest import Opened
from tests.integration.checkin.people import CUSTODIAN, HIRED, TRACER, designate, fill_case, problem
from tests.integration.checkin.stage import ANNE, BEN, DESK, OFFICER, Stage


async def destroy(stage: Stage, programme: Programme, by: str = OFFICER, **more: Any) -> httpx.Response:
    body = {"pile": "case", "venue": programme.venues[0].id, "count": 2, "method": "shredded", "handed_by": ANNE,
            "taken_by": BEN, "witnessed_by": DESK, **more}
    return await stage.post(f"{programme.id}/api/destructions", body, by=by)


def due(programme: Programme) -> datetime:
    """Noon of the first day on which cards may be destroyed."""
    since = destroyable_from(programme)
    assert since is not None
    return datetime.combine(since, datetime.min.time(), programme.zone) + timedelta(hours=12)


async def test_s16_used_and_unused_cards_are_destroyed_by_two_before_a_witness_of_the_ward(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("destruction")
    await designate(stage, programme)
    await fill_case(stage, programme, {"LS-00001": 2, "LS-00002": 1})
    await stage.move_to(programme, due(programme))
    by_hand = await stage.hand_over(programme, "1", "card", "destroyed", handed_by=ANNE, taken_by=BEN)
    assert problem(by_hand) == (409, "custody-own-desk")

    refused = [
        await destroy(stage, programme, count=3), await destroy(stage, programme, taken_by=ANNE),
        await destroy(stage, programme, witnessed_by=BEN), await destroy(stage, programme, witnessed_by=HIRED),
        await destroy(stage, programme, witnessed_by="stranger"), await destroy(stage, programme, reason="spoiled"),
        await destroy(stage, programme, by=ANNE),
        await destroy(stage, programme, pile="stock", first="2", last="4", count=3),
    ]
    assert [problem(answer)[1] for answer in refused] == [
        "destruction-count", "destruction-same-person", "destruction-same-person", "destruction-witness-not-ward",
        "not-designated", "destruction-reason-not-needed", "not-permitted", "destruction-not-destroyable"]
    used = await destroy(stage, programme)
    unused = await destroy(stage, programme, pile="stock", first="3", last="LS-00102", count=100, method="dissolved")
    again = await destroy(stage, programme)

    assert used.json()["ranges"] == [["LS-00001", "LS-00002"]]
    assert unused.json()["ranges"] == [["LS-00003", "LS-00102"]]
    assert problem(again) == (409, "destruction-no-cards")

    async def told() -> Any:
        said = [one.data for one in await stage.said(programme, "checkin.custody.v1")]
        facts = [one for one in said if isinstance(one, CardsDestroyed)]
        gone = {one.object for one in said if isinstance(one, CardMoved) and one.place == "destroyed"}
        # Cards lie on several partitions, which come without order between them.
        return (gone, facts) if len(facts) == 2 and len(gone) >= 102 else None

    gone, facts = await stage.until(told, "both piles, and each card, are facts")
    assert gone == {f"LS-{number:05d}" for number in range(1, 103)}
    assert {(one.count, one.used, one.method) for one in facts} == {(2, 2, "shredded"), (100, 0, "dissolved")}
    assert {(one.destroyed_by, one.witnessed_by) for one in facts} == {((ANNE, BEN), DESK)}


async def test_s16_before_the_term_an_officer_gives_a_reason_and_an_open_incident_keeps_its_cards(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("destruction-early")
    await designate(stage, programme)
    await fill_case(stage, programme, {"LS-00001": 2, "LS-00002": 1})
    asked = await stage.post(f"{programme.id}/api/incidents", {
        "scope": [{"slot": programme.slots[0].id, "seats": ["W-003"]}], "basis": "purpose-of-card",
        "reference": "HC-2021-0001", "limit": 5}, by=TRACER)

    early = await destroy(stage, programme)
    by_custodian = await destroy(stage, programme, by=CUSTODIAN, reason="ward-order")
    needed = await destroy(stage, programme, reason="ward-order")
    dropped = await stage.post(f"{programme.id}/api/incidents/{asked.json()['incident']}/drop", {}, by=TRACER)
    done = await destroy(stage, programme, reason="ward-order")

    assert problem(early) == (409, "destruction-too-early") and problem(by_custodian) == (403, "destruction-officer")
    assert problem(needed) == (409, "destruction-concerned") and needed.json()["cards"] == ["LS-00002"]
    assert dropped.status_code == 200 and done.status_code == 201, done.text


async def test_s16_the_page_shows_what_is_left_and_takes_a_pile_by_form(stage: Stage, opened: Opened) -> None:
    programme = await opened("destruction-page")
    await designate(stage, programme)
    await fill_case(stage, programme, {"LS-00001": 2, "LS-00002": 1})
    path, headers = f"/checkin/{programme.id}/destruction", stage.headers(OFFICER)
    before = (await stage.http.get(path, headers=headers)).text
    await stage.move_to(programme, due(programme))

    page = (await stage.http.get(path, headers=headers)).text
    pile = BeautifulSoup(page, "html.parser").select_one("select[name=pile] option")
    assert pile is not None
    form = {"kind": "case", "pile": pile["value"], "count": "1", "method": "shredded", "handed_by": OFFICER,
            "taken_by": ANNE, "witnessed_by": DESK, "reason": ""}
    miscounted = await stage.http.post(path, data=form, headers=headers)
    done = await stage.http.post(path, data={**form, "count": "2"}, headers=headers)
    after = (await stage.http.get(done.headers["location"], headers=headers)).text

    assert "まだ廃棄する時期ではありません" in before and "廃棄する時期になりました" in page
    assert miscounted.status_code == 422 and "台帳では2枚です" in miscounted.text
    assert "2枚の廃棄を記録しました" in after and "LS-00001〜LS-00002" in after and "5,998枚" in after
    assert (await stage.http.get(path, headers=stage.headers(ANNE))).status_code == 403
