"""B03: how alike two applications are, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.application import Party
from services.intake.domain.likeness import POINTS, Reason, contacts_agree, likeness, shared_people

ONE = Party("髙橋　﨑子", "東京都新宿区西新宿二丁目8番1号", 34, "03-3209-1111", "t@example.jp", ("髙橋 太郎",))


@pytest.mark.parametrize(("change", "reason"), [
    ({"name": "髙橋﨑子"}, "name-same"), ({"name": "高橋 崎子"}, "name-variant"), ({"name": "高橋 椅子"}, "name-near"),
    ({"name": "TAKAHASHI Sakiko"}, "name-script"), ({"name": "タカハシ サキコ"}, "name-script"),
    ({"name": "山本 﨑子"}, "name-family"), ({"name": "髙橋 太郎"}, "name-given"),
    ({"name": "田中 一郎"}, "name-other"),
    ({"telephone": "０３３２０９１１１１"}, "telephone-same"), ({"telephone": "03-3209-1112"}, "telephone-near"),
    ({"telephone": "03-3290-1111"}, "telephone-near"), ({"telephone": "090-1234-5678"}, "telephone-other"),
    ({"email": "T@EXAMPLE.JP"}, "email-same"), ({"email": "x@example.jp"}, "email-other"),
    ({"address": "西新宿２－８－１"}, "address-same"), ({"address": "新宿区西新宿2-8-1 ハイツ101"}, "address-shorter"),
    ({"address": "新宿区西新宿2-8-7"}, "address-near"), ({"address": "新宿区西新縮2-8-1"}, "address-near"),
    ({"address": "新宿区下落合1-9-3"}, "address-other"),
    ({"age": 34}, "age-same"), ({"age": 35}, "age-near"), ({"age": 43}, "age-other"),
])
def test_b03_each_item_says_how_alike_it_is(change: dict[str, Any], reason: Reason) -> None:
    kind = reason.split("-")[0]
    found = [one for one in likeness(ONE, replace(ONE, **change)).reasons if one.startswith(kind)]
    assert found == [reason]


@pytest.mark.parametrize(("one", "other", "reason"), [
    ("SMITH John", "Ｊｏｈｎ Smith", "name-order"), ("さとう はな", "サトウ ハナ", "name-kana"),
    ("金 秀美", "金田 秀美", "name-near"), ("李 明哲", "木村 明哲", "name-family"), ("林 一", "林 二", "name-given"),
])
def test_b03_names_of_other_scripts_and_common_names(one: str, other: str, reason: Reason) -> None:
    assert likeness(Party(one), Party(other)).reasons == (reason,)


def test_b03_the_same_person_by_web_and_postcard_is_certain() -> None:
    card = Party("高橋崎子", "新宿区西新宿2-8-1-305", 35, "0332091111")
    found = likeness(ONE, card)
    assert found.certain
    assert found.score == sum(POINTS[reason] for reason in found.reasons)


@pytest.mark.parametrize("change", [
    {"name": "髙橋 太郎", "age": 36}, {"name": "髙橋 花子", "age": 8, "email": None}, {"name": "田中 一郎", "age": 61},
])
def test_b03_a_family_on_one_telephone_at_one_address_is_not_one_applicant(change: dict[str, Any]) -> None:
    assert not likeness(ONE, replace(ONE, **change)).shown


def test_b03_a_namesake_elsewhere_is_not_shown() -> None:
    namesake = Party("高橋崎子", "新宿区下落合1-9-3", 34, "090-1234-5678", "saki@example.jp")
    assert not likeness(ONE, namesake).shown


def test_b03_father_and_son_of_one_name_are_never_certain() -> None:
    found = likeness(ONE, replace(ONE, age=8))
    assert found.shown
    assert not found.certain


@pytest.mark.parametrize(("one", "other", "counts", "agree"), [
    ({}, {}, "last", True),
    ({}, {"email": "stranger@example.jp"}, "first", False),
    ({"email": None}, {"email": None}, "last", True),
    ({"email": None}, {}, "first", True),
    ({"email": None}, {}, "last", False),
    ({"email": None}, {"address": "新宿区下落合1-9-3"}, "first", False),
])
def test_b03_only_one_contact_decides_without_a_person(
    one: dict[str, Any], other: dict[str, Any], counts: Any, agree: bool
) -> None:
    first, second = replace(ONE, **one), replace(ONE, **other)
    assert contacts_agree(first, second, likeness(first, second), counts) is agree


def test_b03_who_is_named_in_both_is_counted_representatives_included() -> None:
    mother = Party("高橋 太郎", companions=("髙橋 﨑子", "髙橋 はな"))
    assert shared_people(ONE, mother) == 2
