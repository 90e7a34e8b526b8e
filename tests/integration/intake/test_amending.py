"""B04: applicants see what they gave, and amend it until the window ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.intake.domain.amending import MOST_A_DAY
from services.intake.domain.window import closable_from
from services.intake.handlers.overtaken import Overtaken, through_upkeep
from services.intake.store import APPLICATIONS, Store
from shared.contracts.intake import ApplicationAmended, DetailsChanged
from shared.contracts.notifier import NoticeSent, letter_id
from shared.contracts.privacy import AccessOpened, ApplicationRecorded
from shared.contracts.programme import Programme
from shared.platform.mongo import Document, connect
from tests.conftest import settings_of
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family


def keys_of(receipt: dict[str, Any]) -> dict[str, Any]:
    return {"receipt": receipt["receipt"], "secret": receipt["secret"]}


async def amend(stage: Stage, programme: Programme, receipt: dict[str, Any], **change: Any) -> Any:
    body = {**a_family(), **keys_of(receipt), **change}
    return await stage.http.put(f"/intake/{programme.id}/api/mine/data", json=body)


async def data(stage: Stage, programme: Programme, receipt: dict[str, Any]) -> Any:
    return await stage.http.post(f"/intake/{programme.id}/api/mine/data", json=keys_of(receipt))


async def amendments(stage: Stage, programme: Programme) -> list[ApplicationAmended]:
    return [one.data for one in await stage.facts(programme) if isinstance(one.data, ApplicationAmended)]


async def test_b04_what_is_amended_is_a_fact_and_a_record_and_number_secret_and_entry_stay(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("amended")
    receipt = (await stage.apply(programme)).json()
    wish = programme.slots[3].id
    answer = await amend(stage, programme, receipt, name="田中 花", seats=1, wishes=[wish], email=None)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["entry"], answer.json()["seats"], answer.json()["wishes"]) == (receipt["entry"], 1, [wish])
    given = (await data(stage, programme, receipt)).json()
    assert (given["name"], given["seats"], given["wishes"], "email" in given) == ("田中 花", 1, [wish], False)
    (fact,) = await stage.until(lambda: amendments(stage, programme), "the fact")
    assert (fact.contact, fact.seats, fact.wishes) == ("post", 1, (wish,))
    assert (fact.version, fact.contact_before, fact.desk) == (2, "mail", None)
    assert [entry["what"] for entry in given["history"]] == ["amended"]
    records = [one.data for one in await stage.said(programme, "intake.personal.v1")
               if isinstance(one.data, ApplicationRecorded) and one.data.subject == fact.application]
    assert [record.version for record in records] == [1, 2]
    assert not any("田中" in record.model_dump_json() for record in records)


async def test_b04_b16_looking_at_ones_own_data_is_an_access_with_its_purpose(stage: Stage, opened: Opened) -> None:
    programme = await opened("own-data")
    family = a_family()
    receipt = (await stage.apply(programme, **family)).json()
    given = await data(stage, programme, receipt)
    assert {name: given.json()[name] for name in family if name != "language"} == {
        name: value for name, value in family.items() if name != "language"}
    assert receipt["receipt"] in given.headers["content-disposition"]

    async def accesses() -> list[AccessOpened]:
        return [one.data for one in await stage.said(programme, "privacy.access.v1")
                if isinstance(one.data, AccessOpened)]

    (access,) = await stage.until(accesses, "the access")
    assert (access.purpose, access.actor_kind) == ("own", "service")


async def test_b04_a_wrong_secret_neither_shows_nor_changes_anything(stage: Stage, opened: Opened) -> None:
    programme = await opened("own-wrong")
    receipt = (await stage.apply(programme)).json()
    wrong = {**receipt, "secret": "0" * 32}
    unknown = {**wrong, "receipt": "NF-2222-2222"}
    answers = [await data(stage, programme, wrong), await amend(stage, programme, wrong),
               await amend(stage, programme, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[1].json() == answers[2].json()
    assert await amendments(stage, programme) == []


async def test_b04_s03_s04_what_could_not_be_taken_is_not_amended_to(stage: Stage, opened: Opened) -> None:
    programme = await opened("own-unfit")
    receipt = (await stage.apply(programme)).json()
    answer = await amend(stage, programme, receipt, address="東京都渋谷区神南1-1-1", wishes=["nowhere"])
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"address", "wishes.1"}


async def test_b04_of_two_amendments_at_once_none_is_half(stage: Stage, opened: Opened) -> None:
    """Either is a whole version of its own, or it is told that it was overtaken; what is shown is the last fact."""
    programme = await opened("own-race")
    receipt = (await stage.apply(programme)).json()
    wishes = [slot.id for slot in programme.slots[:6]]
    answers = await asyncio.gather(*(amend(stage, programme, receipt, wishes=[wish]) for wish in wishes))
    done = [answer for answer in answers if answer.status_code == 200]
    assert done and {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} <= {"/problems/changed-meanwhile"}

    async def all_said() -> list[ApplicationAmended] | None:
        said = await amendments(stage, programme)
        return said if len(said) == len(done) else None

    last = max(await stage.until(all_said, "the facts"), key=lambda fact: fact.number)
    assert list(last.wishes) == (await data(stage, programme, receipt)).json()["wishes"]


async def test_b04_b19_who_changes_a_record_is_not_overtaken_by_its_own_upkeep_but_by_whoever_does_something(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("own-upkeep")
    receipt = (await stage.apply(programme)).json()
    client, database = connect(settings_of(stage.stack, "intake").mongo_uri(), "intake")
    found: list[int] = []

    async def meanwhile(document: Document, change: Document) -> None:
        """The first attempt comes too late by `change`."""
        found.append(document.get("version", 1))
        if len(found) == 1:
            sealed_anew = {"$set": {"version": found[0] + 1, **change.pop("$set", {})}, **change}
            await database[APPLICATIONS].update_one({"_id": document["_id"]}, sealed_anew)
            raise Overtaken

    async def attempted(change: Document) -> None:
        found.clear()
        document = await database[APPLICATIONS].find_one({"receipt": receipt["receipt"]})
        await through_upkeep(Store(database), document, lambda seen: meanwhile(seen, change))

    await attempted({})
    assert found == [1, 2]
    for done in ({"$push": {"history": {"what": "amended"}}}, {"$set": {"withdrawn_at": programme.window.closes}}):
        with pytest.raises(Overtaken):
            await attempted(done)
        assert len(found) == 1
    client.close()


async def test_b04_s01_after_the_window_and_after_a_withdrawal_nothing_is_amended(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("own-late", amending={})
    receipt, gone = (await stage.apply(programme)).json(), (await stage.apply(programme)).json()
    await stage.post(f"/intake/{programme.id}/api/withdrawals", keys_of(gone))
    assert (await amend(stage, programme, gone)).status_code == 409
    await stage.move_to(programme, programme.window.closes + timedelta(seconds=1))
    late = await amend(stage, programme, receipt, seats=1)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/amend-over")
    assert (await data(stage, programme, receipt)).json()["seats"] == a_family()["seats"]


async def test_b04_the_pages_lead_from_ones_data_to_its_amendment_and_lose_nothing_typed(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("own-pages"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    path = f"/intake/{programme.id}/mine/data"

    async def post(status: int = 200, **typed: str) -> str:
        answer = await stage.http.post(path, data={**keys_of(receipt), **typed})
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    assert family["name"] in await post() and "内容を変更する" in await post()
    form = await post(step="amend")
    assert f'value="{family["telephone"]}"' in form and f'value="{family["name"]}"' in form
    typed = {"name": "鈴木 一", "address": family["address"], "telephone": family["telephone"], "seats": "1",
             "age": "34", "wishes.1": programme.slots[2].id}
    wrong = await post(422, step="check", **{**typed, "seats": "many"})
    assert "鈴木 一" in wrong and "数字で入力してください" in wrong
    assert "まだ変更されていません" in await post(step="check", **typed)
    assert "申込みを変更しました" in await post(step="amended", **typed)
    assert (await data(stage, programme, receipt)).json()["name"] == "鈴木 一"


async def closed(stage: Stage, programme: Programme) -> None:
    """The window, closed by an officer."""
    await stage.move_to(programme, closable_from(programme))
    await stage.close_by_two(programme)

    async def shut() -> bool:
        return bool((await stage.http.get(f"/intake/{programme.id}/api/window")).json()["state"] == "closed")

    await stage.until(shut, "the window is closed")


async def test_b04_b19_after_the_closing_details_change_by_facts_without_number_and_seats_never(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("own-details"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    await closed(stage, programme)
    more = [*family["companions"], "四 郎"]
    wrong = await amend(stage, programme, receipt, **{**family, "seats": 1, "companions": more})
    assert {(error["field"], error["reason"]) for error in wrong.json()["errors"]} == {
        ("seats", "frozen"), ("companions.3", "more-people")}
    assert programme.ward.telephone in wrong.json()["errors"][0]["message"]
    answer = await amend(stage, programme, receipt, **{**family, "companions": ["佐藤　三郎", family["companions"][1]],
                                                       "email": None})
    assert answer.status_code == 200, answer.text
    given = (await data(stage, programme, receipt)).json()
    assert (given["companions"][0], "email" in given, given["seats"]) == ("佐藤　三郎", False, family["seats"])

    async def changes() -> list[DetailsChanged]:
        return [one.data for one in await stage.facts(programme) if isinstance(one.data, DetailsChanged)]

    (fact,) = await stage.until(changes, "the fact")
    assert (fact.version, fact.contact, fact.contact_before) == (2, "post", "mail")
    # The closing said how many numbered facts there are: the change is none of them.
    numbers = [one.data.number for one in await stage.facts(programme) if hasattr(one.data, "number")]
    assert len(numbers) == 1
    page = await stage.http.post(f"/intake/{programme.id}/mine/data", data={**keys_of(receipt), "step": "amend"})
    assert "変更できない項目" in page.text and 'name="companions.3"' not in page.text
    mine = await stage.http.post(f"/intake/{programme.id}/mine", data=keys_of(receipt))
    assert "ご連絡先か同行者のお名前を変更しました" in mine.text


async def test_b04_where_the_programme_says_so_all_can_be_changed_until_an_officer_closes(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("own-closing", amending={"until": "closing"})
    receipt = (await stage.apply(programme)).json()
    await stage.move_to(programme, programme.window.closes + timedelta(days=1))
    assert (await amend(stage, programme, receipt, seats=1)).status_code == 200
    await closed(stage, programme)
    late = await amend(stage, programme, receipt, seats=2)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/amend-over")


async def test_b04_whom_a_letter_goes_to_leaves_the_record_once_it_is_sent(stage: Stage, opened: Opened) -> None:
    """The notifier's part holds the contact before the change, sealed, until the notifier says that it told them."""
    programme, family = await opened("own-letters"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    await amend(stage, programme, receipt, email="new@mail.example")
    (fact,) = await stage.until(lambda: amendments(stage, programme), "the fact")

    async def told() -> tuple[str, list[str]]:
        items = await stage.read_by("notifier", programme, fact.application)
        return items["email"], [one["email"] for one in items.get("letters", [])]

    async def amended() -> bool:
        return await told() == ("new@mail.example", [family["email"]])

    await stage.until(amended, "the record says whom the letter goes to")
    notice = letter_id(programme.id, fact.application, 2)
    sent = NoticeSent(notice=notice, application=fact.application, kind="changed", way="mail", attempt=1)
    for _ in range(2):
        await stage.say("notifier", sent, fact.application, programme.id)

    async def taken_out() -> bool:
        return await told() == ("new@mail.example", [])

    await stage.until(taken_out, "the record is written anew without the letter")
    view = (await stage.mine(programme, receipt)).json()
    assert view["state"] == "受付済み・抽選待ち"
    assert (await data(stage, programme, receipt)).json()["email"] == "new@mail.example"


async def test_b04_changes_of_one_day_are_limited(stage: Stage, opened: Opened) -> None:
    programme = await opened("own-often")
    receipt = (await stage.apply(programme)).json()
    answers = [await amend(stage, programme, receipt, seats=1) for _ in range(MOST_A_DAY + 1)]
    assert [answer.status_code for answer in answers] == [200] * MOST_A_DAY + [409]
    assert answers[-1].json()["type"] == "/problems/amend-often"


async def test_b04_b16_ones_own_data_is_a_page_a_file_and_points_to_the_disclosure(
    stage: Stage, opened: Opened
) -> None:
    programme, family = await opened("own-file"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    path = f"/intake/{programme.id}/mine/data"
    page = await stage.http.post(path, data=keys_of(receipt), headers={"Accept-Language": "en"})
    told = ("History", "Application received", "Save as a file", "For disclosure under the law")
    for words in (family["address"], *told):
        assert words in page.text, words
    file = await stage.http.post(path, data={**keys_of(receipt), "step": "file"})
    assert file.json()["companions"] == family["companions"]
    assert file.headers["content-disposition"] == f'attachment; filename="{receipt["receipt"]}.json"'


async def test_s03_b04_wishes_are_picked_in_the_calendar_when_amending_too(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("own-picking"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    path = f"/intake/{programme.id}/mine/data"
    form = await stage.http.post(path, data={**keys_of(receipt), "step": "amend"})
    first, second = family["wishes"]
    assert f'value="pick-{first}" formaction="{path}#wishes"' in form.text and "第1希望を外す" in form.text
    out = await stage.http.post(path, data={
        **keys_of(receipt), "name": family["name"], "wishes.1": first, "wishes.2": second, "step": f"pick-{first}"})
    assert out.status_code == 200 and "希望から外しました" in out.text and family["name"] in out.text
    assert f'<option value="{second}" selected>' in out.text and "第2希望にする" in out.text
    own = await stage.http.post(path, data=keys_of(receipt))
    assert f"{programme.slot_by_id[first].day:%-m月%-d日}" in own.text  # nothing is kept before it is sent
