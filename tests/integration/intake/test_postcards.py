"""S02, S12: postcards keyed in at the desk."""

from __future__ import annotations

import pytest

from shared.contracts.intake import ApplicationDecided, ApplicationTaken
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage


async def test_s02_s12_a_card_is_kept_with_its_dates_and_who_keyed_it_in(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("card-kept")
    await stage.move_to(programme, programme.window.closes)
    answer = await stage.key_in(programme, "HG-0001")
    assert answer.status_code == 201 and answer.json()["counted"] is True

    async def said() -> list[ApplicationTaken]:
        return [fact.data for fact in await stage.facts(programme)]

    (fact,) = await stage.until(said, "the fact")
    assert (fact.channel, fact.card, fact.entered_by, fact.contact) == (
        "postcard",
        "HG-0001",
        "desk-1",
        "post",
    )
    assert (fact.postmarked_on.isoformat(), fact.received_on.isoformat()) == ("2021-06-10", "2021-06-11")


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("card-postmark", {"postmarked_on": "2021-06-15", "received_on": "2021-06-16"}, "late-postmark"),
        ("card-receipt", {"received_on": "2021-06-19"}, "late-receipt"),
        ("card-abroad", {"address": "東京都渋谷区渋谷1-1"}, "not-resident"),
    ],
)
async def test_s02_s04_a_card_that_does_not_count_is_kept_with_its_reason(
    stage: Stage, opened: Opened, name: str, change: dict[str, str], reason: str
) -> None:
    programme = await opened(name)
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    answer = await stage.key_in(programme, "HG-0002", **change)
    assert answer.status_code == 201
    assert (answer.json()["counted"], answer.json()["reason"]) == (False, reason)

    async def decided() -> list[ApplicationDecided]:
        return [
            fact.data
            for fact in await stage.facts(programme)
            if isinstance(fact.data, ApplicationDecided)
        ]

    (fact,) = await stage.until(decided, "the decision")
    assert (fact.counted, fact.reason, fact.number) == (False, reason, 2)


async def test_s04_a_card_whose_address_says_too_little_is_read_again_not_turned_away(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("card-unclear")
    await stage.move_to(programme, programme.window.closes)
    answer = await stage.key_in(programme, "HG-0009", address="西新宿2-8-1")
    assert answer.status_code == 422
    assert [error["reason"] for error in answer.json()["errors"]] == ["no-municipality"]


async def test_s02_a_card_is_registered_once(stage: Stage, opened: Opened) -> None:
    programme = await opened("card-once")
    await stage.move_to(programme, programme.window.closes)
    same = {"telephone": "03-3209-1111", "address": "新宿区歌舞伎町一丁目4番1号"}
    first = await stage.key_in(programme, "HG-0003", **same)
    again = await stage.key_in(programme, "HG-0003", **same)
    assert again.status_code == 201 and again.json() == first.json()
    assert (await stage.key_in(programme, "HG-0003", seats=1)).status_code == 422


async def test_s12_s19_only_the_desk_may_key_in(stage: Stage, opened: Opened) -> None:
    programme = await opened("card-desk")
    assert (await stage.key_in(programme, "HG-0004", by="attendant-1")).status_code == 403
    nobody = await stage.http.post(f"/intake/{programme.id}/api/postcards", json={})
    assert nobody.status_code in (401, 422)


async def test_s13_a_card_has_no_mail_address(stage: Stage, opened: Opened) -> None:
    programme = await opened("card-mail")
    await stage.move_to(programme, programme.window.closes)
    answer = await stage.key_in(programme, "HG-0005", email="a@mail.example")
    assert [error["reason"] for error in answer.json()["errors"]] == ["not-declared"]


async def test_s02_s11_a_postcard_to_print_is_offered_while_it_can_still_count(stage: Stage, opened: Opened) -> None:
    programme = await opened("card-print")
    where = f"/intake/{programme.id}/postcard.pdf"
    assert where in (await stage.http.get(f"/intake/{programme.id}")).text
    answer = await stage.http.get(where)
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    assert where not in (await stage.http.get(f"/intake/{programme.id}")).text
    assert (await stage.http.get(where)).status_code == 404
