"""The public form, as a browser without JavaScript uses it."""

from __future__ import annotations

import asyncio
import re

import httpx

from shared.contracts.programme import Postcards
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.stack import repaired
from tests.stages.programmes import programme_named


def filled() -> dict[str, str]:
    """A family on the form's fields; the second companion field was left empty."""
    family = a_family()
    return {
        "name": family["name"],
        "address": family["address"],
        "age": "３４",
        "telephone": family["telephone"],
        "email": family["email"],
        "companions.1": "髙橋　太郎",
        "companions.2": "",
        "companions.3": "髙橋 はな",
        "seats": "3",
        "wishes.1": family["wishes"][0],
        "wishes.2": family["wishes"][1],
        "wishes.3": "",
    }


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of a page."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))


async def test_s11_purpose_and_retention_stand_before_the_first_field(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("purpose")
    page = (await stage.http.get(f"/intake/{programme.id}")).text
    first_field = page.index('id="f-name"')
    assert page.index(programme.purpose_of_use.ja) < first_field
    assert page.index(programme.data_items[0].until.ja) < first_field and page.index("抽選のしくみ") < first_field
    assert 'id="f-email"' in page and 'id="f-companions.5"' in page and "kana" not in page


async def test_s13_the_form_asks_only_for_what_is_declared(stage: Stage, opened: Opened) -> None:
    programme = await opened("declared")
    only = tuple(item for item in programme.data_items if item.item not in ("age", "companions"))
    fewer = programme.model_copy(update={"id": "fewer-items", "data_items": only})
    await stage.define(fewer)
    await stage.move_to(fewer, fewer.window.opens)
    page = (await stage.http.get("/intake/fewer-items")).text
    assert 'id="f-age"' not in page and 'id="f-companions.1"' not in page and 'id="f-telephone"' in page
    sent = await stage.http.post(
        "/intake/fewer-items", data={**filled(), "step": "check", "key": "k" * 32}
    )
    assert sent.status_code == 422 and "お預かりできない項目" in sent.text
    foreign = await stage.http.post(
        "/intake/fewer-items", data={**filled(), "creed": "x", "step": "check"}
    )
    assert foreign.status_code == 422 and "この画面にない項目" in foreign.text


async def test_b14_fill_in_check_send_and_only_one_application_of_a_double_click(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("form")
    here = f"/intake/{programme.id}"
    key = hidden((await stage.http.get(here)).text)["key"]
    wrong = await stage.http.post(
        here, data={**filled(), "telephone": "12", "key": key, "step": "check"}
    )
    assert (
        wrong.status_code == 422 and 'href="#f-telephone"' in wrong.text and "髙橋　﨑子" in wrong.text
    )
    assert hidden(wrong.text)["key"] == key
    checked = await stage.http.post(here, data={**filled(), "key": key, "step": "check"})
    assert (
        checked.status_code == 200 and "まだ送られていません" in checked.text and "34歳" in checked.text
    )
    fields = hidden(checked.text)
    back = await stage.http.post(here, data={**fields, "step": "back"})
    assert 'value="髙橋 はな"' in back.text
    first, second = [await stage.http.post(here, data={**fields, "step": "send"}) for _ in range(2)]
    assert first.status_code == 200 and "申込みを受け付けました" in first.text
    link = re.search(rf'href="({here}/mine#[^"]+)"', first.text)
    assert link and link.group(1) in second.text
    assert (await stage.http.get(f"{here}/api/window")).json()["applications"] == 1
    receipt, secret = link.group(1).partition("#")[2].split(".")
    mine = (await stage.post(f"{here}/api/mine", {"receipt": receipt, "secret": secret})).json()
    assert mine["seats"] == 3


async def test_foreign_sites_cannot_post_the_form(stage: Stage, opened: Opened) -> None:
    programme = await opened("foreign")
    answer = await stage.http.post(
        f"/intake/{programme.id}",
        data={**filled(), "step": "send"},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403


async def test_s01_before_and_after_the_window_the_page_says_when(stage: Stage, opened: Opened) -> None:
    programme = await opened("shut")
    await stage.move_to(programme, programme.window.closes)
    page = await stage.http.get(f"/intake/{programme.id}")
    assert (
        "受付は終わりました" in page.text
        and "2021年6月14日（月）12:00" in page.text
        and "<form" not in page.text
    )
    late = await stage.http.post(
        f"/intake/{programme.id}", data={**filled(), "step": "send", "key": "late"}
    )
    assert late.status_code == 409 and "受付は終わりました" in late.text


async def test_b04_withdrawing_on_the_page_asks_once_more(stage: Stage, opened: Opened) -> None:
    programme = await opened("withdraw")
    receipt = (await stage.apply(programme)).json()
    keys = {"receipt": receipt["receipt"].lower(), "secret": receipt["secret"]}
    asked = await stage.http.post(f"/intake/{programme.id}/mine", data={**keys, "step": "withdraw"})
    assert "元に戻せません" in asked.text
    done = await stage.http.post(f"/intake/{programme.id}/mine", data={**keys, "step": "withdrawn"})
    assert "申込みを取り下げました" in done.text
    assert (await stage.mine(programme, receipt)).json()["state"] == "取下げ"


async def test_s02_the_desk_page_keeps_a_card_and_says_whether_it_counts(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("desk-page")
    await stage.move_to(programme, programme.window.closes)
    desk, headers = f"/intake/{programme.id}/desk", {"Authorization": f"Bearer {stage.token('desk-1')}"}
    assert (await stage.http.get(desk)).status_code == 303
    assert "はがきの入力" in (await stage.http.get(desk, headers=headers)).text
    card = {name: value for name, value in filled().items() if name != "email"}
    card |= {"card": "HG-9", "postmarked_on": "2021-06-14", "received_on": "2021-06-14"}
    kept = await stage.http.post(desk, data=card, headers=headers)
    assert (
        kept.status_code == 200 and "抽選の対象です" in kept.text and 'value="2021-06-14"' in kept.text
    )
    wrong = await stage.http.post(desk, data={**card, "card": "?", "received_on": ""}, headers=headers)
    assert wrong.status_code == 422 and "髙橋　﨑子" in wrong.text


async def test_s02_s03_the_desk_page_goes_through_a_batch_with_short_codes(stage: Stage, opened: Opened) -> None:
    programme = await opened("desk-batch")
    await stage.move_to(programme, programme.window.closes)
    await stage.batch(programme, 3)
    desk, headers = f"/intake/{programme.id}/desk", {"Authorization": f"Bearer {stage.token('desk-1')}"}
    page = (await stage.http.get(desk, headers=headers)).text
    assert 'value="HG001-001"' in page and 'name="received_on"' not in page
    card = {name: value for name, value in filled().items() if name != "email"}
    card |= {"batch": "HG001", "card": "HG001-001", "postmarked_on": "0610", "wishes.1": "0723sa", "wishes.2": "0824kp"}
    kept = await stage.http.post(desk, data=card, headers=headers)
    assert "HG001-001 を登録しました" in kept.text and 'value="HG001-002"' in kept.text and 'value="0610"' in kept.text
    unknown = await stage.http.post(desk, data={**card, "card": "HG001-002", "wishes.2": "0720sa"}, headers=headers)
    assert unknown.status_code == 422 and 'value="0720sa"' in unknown.text
    forgot = await stage.http.post(desk, data={**card, "card": "HG001-002", "postmarked_on": ""}, headers=headers)
    assert forgot.status_code == 422 and 'href="#f-postmarked_on"' in forgot.text
    no_reason = {"hold-batch": "HG001", "hold-card": "HG001-002", "hold-reason": ""}
    asked = await stage.http.post(f"{desk}/holding", data=no_reason, headers=headers)
    assert asked.status_code == 422 and 'href="#f-hold-reason"' in asked.text
    held = await stage.http.post(f"{desk}/holding", data={**no_reason, "hold-reason": "no-address"}, headers=headers)
    assert "HG001-002 を保留にしました" in held.text and 'value="HG001-003"' in held.text
    foreign = await stage.http.post(f"{desk}/holding", data={**no_reason, "note": "x"}, headers=headers)
    assert foreign.status_code == 422
    last = await stage.http.post(desk, data={**card, "card": "HG001-003", "postmarked_on": "なし"}, headers=headers)
    assert "HG001-003 を登録しました" in last.text and "すべて入力または保留が済みました" in last.text


async def test_s04_the_postcode_button_fills_in_the_town_and_overwrites_nothing(stage: Stage, opened: Opened) -> None:
    here = f"/intake/{(await opened('postcode')).id}"
    typed = filled()
    without = {**typed, "address": "", "key": "p" * 32}

    async def press(status: int, **more: str) -> str:
        answer = await stage.http.post(here, data={**without, "step": "postcode", **more})
        assert answer.status_code == status
        return answer.text

    pressed = await press(200, postcode="１６０ー００２３")
    assert 'value="〒160-0023 東京都新宿区西新宿"' in pressed and "町名まで入れました" in pressed
    assert typed["name"] in pressed and typed["telephone"] in pressed
    assert "7桁の数字で入力" in await press(422, postcode="16")
    assert "一覧にありません" in await press(422, postcode="150-0001")
    kept = await press(422, postcode="160-0023", address="新宿区四谷1-1")
    assert 'value="新宿区四谷1-1"' in kept and "変えていません" in kept
    assert "町名まで入れました" in await press(200, postcode="1600023", step="check")  # Enter in the field
    checked = await stage.http.post(here, data={**typed, "postcode": "160-0023", "step": "check", "key": "p" * 32})
    assert checked.status_code == 200 and "のご住所として" in checked.text


async def test_s04_the_form_says_which_part_of_the_rule_an_address_missed(stage: Stage, opened: Opened) -> None:
    here = f"/intake/{(await opened('which-rule')).id}"
    for address, said in (("新宿区代々木1-1", "対象の町の一覧"), ("西新宿2-8-1", "東京都新宿区西新宿"),
                          ("渋谷区渋谷1-1", "このご住所では申し込めません")):
        answer = await stage.http.post(here, data={**filled(), "address": address, "step": "check", "key": "r" * 32})
        assert answer.status_code == 422 and said in answer.text


async def test_s15_s07_the_desks_other_pages_take_batches_hand_overs_replies_and_checks(stage: Stage) -> None:
    programme = programme_named("desk-pages").model_copy(update={"postcards": Postcards(verify="all")})
    await stage.define(programme)
    await stage.move_to(programme, programme.window.closes)
    desk = f"/intake/{programme.id}/desk"

    async def post(path: str, by: str = "desk-1", **data: str) -> httpx.Response:
        return await stage.http.post(f"{desk}{path}", data=data, headers=stage.headers(by))

    arrival = {"count": "２", "received_on": "0611", "delivery": "mail", "reply_halves": "no"}
    odd = await post("/batches", **{**arrival, "count": "0"})
    assert odd.status_code == 422 and 'value="0611"' in odd.text
    opened = await post("/batches", **arrival)
    assert opened.status_code == 303 and opened.headers["location"].endswith("?opened=HG001")
    listed = (await stage.http.get(opened.headers["location"], headers=stage.headers("officer-1"))).text
    assert "HG001-001" in listed and "HG001-002" in listed and "入力中" in listed
    people = {"handed_by": "desk-1", "taken_by": "desk-2"}
    alone = await post("/batches/HG001/hand-overs", place="safe", count="2", handed_by="desk-1", taken_by="desk-1")
    assert alone.status_code == 422 and "別の2人" in alone.text
    moved = await post("/batches/HG001/hand-overs", place="desk", count="1", **people)
    assert moved.status_code == 303
    batch = (await stage.http.get(f"{desk}/batches/HG001", headers=stage.headers("desk-1"))).text
    assert "記録は2枚、最後に数えたのは1枚です" in batch
    counted = await post("/batches/HG001/recounts", recount="2", first="desk-1", second="desk-2")
    assert counted.status_code == 303
    card = {name: value for name, value in filled().items() if name != "email"}
    await post("", **{**card, "batch": "HG001", "card": "HG001-001", "postmarked_on": "0610"})
    await post("/holding", **{"hold-batch": "HG001", "hold-card": "HG001-002", "hold-reason": "no-wish"})
    reply = await stage.http.get(f"{desk}/held/HG001-002/reply.pdf", headers=stage.headers("desk-1"))
    assert reply.content.startswith(b"%PDF-")
    assert (await post("/held/HG001-001/replies")).status_code == 409
    assert (await post("/held/HG001-002/replies")).status_code == 303
    held = (await stage.http.get(f"{desk}/held", headers=stage.headers("desk-1"))).text
    assert "HG001-002" in held and "に返信" in held
    assert "desk-1" not in (await stage.http.get(f"{desk}/checks", headers=stage.headers("desk-1"))).text.partition(
        "<main")[2]
    blind = (await stage.http.get(f"{desk}/checks", headers=stage.headers("desk-2"))).text
    assert "HG001-001" in blind and card["telephone"] not in blind
    read = {name: card[name] for name in ("name", "address", "telephone", "seats", "wishes.1", "wishes.2")}
    differs = await post("/checks/HG001-001", "desk-2", **{**read, "telephone": "03-3209-1111", "wishes.1": "0723sp"})
    assert "食い違いがあります" in differs.text and card["telephone"] in differs.text
    own = await post("/checks/HG001-001/settling", "desk-2", **read, together_with="desk-2")
    assert own.status_code == 422
    settled = await post("/checks/HG001-001/settling", "desk-2", **read, together_with="desk-1")
    assert "確認済みにしました" in settled.text and "申込みは変えていません" in settled.text


async def test_s03_wishes_are_picked_in_the_calendar_and_nothing_typed_is_lost(stage: Stage, opened: Opened) -> None:
    here = f"/intake/{(await opened('picking')).id}"
    first, second = filled()["wishes.1"], filled()["wishes.2"]
    page = (await stage.http.get(here)).text
    assert f'value="pick-{first}" formaction="{here}#wishes"' in page and "第1希望にする" in page

    async def press(slot: str, **wishes: str) -> httpx.Response:
        data = {**filled(), "wishes.1": "", "wishes.2": "", "seats": "x", **wishes, "step": f"pick-{slot}"}
        return await stage.http.post(here, data=data)

    picked = await press(second, **{"wishes.1": first})
    assert picked.status_code == 200 and "第2希望に「" in picked.text and "第3希望にする" in picked.text
    assert "髙橋　﨑子" in picked.text and 'name="seats" value="x"' in picked.text
    assert 'class="summary' not in picked.text
    assert f'<option value="{second}" selected>' in picked.text
    out = await press(first, **{"wishes.1": first, "wishes.2": second})
    assert "希望から外しました" in out.text and f'<option value="{first}" selected>' not in out.text
    third = second.replace("-pm", "-am")
    full = await press(third.replace("08-24", "08-25"), **{"wishes.1": first, "wishes.2": second, "wishes.3": third})
    assert full.status_code == 422 and 'href="#f-wishes.3"' in full.text and "先にどれかを外して" in full.text
    assert "第1希望を外す" in full.text and "にする</span>" not in full.text


async def test_s01_b14_while_the_store_is_away_the_page_keeps_what_was_typed_and_sends_it_again(
    stage: Stage, opened: Opened
) -> None:
    here = f"/intake/{(await opened('store-away')).id}"
    key = hidden((await stage.http.get(here)).text)["key"]
    fields = hidden((await stage.http.post(here, data={**filled(), "key": key, "step": "check"})).text)
    with repaired(stage.stack):
        await asyncio.to_thread(stage.stack.parts["mongo"].stop)
        away = await stage.http.post(here, data={**fields, "step": "send"})
        assert away.status_code == 503 and f'data-again="{away.headers["retry-after"]}"' in away.text
        assert "まだ受け付けていません" in away.text and "同じ内容でもう一度送る" in away.text
        kept = hidden(away.text)
        assert kept == {**fields, "step": "send"} and f'action="{here}"' in away.text
    await stage.ready()
    receipt = await stage.http.post(here, data=kept)
    assert receipt.status_code == 200 and "申込みを受け付けました" in receipt.text
