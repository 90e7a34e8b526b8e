"""S04: who is a resident."""

from __future__ import annotations

import pytest

from services.intake.domain.residency import Finding, eligibility, ranges, residency_fault
from services.intake.domain.towns import address_of, postal_code_of
from shared.contracts.programme import Programme, Residency, Town
from shared.contracts.programme_base import Words


@pytest.mark.parametrize(
    "address",
    [
        "東京都新宿区西新宿2-8-1",
        "新宿区歌舞伎町1-4-1",
        "東京都 新宿区　大久保１丁目",
        "〒160-8484 東京都新宿区歌舞伎町1-4-1",
        "１６０ー００２３新宿区西新宿",
        "〒160-0013 新宿区霞ヶ丘町10-1",
        "新宿区霞が丘町10",
        "新宿区市ヶ谷柳町１",
        "新宿区四ツ谷三丁目",
        "新宿区大字戸塚町1-104",
    ],
)
def test_s04_residents_however_they_write_their_address(programme: Programme, address: str) -> None:
    assert eligibility(address, programme.residency).resident


@pytest.mark.parametrize(
    "address",
    [
        "東京都渋谷区渋谷1-1",
        "西新宿2-8-1",
        "〒1608484 新宿区",
        "新宿区代々木2-2-1",
        "大阪府新宿区1-1",
        "神奈川県横浜市新宿区",
        "渋谷区新宿区",
        "",
        "160-0023",
    ],
)
def test_s04_others_are_not_residents(programme: Programme, address: str) -> None:
    assert not eligibility(address, programme.residency).resident


def test_s04_the_rule_says_which_beginning_matched(programme: Programme) -> None:
    assert eligibility("新宿区戸山1", programme.residency).matched in ("新宿区", "東京都新宿区")


def test_s04_a_wrong_prefecture_never_fits_a_rule_that_names_one() -> None:
    rule = Residency(addresses=("東京都府中市",), rule=Words(ja="府中市"))
    assert eligibility("府中市宮西町2-24", rule).resident
    assert not eligibility("広島県府中市府川町315", rule).resident


def test_without_a_rule_everybody_may_apply() -> None:
    assert eligibility("北海道札幌市", None).resident


BLOCKS = Residency(
    addresses=("東京都新宿区",), rule=Words(ja="西新宿1〜3丁目と四谷"),
    towns=(Town(name="西新宿", blocks=(1, 2, 3), postal_codes=("160-0023",)), Town(name="四谷", blocks=(4,)),
           Town(name="四谷坂町", postal_codes=("160-0002", "160-0023"))),
)


@pytest.mark.parametrize(
    ("address", "finding"),
    [
        ("新宿区西新宿2-8-1", "resident"),
        ("新宿区西新宿二丁目8番1号", "resident"),
        ("新宿区西新宿３の１の２", "resident"),
        ("新宿区西新宿四丁目1番", "other-block"),
        ("新宿区西新宿十二丁目1番", "other-block"),
        ("新宿区西新宿8番1号", "no-block"),
        ("新宿区四ッ谷4-1", "resident"),
        ("新宿区四谷坂町9-9", "resident"),
        ("新宿区歌舞伎町1-4-1", "unknown-town"),
        ("西新宿2-8-1", "no-municipality"),
        ("東京都西新宿2-8-1", "no-municipality"),
        ("大阪府西新宿2-8-1", "not-resident"),
        ("渋谷区渋谷1-1", "not-resident"),
    ],
)
def test_s04_each_address_is_told_which_part_of_the_rule_decided(address: str, finding: Finding) -> None:
    found = eligibility(address, BLOCKS)
    assert found.finding == finding
    fault = residency_fault(found, BLOCKS)
    assert (fault is None) == found.resident
    if fault is not None:
        assert fault.code == finding and fault.values["rule"] == BLOCKS.rule


def test_s04_an_address_that_says_too_little_is_a_question_not_a_no() -> None:
    assert eligibility("新宿区歌舞伎町1-4-1", BLOCKS).unclear
    assert not eligibility("渋谷区渋谷1-1", BLOCKS).unclear


def test_s04_the_ward_ships_with_its_towns(programme: Programme) -> None:
    assert programme.residency is not None
    names = {town.name for town in programme.residency.towns}
    assert len(names) > 90 and {"西新宿", "四谷坂町", "霞ケ丘町", "早稲田鶴巻町"} <= names
    for town in programme.residency.towns:
        assert eligibility(f"新宿区{town.name}1-2-3", programme.residency).town == town


@pytest.mark.parametrize("typed", ["160-0023", "1600023", "１６０ー００２３", "〒160-0023", " 160 0023 "])
def test_a_postcode_is_read_however_it_was_typed(typed: str, programme: Programme) -> None:
    code = postal_code_of(typed)
    assert code == "160-0023" and programme.residency is not None
    assert address_of(code, programme.residency) == "〒160-0023 東京都新宿区西新宿"


def test_a_postcode_of_two_towns_fills_in_what_both_have_and_a_strange_one_nothing() -> None:
    assert address_of("160-0023", BLOCKS) == "〒160-0023 東京都新宿区"
    assert address_of("150-0001", BLOCKS) is None
    assert postal_code_of("160-002") is None and postal_code_of("abc") is None


def test_blocks_are_told_as_ranges() -> None:
    assert ranges((1, 2, 3, 5, 7, 8)) == "1–3, 5, 7–8"
