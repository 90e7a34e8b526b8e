"""From a form to an application, without losing or moving what was typed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.intake.domain.application import faults_of
from services.intake.pages.fields import read, read_card
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.ui.form import Form

FILLED = {
    "name": "髙橋　﨑子",
    "address": "新宿区西新宿2-8-1",
    "age": "３４",
    "telephone": "03-3209-1111",
    "email": "",
    "companions.1": "",
    "companions.2": "髙橋　太郎",
    "seats": "2",
    "wishes.1": "2021-07-23-sumitomo-am",
    "wishes.2": "",
    "wishes.3": "",
}


def say(key: str, **_: Any) -> Any:
    return key


def sent(programme: Programme, **change: str) -> Any:
    return read({**FILLED, **change}.items(), programme, say, "ja")


def test_a_filled_form_is_an_application(programme: Programme) -> None:
    it = sent(programme)
    assert it.application.party.name == "髙橋　﨑子" and it.application.party.age == 34
    assert it.application.party.companions == ("髙橋　太郎",) and it.application.party.email is None
    assert it.all_faults(faults_of(it.application, programme, "web")) == []


def test_a_fault_is_said_at_the_field_where_it_was_typed(programme: Programme) -> None:
    it = sent(programme, **{"companions.2": "\x00"})
    faults = it.all_faults(faults_of(it.application, programme, "web"))
    assert [(fault.field, fault.code) for fault in faults] == [("companions.2", "control")]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"age": "三十四"}, ("age", "number")),
        ({"seats": ""}, ("seats", "required")),
        ({"age": ""}, ("age", "required")),
        ({"wishes.1": "", "wishes.2": "2021-07-23-sumitomo-am"}, ("wishes.1", "wish-skipped")),
    ],
)
def test_what_only_a_form_can_have_wrong(
    programme: Programme, change: dict[str, str], fault: tuple[str, str]
) -> None:
    it = sent(programme, **change)
    faults = it.all_faults(faults_of(it.application, programme, "web"))
    assert [(one.field, one.code) for one in faults] == [fault]


def test_s13_a_field_that_no_form_has_is_refused(programme: Programme) -> None:
    with pytest.raises(Problem) as refused:
        sent(programme, religion="x")
    assert refused.value.status == 422


@pytest.mark.parametrize(("typed", "day"), [
    ("2021-06-01", date(2021, 6, 1)), ("０６０１", date(2021, 6, 1)), ("6/1", date(2021, 6, 1)),
    ("601", date(2021, 6, 1)), ("6月1日", date(2021, 6, 1)), ("なし", None),
])
def test_s02_a_cards_number_and_dates_are_read(programme: Programme, typed: str, day: date | None) -> None:
    card = read_card(Form({"card": "ＨＧ－１", "postmarked_on": typed, "received_on": "6/2"}), programme)
    assert (card.number, card.postmarked_on, card.received_on, card.faults) == ("HG-1", day, date(2021, 6, 2), ())


@pytest.mark.parametrize(("typed", "code"), [("", "required"), ("6/31", "date"), ("13", "date")])
def test_s02_a_postmark_is_not_forgotten_by_leaving_it_empty(programme: Programme, typed: str, code: str) -> None:
    card = read_card(Form({"card": "HG001-001", "batch": "HG001", "postmarked_on": typed}), programme)
    assert [(fault.field, fault.code) for fault in card.faults] == [("postmarked_on", code)]


def test_b14_faults_follow_the_order_of_the_page(programme: Programme) -> None:
    it = sent(programme, seats="x", name="", telephone="12", **{"wishes.1": "2021-07-20-sumitomo-am"})
    faults = it.all_faults(faults_of(it.application, programme, "web"))
    assert [fault.field for fault in faults] == ["name", "telephone", "seats", "wishes.1"]
