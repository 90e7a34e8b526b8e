"""B17: what is cancelled can't be wished any more, and My application says so."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.contracts.checkin import PassIssued
from shared.contracts.envelope import new_id
from shared.contracts.lottery import ResultDrawn, SlotsCancelled
from shared.contracts.programme import Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage
from tests.integration.intake.test_amending import amend
from tests.integration.intake.test_mine import application_of

GONE, STAYS = "2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm"


async def cancel(stage: Stage, programme: Programme) -> None:
    await stage.say("lottery", SlotsCancelled(
        draw=programme.draw.id, scope="slot", slots=(GONE,), reason="slot-cancelled", decision="R3-71",
        at=datetime.now(UTC)), programme.draw.id, programme.id)

    async def known() -> bool:
        form = await stage.http.get(f"/intake/{programme.id}", headers={"Accept-Language": "ja"})
        return f'value="pick-{GONE}"' not in form.text

    await stage.until(known, "the form offers the slot no more")


async def test_b17_a_cancelled_slot_is_wished_no_more_and_my_application_says_so(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("cancelled")
    receipt = (await stage.apply(programme)).json()
    await cancel(stage, programme)

    form = (await stage.http.get(f"/intake/{programme.id}")).text
    assert f'<option value="{GONE}"' not in form and f'<option value="{STAYS}"' in form
    refused = await stage.apply(programme)
    assert refused.status_code == 422
    assert [(one["field"], one["reason"]) for one in refused.json()["errors"]] == [
        ("wishes.1", "slot-cancelled")]
    assert (await stage.apply(programme, wishes=[STAYS])).status_code == 201
    card = await stage.key_in(programme, "HG-7", postmarked_on="2021-05-31", received_on="2021-05-31")
    assert card.status_code == 201, "a card was written before"
    kept = await amend(stage, programme, receipt, wishes=[STAYS, GONE])
    assert kept.status_code == 200, "a wish that was there may stay; it wins nothing"

    application = await application_of(stage, programme, receipt)
    await stage.say("lottery", ResultDrawn(
        draw=programme.draw.id, application=application, entry=receipt["entry"], seats=2, place=1, outcome="won",
        won=(GONE,), result_digest="b" * 64), application, programme.id)
    await stage.say("checkin", PassIssued(
        pass_id=new_id(), application=application, slot=GONE, seats=2, token="t"), application, programme.id)

    async def lost() -> bool:
        mine = (await stage.mine(programme, receipt)).json()
        return bool(mine["state"] == "キャンセル待ち" and mine["passes"] == [])

    await stage.until(lost, "what was won there is lost at once, not at the end of the day")

    page = await stage.http.post(f"/intake/{programme.id}/mine", data={
        "receipt": receipt["receipt"], "secret": receipt["secret"]})
    assert "次の日時は、中止が決まりました" in page.text and "中止になりました" in page.text
    english = await stage.http.post(f"/intake/{programme.id}/mine", headers={"Accept-Language": "en"}, data={
        "receipt": receipt["receipt"], "secret": receipt["secret"]})
    assert "The following dates are cancelled" in english.text
