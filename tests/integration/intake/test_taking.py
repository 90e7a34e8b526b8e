"""Taking applications over HTTP, and what then stands on Kafka."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

from shared.contracts.envelope import decode
from shared.contracts.intake import ApplicationTaken
from shared.privacy.sealing import unseal
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.integration.intake.test_pages import filled, hidden


async def test_s01_s03_s05_an_application_by_web_is_taken_and_said(stage: Stage, opened: Opened) -> None:
    programme = await opened("web-taken")
    answer = await stage.apply(programme)
    assert answer.status_code == 201
    receipt = answer.json()
    assert (
        receipt["receipt"].startswith("WT-")
        and len(receipt["secret"]) == 32
        and len(receipt["entry"]) == 32
    )

    async def said() -> list[ApplicationTaken]:
        return [fact.data for fact in await stage.facts(programme)]

    (fact,) = await stage.until(said, "the fact is on Kafka")
    assert (fact.entry, fact.receipt, fact.seats, fact.contact) == (
        receipt["entry"],
        receipt["receipt"],
        2,
        "mail",
    )
    assert fact.wishes == ("2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm") and fact.number == 1
    assert (receipt["counted"], receipt["reason"]) == (True, None)


async def test_s13_each_recipient_can_open_what_it_needs_and_nothing_else(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("sealed")
    family = a_family()
    assert (await stage.apply(programme, **family)).status_code == 201

    async def sealed() -> list[object]:
        return [one for one in await stage.read("intake.personal.v1") if one.programme == programme.id]

    (message,) = await stage.until(sealed, "the personal record is on Kafka")
    shown = {}
    for pair in await stage.read("privacy.recipients.v1", "notifier"):
        for ring in stage.rings.values():
            ring.apply(pair)
    for name, ring in stage.rings.items():
        part = message.data.part_for(name)
        shown[name] = unseal(ring, part, programme.id, message.subject, message.data.version)
    assert shown["notifier"] == {
        "name": family["name"],
        "address": family["address"],
        "email": family["email"],
        "telephone": family["telephone"],
    }
    assert shown["checkin"] == {"name": family["name"], "companions": family["companions"]}


async def test_no_personal_value_stands_in_the_clear_on_any_topic_of_intake(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("in-the-clear")
    receipt = (await stage.apply(programme)).json()
    for topic in ("intake.applications.v1", "intake.personal.v1"):

        async def there(topic: str = topic) -> bool:
            return any(one.programme == programme.id for one in await stage.read(topic))

        await stage.until(there, topic)
        raw = b"".join(value or b"" for _, value in await stage.read_raw(topic))
        for needle in ("髙橋", "西新宿", "takahashi", receipt["secret"]):
            assert needle.encode() not in raw and needle.encode("unicode_escape") not in raw
        assert not re.search(rb"090-\d{4}-\d{4}", raw), "ids may end in 090-"


async def test_facts_are_numbered_without_gaps_in_each_partition(stage: Stage, opened: Opened) -> None:
    programme = await opened("numbered")
    answers = await asyncio.gather(*(stage.apply(programme) for _ in range(60)))
    assert {answer.status_code for answer in answers} == {201}

    async def all_said() -> bool:
        return len(await stage.facts(programme)) == 60

    await stage.until(all_said, "60 facts")
    numbers: dict[int, list[int]] = {}
    for partition, value in await stage.read_raw("intake.applications.v1"):
        message = decode(value or b"")
        if message.programme == programme.id:
            numbers.setdefault(partition, []).append(message.data.number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


async def test_the_same_key_and_content_give_the_same_answer(stage: Stage, opened: Opened) -> None:
    programme = await opened("same-key")
    family = a_family()
    first, again = await asyncio.gather(
        *(stage.apply(programme, key="form 1", **family) for _ in range(2))
    )
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert (await stage.mine(programme, again.json())).status_code == 200
    other = await stage.apply(programme, key="form 1", **{**family, "seats": 1})
    assert other.status_code == 422 and other.json()["type"].endswith("idempotency-key-used")
    window = await stage.http.get(f"/intake/{programme.id}/api/window")
    assert window.json() == {"state": "open", "applications": 1}


async def test_s01_outside_the_window_the_refusal_names_the_times(stage: Stage, opened: Opened) -> None:
    programme = await opened("outside")
    await stage.move_to(programme, programme.window.closes)
    refused = await stage.apply(programme)
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["closes"] == "2021-06-14T03:00:00Z" and "2021年6月14日" in problem["detail"]


async def test_s01_a_retry_after_the_closing_hour_gets_its_answer(stage: Stage, opened: Opened) -> None:
    programme = await opened("retry")
    family = a_family()
    first = await stage.apply(programme, key="lost", **family)
    await stage.move_to(programme, programme.window.closes + timedelta(minutes=1))
    again = await stage.apply(programme, key="lost", **family)
    assert again.status_code == 201 and again.json() == first.json()


async def test_s01_late_ones_are_kept_where_the_programme_says_so(stage: Stage, opened: Opened) -> None:
    programme = await opened("keeps-late", late="keep")
    await stage.move_to(programme, programme.window.closes + timedelta(hours=1))
    receipt = (await stage.apply(programme)).json()
    mine = (await stage.mine(programme, receipt)).json()
    assert mine["state"] == "対象外" and "受付期間" in mine["next"]
    assert (receipt["counted"], receipt["reason"]) == (False, "late")


async def test_s01_whoever_comes_late_reads_on_each_page_that_it_is_not_in_the_draw(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("late-pages", late="keep")
    here, family = f"/intake/{programme.id}", filled()
    assert "抽選の対象になりません" not in (await stage.http.get(here)).text
    in_time = await stage.http.post(here, data={**family, "step": "send", "key": "in time"})
    await stage.move_to(programme, programme.window.closes)
    form = (await stage.http.get(here)).text
    checked = (await stage.http.post(here, data={**hidden(form), **family, "step": "check"})).text
    assert all("今からの申込みは抽選の対象になりません" in page for page in (form, checked))
    late = await stage.http.post(here, data={**hidden(checked), "step": "send"})
    assert "受付期間を過ぎていたため、抽選の対象になりません" in late.text and programme.ward.office.ja in late.text
    assert late.status_code == 200
    assert not any(words in late.text for words in ("抽選を待っています", "全員にお知らせ", "抽選に入ったこと"))
    again = await stage.http.post(here, data={**family, "step": "send", "key": "in time"})
    for page in (in_time.text, again.text):
        assert "抽選を待っています" in page and "抽選に入ったこと" in page
    sent = {**family, "step": "send", "key": "english"}
    english = (await stage.http.post(here, data=sent, headers={"Accept-Language": "en"})).text
    assert "came after the application period and is not in the draw" in english


async def test_s04_s13_s14_what_cannot_be_taken_is_refused_field_by_field(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("refused")
    answer = await stage.apply(
        programme, name="山田\u202e", address="東京都渋谷区1", telephone="03", seats=9, wishes=["x"]
    )
    assert answer.status_code == 422
    errors = {error["field"]: error["reason"] for error in answer.json()["errors"]}
    assert errors == {
        "name": "direction",
        "address": "not-resident",
        "telephone": "telephone",
        "seats": "seats",
        "wishes.1": "unknown-slot",
    }
    assert "新宿区" in next(e["message"] for e in answer.json()["errors"] if e["field"] == "address")
    assert programme.residency is not None and programme.residency.rule.en is not None
    english = await stage.http.post(
        f"/intake/{programme.id}/api/applications", headers={"Accept-Language": "en"},
        json={**a_family(), "language": "ja", "address": "東京都渋谷区1"})
    (error,) = english.json()["errors"]
    assert programme.residency.rule.en in error["message"] and programme.residency.rule.ja not in error["message"]
    unknown = await stage.apply(programme, creed="x")
    assert unknown.status_code == 422 and "x" not in unknown.text.replace("xtra", "")
    assert (await stage.http.get(f"/intake/{programme.id}/api/window")).json()["applications"] == 0


async def test_a_killed_intake_goes_on_where_it_was(stage: Stage, opened: Opened) -> None:
    programme = await opened("killed")
    receipt = (await stage.apply(programme)).json()
    await stage.restart_after_kill()

    async def all_there() -> bool:
        return len(await stage.facts(programme)) == 1

    await stage.until(all_there, "the fact was said after all")
    assert (await stage.mine(programme, receipt)).json()["state"] == "受付済み・抽選待ち"
    assert (await stage.apply(programme)).status_code == 201
