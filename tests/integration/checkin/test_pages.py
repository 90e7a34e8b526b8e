"""The pages work by links and forms alone, and say what to do (S08, S09, S15)."""

from __future__ import annotations

from bs4 import BeautifulSoup

from tests.integration.checkin.conftest import Opened
from tests.integration.checkin.stage import ANNE, BEN, DESK, Stage


async def test_s08_the_door_answers_a_form_with_word_party_and_shape(stage: Stage, opened: Opened) -> None:
    programme = await opened("page-door")
    slot = programme.slots[0].id
    (application,) = await stage.win(programme, [slot], seats=4)
    token = (await stage.tokens(programme, application))[slot].token
    path, form = f"/checkin/{programme.id}/terminal", {"slot": slot, "terminal": "door-2", "token": token}

    first, again = [await stage.http.post(path, data=form, headers=stage.headers(ANNE)) for _ in range(2)]

    answer = BeautifulSoup(first.text, "html.parser").select_one(".answer--admit")
    assert answer is not None and "どうぞ" in answer.text and "4人" in answer.text and answer.find("svg")
    stop = BeautifulSoup(again.text, "html.parser").select_one(".answer--stop")
    assert stop is not None and "入場済み" in stop.text and "door-2" in stop.text


async def test_s09_two_touches_seat_a_group_and_a_reload_seats_nobody(stage: Stage, opened: Opened) -> None:
    programme = await opened("page-seats")
    slot, path, headers = programme.slots[0].id, f"/checkin/{programme.id}/seats", stage.headers(ANNE)

    one = await stage.http.get(path, params={"slot": slot, "people": 3}, headers=headers)
    fields = BeautifulSoup(one.text, "html.parser").select("main form[method=post] input[name]")
    form = {str(field["name"]): str(field["value"]) for field in fields}
    two = await stage.http.post(path, data=form, headers=headers)
    twice = await stage.http.post(path, data=form, headers=headers)
    seen = await stage.http.get(two.headers["location"], headers=headers)

    assert (form["card"], form["people"]) == ("LS-00001", "3")
    assert two.status_code == twice.status_code == 303 and two.headers["location"] == twice.headers["location"]
    assert "W-001 に3人を案内しました" in seen.text
    assert (await stage.numbers(programme, slot))["walked_in"] == 3


async def test_s09_each_attendant_is_suggested_the_next_card_of_the_own_pile(stage: Stage, opened: Opened) -> None:
    programme = await opened("page-piles")
    slot, path = programme.slots[0].id, f"/checkin/{programme.id}/seats"
    await stage.group(programme, slot, 1, "10", by=ANNE)
    await stage.group(programme, slot, 1, "500", by=BEN)

    suggested = {}
    for name in (ANNE, BEN):
        page = await stage.http.get(path, params={"slot": slot, "people": 1}, headers=stage.headers(name))
        field = BeautifulSoup(page.text, "html.parser").select_one("#f-card")
        assert field is not None
        suggested[name] = field["value"]

    assert suggested == {ANNE: "LS-00011", BEN: "LS-00501"}


async def test_s15_cards_typed_as_a_range_are_counted_and_all_or_none_are_recorded(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("page-cards")
    slot, path, headers = programme.slots[0].id, f"/checkin/{programme.id}/cards", stage.headers(ANNE)
    for card in ("1", "2", "4"):
        await stage.group(programme, slot, 1, card)
    form = {"kind": "card", "place": "attendant", "venue": programme.venues[0].id, "handed_by": "", "taken_by": ANNE}

    miscounted = await stage.http.post(path, data={**form, "cards": "1-2, 4", "count": "4"}, headers=headers)
    one_unknown = await stage.http.post(path, data={**form, "cards": "1-4", "count": "4"}, headers=headers)
    right = await stage.http.post(path, data={**form, "cards": "１〜２、４", "count": "3"}, headers=headers)
    seen = await stage.http.get(right.headers["location"], headers=headers)

    assert miscounted.status_code == 422 and "番号は3枚分、数えた枚数は4枚" in miscounted.text
    assert one_unknown.status_code == 422 and "LS-00003" in one_unknown.text
    assert "3件の受け渡しを記録しました" in seen.text and "手元 3" in seen.text


async def test_s21_pages_send_strangers_to_the_sign_in_and_refuse_other_roles(stage: Stage, opened: Opened) -> None:
    programme = await opened("page-roles")
    for room in ("terminal", "seats", "cards"):
        path = f"/checkin/{programme.id}/{room}"
        assert (await stage.http.get(path)).status_code == 303
        assert (await stage.http.get(path, headers=stage.headers(DESK))).status_code == 403


async def test_s21_a_shared_tablet_changes_person_and_signs_the_last_one_out_first(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("page-change")
    path = f"/checkin/{programme.id}/terminal"
    retention = (await stage.http.get(path)).headers["location"].partition("/retention/")[0]
    page = await stage.http.get(path, headers=stage.headers(ANNE))
    form = BeautifulSoup(page.text, "html.parser").select_one('form[action="/checkin/session/change"]')
    assert form is not None and "交代" in form.text and "会場係" in page.text
    assert f"form-action 'self' {retention}" in page.headers["content-security-policy"]

    changed = await stage.http.post("/checkin/session/change", data={"next": path})
    foreign = await stage.http.post(
        "/checkin/session/change", data={"next": path}, headers={"Origin": "https://elsewhere.example"})

    assert changed.headers["location"] == f"{retention}/retention/pin?service=checkin&next={path}"
    assert "kujibiki_checkin=" in changed.headers["set-cookie"] and "Max-Age=0" in changed.headers["set-cookie"]
    assert foreign.status_code == 403
