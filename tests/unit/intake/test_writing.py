"""What may stand in a field, and that it is never changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.writing import comparable, with_plain_dashes, written


@pytest.mark.parametrize(
    "name",
    [
        "髙橋　﨑子",
        "𠮷田 太郎",
        "辻\U000e0100 花子",
        "O'Neill-Müller, Anne",
        "ﾔﾏﾀﾞ ﾀﾛｳ",
        "김 민수",
        "渡邉 々",
        "Nguyễn Văn A",
        "山田 太郎(0歳)",
    ],
)
def test_s05_names_as_people_write_them_are_taken(name: str) -> None:
    assert written("name", name, 80) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "required"),
        (" \u3000", "required"),
        ("山" * 81, "too-long"),
        ("山田\x00", "control"),
        ("山田\n太郎", "control"),
        ("山田\u202e太郎", "direction"),
        ("山田\u200f", "direction"),
        ("山田😀", "emoji"),
        ("山田❤\ufe0f", "emoji"),
        ("山田\u200b太郎", "invisible"),
        ("山田\ud800", "unreadable"),
        ("山田\ue000", "private-use"),
    ],
)
def test_s14_what_no_name_holds_is_refused_with_its_reason(text: str, code: str) -> None:
    assert [fault.code for fault in written("name", text, 80)] == [code]


def test_names_of_buildings_may_hold_stars_and_notes() -> None:
    assert written("address", "新宿区北新宿1-1 メゾン★ドール♪ ㈱ビル", 200) == []


def test_faults_never_quote_what_was_typed() -> None:
    (fault,) = written("name", "秘密\x00", 80)
    assert "秘密" not in repr(fault)


@pytest.mark.parametrize("dash", "‐‑‒–—―−ー－ｰ─")
def test_each_sign_that_people_type_for_a_hyphen_is_one(dash: str) -> None:
    assert with_plain_dashes(f"03{dash}3209{dash}1111") == "03-3209-1111"


def test_comparing_ignores_width_and_spaces_but_not_variants() -> None:
    assert comparable("ﾔﾏﾀﾞ　Ｔａｒｏ") == comparable("ヤマダ taro")
    assert comparable("髙橋") != comparable("高橋")


@given(st.text(max_size=100))
def test_any_text_is_either_taken_or_refused_with_one_reason(text: str) -> None:
    assert len(written("name", text, 80)) <= 1
