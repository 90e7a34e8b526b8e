"""S04: who is a resident."""

from __future__ import annotations

import pytest

from services.intake.domain.residency import eligibility
from shared.contracts.programme import Programme, Residency, Words


@pytest.mark.parametrize(
    "address",
    [
        "東京都新宿区西新宿2-8-1",
        "新宿区歌舞伎町1-4-1",
        "東京都 新宿区　大久保１丁目",
        "〒160-8484 東京都新宿区歌舞伎町1-4-1",
        "１６０ー００２３新宿区西新宿",
        "〒1608484 新宿区",
    ],
)
def test_s04_residents_however_they_write_their_address(programme: Programme, address: str) -> None:
    assert eligibility(address, programme.residency).resident


@pytest.mark.parametrize(
    "address",
    [
        "東京都渋谷区渋谷1-1",
        "西新宿2-8-1",
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
