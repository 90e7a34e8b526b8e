"""B19: the enquiry desk: identity, what it answers and does not, and what is done for a caller."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.intake.domain.enquiry import ABOUT_PERIOD, MOST_FAILED_ABOUT
from services.intake.handlers.enquiring import NOT_CONFIRMED_SECONDS
from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationTaken,
    ApplicationWithdrawn,
    ErasureAsked,
    ReceiptRenewed,
)
from shared.contracts.notifier import NoticeSent, letter_id
from shared.contracts.privacy import AccessOpened, AccessRefused
from shared.contracts.programme import Programme
from shared.ui.formats import jst
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.integration.intake.test_amending import keys_of
from tests.integration.intake.test_erasure import order
from tests.integration.intake.test_mine import application_of

CONFIRMED, NOT_CONFIRMED = "ご本人のお申込みと確認しました", "確認できたお申込みについてだけ"


def said_of(family: dict[str, Any], **change: str) -> dict[str, str]:
    """What its applicant says of an application, by telephone."""
    said = {name: str(family[name]) for name in ("name", "telephone", "address", "age")}
    return {"caller": "applicant", "place": "telephone", **said, **change}


async def ask(stage: Stage, programme: Programme, said: dict[str, str], by: str = "desk-1") -> httpx.Response:
    return await stage.http.post(f"/intake/{programme.id}/enquiry", data=said, headers=stage.headers(by))


async def confirm(stage: Stage, programme: Programme, said: dict[str, str], by: str = "desk-1") -> str:
    """The id of an enquiry whose caller is confirmed."""
    answer = await ask(stage, programme, said, by)
    assert answer.status_code == 200 and CONFIRMED in answer.text, answer.text[:3000]
    return re.findall(r'name="enquiry" value="([0-9a-f]{32})"', answer.text)[0]


async def act(
    stage: Stage, programme: Programme, enquiry: str, step: str, by: str = "desk-1", status: int = 200, **more: str
) -> str:
    form = {"enquiry": enquiry, "step": step, **more}
    answer = await stage.http.post(
        f"/intake/{programme.id}/enquiry/act", data=form, headers=stage.headers(by))
    assert answer.status_code == status, answer.text[:3000]
    return answer.text


async def said_facts(stage: Stage, programme: Programme, kind: type[Any]) -> list[Any]:
    return [one.data for one in await stage.facts(programme) if isinstance(one.data, kind)]


async def accesses(stage: Stage, programme: Programme) -> list[Envelope[Any]]:
    return [one for one in await stage.said(programme, "privacy.access.v1") if one.data.purpose == "enquiry"]


async def test_b19_nobody_learns_whether_somebody_applied(stage: Stage, opened: Opened) -> None:
    """No application, somebody else's, and a wrong identity: the same words, length, headers and least time."""
    nobody, other, wrong = [await opened(f"enq-tell-{n}") for n in range(3)]
    caller = a_family()
    await stage.apply(other, **{**caller, "name": "別人 太郎"})
    await stage.apply(wrong, **{**caller, "age": 51})
    seen, refused = [], []
    for programme in (nobody, other, wrong):
        began = time.monotonic()
        answer = await ask(stage, programme, said_of(caller))
        assert time.monotonic() - began >= NOT_CONFIRMED_SECONDS
        assert answer.status_code == 200 and NOT_CONFIRMED in answer.text and CONFIRMED not in answer.text
        headers = [pair for pair in answer.headers.multi_items() if pair[0] != "date"]
        seen.append((answer.text.replace(programme.id, "-"), headers))

        async def refusals(of: Programme = programme) -> list[AccessRefused]:
            return [one.data for one in await accesses(stage, of) if isinstance(one.data, AccessRefused)]

        (refusal,) = await stage.until(refusals, "the try is on record")
        refused.append((refusal.actor, refusal.role, refusal.reason, refusal.caller, refusal.items))
    assert seen[0] == seen[1] == seen[2]
    assert set(refused) == {("desk-1", "desk", "not-confirmed", "applicant", ())}


async def test_b19_a_confirmed_caller_is_told_the_state_and_every_look_is_an_access(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("enq-look"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    spoken = family["address"].removeprefix("東京都新宿区").removesuffix("号").replace("丁目", "-").replace("番", "-")
    answer = await ask(stage, programme, said_of(family, address=spoken))
    assert CONFIRMED in answer.text and "抽選待ち" in answer.text
    for hidden in (receipt["receipt"], family["email"], "太郎"):
        assert hidden not in answer.text
    by_number = said_of(family, receipt=receipt["receipt"].lower().replace("-", " "))
    assert "抽選待ち" in await act(stage, programme, await confirm(stage, programme, by_number), "look")

    async def looks() -> Any:
        found = [(one.data.actor, one.data.caller, one.data.items) for one in await accesses(stage, programme)
                 if isinstance(one.data, AccessOpened)]
        return found if len(found) == 5 else None

    found = await stage.until(looks, "both comparisons and all three looks are on record")
    assert found.count(("desk-1", "applicant", ())) == 3
    assert {one[0] for one in found} == {"desk-1", "intake"}

    async def shown() -> bool:
        page = await stage.http.post(f"/intake/{programme.id}/mine", data=keys_of(receipt))
        return "申込受付の担当者：お問い合わせへの対応" in page.text and "ご本人のお申し出" in page.text

    await stage.until(shown, "the applicant sees who looked, and for whom")


async def test_b19_of_several_by_one_person_the_receipt_number_says_which(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("enq-several"), a_family()
    receipts = [(await stage.apply(programme, **family)).json() for _ in range(2)]
    assert CONFIRMED not in (await ask(stage, programme, said_of(family))).text
    assert CONFIRMED in (await ask(stage, programme, said_of(family, receipt=receipts[1]["receipt"]))).text
    await stage.post(f"/intake/{programme.id}/api/withdrawals", keys_of(receipts[0]))
    enquiry = await confirm(stage, programme, said_of(family))
    assert "抽選待ち" in await act(stage, programme, enquiry, "look")


async def test_b19_somebody_elses_application_under_ones_name_and_telephone_is_in_nobodys_way(
    stage: Stage, opened: Opened
) -> None:
    """Who applied under another's name and telephone number is confirmed for what is theirs, whether the other applied
    or not; and the other for theirs."""
    alone, both = await opened("enq-alone"), await opened("enq-both")
    known, stranger = a_family(), a_family()
    stranger |= {name: known[name] for name in ("name", "telephone")} | {"age": known["age"] + 9}
    for programme in (alone, both):
        await stage.apply(programme, **stranger)
    await stage.apply(both, **known)
    for programme, said, word in (
        (alone, stranger, CONFIRMED), (both, stranger, CONFIRMED), (both, known, CONFIRMED),
        (alone, known, NOT_CONFIRMED),
    ):
        assert word in (await ask(stage, programme, said_of(said))).text


async def test_b19_a_lost_receipt_is_renewed_by_a_letter_to_the_contact_on_record(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("enq-letter"), a_family()
    receipt = (await stage.apply(programme, key="first try", **family)).json()
    enquiry = await confirm(stage, programme, said_of(family))
    assert "前の確認コードは、すぐに使えなくなります" in await act(stage, programme, enquiry, "letter")
    for _ in range(2):  # pressed twice
        assert "新しい控えを送る手続きをしました" in await act(stage, programme, enquiry, "lettered")
    (fact,) = await stage.until(lambda: said_facts(stage, programme, ReceiptRenewed), "the fact")
    assert (fact.how, fact.contact, fact.version, fact.desk.staff) == ("letter", "mail", 2, "desk-1")
    assert (await stage.mine(programme, receipt)).status_code == 404

    async def letters() -> Any:
        return (await stage.read_by("notifier", programme, fact.application)).get("letters")

    (letter,) = await stage.until(letters, "the record brings the new secret to notifier")
    assert letter["email"] == family["email"]
    renewed = {**receipt, "secret": letter["secret"]}
    assert (await stage.mine(programme, renewed)).status_code == 200
    again = await stage.apply(programme, key="first try", **family)
    assert again.status_code == 409 and again.json()["type"].endswith("secret-renewed")
    assert letter["secret"] not in stage.process.log
    await stage.say("notifier", NoticeSent(
        notice=letter_id(programme.id, fact.application, 2), application=fact.application, kind="receipt", way="mail",
        attempt=1), fact.application, programme.id)

    async def gone() -> bool:
        return await letters() is None

    await stage.until(gone, "the secret is gone once it is sent")
    page = await stage.http.post(f"/intake/{programme.id}/mine", data=keys_of(renewed))
    assert "控えを再発行しました" in page.text and "メールを送りました" not in page.text


async def test_b19_b16_at_the_counter_a_receipt_is_printed_and_what_is_shown_after_erasure_rests_on_it(
    stage: Stage, opened: Opened
) -> None:
    """Somebody who applied by postcard has no secret before."""
    programme, family = await opened("enq-counter", at=datetime(2021, 6, 12, tzinfo=UTC)), a_family()
    kept = await stage.key_in(programme, "ENQ-1", telephone=family["telephone"], address=family["address"])
    number = kept.json()["receipt"]
    said = said_of(family, place="counter", document="driving-licence")
    assert (await ask(stage, programme, {**said, "document": ""})).status_code == 422
    enquiry = await confirm(stage, programme, said)
    assert number in await act(stage, programme, enquiry, "look")
    pages = [await act(stage, programme, enquiry, "printed") for _ in range(2)]
    codes = [re.findall(r"<code[^>]*>((?:[0-9a-f]{4}-){7}[0-9a-f]{4})</code>", page) for page in pages]
    assert codes[0] == codes[1] and len(codes[0]) == 1 and "<svg" in pages[0]
    receipt = {"receipt": number, "secret": codes[0][0]}
    assert (await stage.mine(programme, receipt)).status_code == 200
    (fact,) = await stage.until(lambda: said_facts(stage, programme, ReceiptRenewed), "the fact")
    assert (fact.how, fact.contact, fact.desk.document) == ("counter", "post", "driving-licence")
    entry = (await stage.mine(programme, receipt)).json()["entry"]
    await order(stage, programme, await application_of(stage, programme, {"entry": entry}), "request")
    assert (await stage.mine(programme, receipt)).status_code == 410
    assert "本人確認の有効時間が過ぎました" in await act(stage, programme, enquiry, "printed", status=410)


async def test_b19_changes_for_a_caller_say_who_made_them_for_whom(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("enq-acts"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    said = said_of(family, caller="proxy")
    assert "委任状を確かめてから" in (await ask(stage, programme, said)).text
    enquiry = await confirm(stage, programme, {**said, "letter_seen": "yes"})
    assert family["companions"][1] in await act(stage, programme, enquiry, "companions")
    odd = await act(stage, programme, enquiry, "named", status=422, **{"companions.2": "絵文字😀"})
    assert "絵文字は使えません" in odd and "絵文字😀" in odd
    assert "同行者のお名前を変えました" in await act(
        stage, programme, enquiry, "named", **{"companions.1": "佐藤 一", "companions.2": family["companions"][1]})
    assert "取り下げると、次のようになります" in await act(stage, programme, enquiry, "withdraw")
    for _ in range(2):
        await act(stage, programme, enquiry, "erasure")
        await act(stage, programme, enquiry, "withdrawn")

    async def all_said() -> Any:
        found = [await said_facts(stage, programme, kind) for kind in (
            ApplicationAmended, ErasureAsked, ApplicationWithdrawn)]
        return found if all(found) else None

    facts = await stage.until(all_said, "the facts")
    assert [len(one) for one in facts] == [1, 1, 1]
    for (fact,) in facts:
        assert (fact.desk.staff, fact.desk.caller, fact.desk.approval) == (
            "desk-1", "proxy", programme.enquiry.proxy_approval)
    mine = (await stage.mine(programme, receipt)).json()
    assert mine["state"] == "取下げ" and mine["erasure_asked_at"]
    page = await stage.http.post(f"/intake/{programme.id}/mine", data=keys_of(receipt))
    assert "代理の方のお申し出" in page.text


async def test_b19_who_may_be_told_nothing_is_not_even_looked_for(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("enq-none"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    other = await ask(stage, programme, said_of(family, caller="other"))
    assert NOT_CONFIRMED in other.text and CONFIRMED not in other.text
    guardian = await ask(stage, programme, said_of(family, caller="guardian"))
    assert NOT_CONFIRMED in guardian.text and CONFIRMED not in guardian.text
    extra = await ask(stage, programme, said_of(family, creed="x"))
    assert extra.status_code == 422
    found = await stage.until(lambda: accesses(stage, programme), "the guardian's try")
    assert {one.data.caller for one in found} == {"guardian"}
    assert (await stage.mine(programme, receipt)).status_code == 200


async def test_b19_tries_about_a_person_are_limited_whether_or_not_they_applied(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("enq-many"), a_family()
    await stage.apply(programme, **family)
    for caller in (family, a_family()):
        for _ in range(MOST_FAILED_ABOUT):
            assert NOT_CONFIRMED in (await ask(stage, programme, said_of(caller, age="99"), "desk-2")).text
        again = await ask(stage, programme, said_of(caller), "desk-3")
        assert again.status_code == 429 and "本日の上限に達しました" in again.text
        left = timedelta(seconds=int(again.headers["retry-after"]))
        assert ABOUT_PERIOD - timedelta(minutes=20) < left <= ABOUT_PERIOD
        free = [jst(datetime.now(UTC) + left + timedelta(seconds=one)) for one in range(-60, 2)]
        assert any(f"この照会は{moment}まで受け付けません" in again.text for moment in free)
    fresh = a_family()
    await stage.apply(programme, **fresh)
    assert CONFIRMED in (await ask(stage, programme, said_of(fresh), "desk-3")).text


async def test_b19_s19_only_trained_staff_of_the_desk_and_each_only_their_own_callers(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("enq-staff"), a_family()
    await stage.apply(programme, **family)
    path = f"/intake/{programme.id}/enquiry"
    for by, status in (("desk-1", 200), ("officer-1", 200), ("untrained-1", 403), ("attendant-1", 403)):
        assert (await stage.http.get(path, headers=stage.headers(by))).status_code == status, by
        if status == 403:
            assert (await ask(stage, programme, said_of(family), by)).status_code == 403
    assert (await stage.http.get(path)).status_code == 303
    enquiry = await confirm(stage, programme, said_of(family))
    assert "本人確認の有効時間が過ぎました" in await act(stage, programme, enquiry, "lettered", by="desk-2", status=410)
    assert await said_facts(stage, programme, ReceiptRenewed) == []
    assert len(await said_facts(stage, programme, ApplicationTaken)) == 1
