"""B03: one name, however it is written."""

from __future__ import annotations

import pytest

from services.intake.domain.names import comparable_name


@pytest.mark.parametrize(("one", "other"), [
    ("髙橋 﨑子", "高橋崎子"), ("渡邊 一", "渡辺 一"), ("渡邉　一", "渡邊 一"),
    ("齋藤 花", "斉藤 花"), ("𠮷田 はな", "吉田 はな"),
    ("濵田 濱", "浜田 浜"), ("嶋田", "島田"), ("冨田 德", "富田 徳"),
    ("廣澤 眞", "広沢 真"), ("John Ｓmith", "john smith"),
    ("ｶﾀｶﾅ", "カタカナ"),
])
def test_b03_variant_characters_width_and_case_make_no_other_name(one: str, other: str) -> None:
    assert comparable_name(one) == comparable_name(other)


@pytest.mark.parametrize(("one", "other"), [
    ("高橋 一", "高橋 二"), ("田中", "田仲"), ("大田", "太田"), ("はな", "ハナ"),
])
def test_b03_other_names_stay_others(one: str, other: str) -> None:
    assert comparable_name(one) != comparable_name(other)


def test_b03_every_character_has_one_form_that_is_its_own() -> None:
    """Otherwise two spellings of one name could miss each other halfway."""
    changed = [chr(code) for code in range(0x3041, 0xA000)
               if comparable_name(comparable_name(chr(code))) != comparable_name(chr(code))]
    assert changed == []
