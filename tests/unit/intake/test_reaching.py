"""Telephone numbers and e-mail addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.mailbox import email_faults
from services.intake.domain.telephone import _by_library, called_number, telephone_faults


@pytest.mark.parametrize(
    "text",
    [
        "03-3209-1111",
        "０３－３２０９－１１１１",
        "03ー3209ー1111",
        "03−3209−1111",
        "(03) 3209 1111",
        "0332091111",
        "+81 3 3209 1111",
    ],
)
def test_one_number_in_all_ways_of_writing_it(text: str) -> None:
    assert telephone_faults("telephone", text) == []
    assert called_number(text) == "+81332091111"


@pytest.mark.parametrize("text", ["090-1234-5678", "080 1234 5678", "050-3000-0000", "0120-444-444"])
def test_mobile_and_special_numbers_are_taken(text: str) -> None:
    assert telephone_faults("telephone", text) == []


@pytest.mark.parametrize(
    "text",
    ["110", "3209-1111", "03-3209-111", "abc", "03-3209-1111 内線2", "０９０＊１２３４", "+", "ー"],
)
def test_what_cannot_be_called_is_refused(text: str) -> None:
    assert [fault.code for fault in telephone_faults("telephone", text)] == ["telephone"]


@pytest.mark.parametrize(
    "text",
    [
        "taro@example.jp",
        "t.yamada+kuji@city.shinjuku.lg.jp",
        "da..me@docomo.ne.jp",
        "taro.@ezweb.ne.jp",
        "x@mail.example",
        "o'neill@example.com",
        "山田@例え.jp",
        "a_b-c@sub-domain.example.org",
    ],
)
def test_addresses_that_exist_are_taken(text: str) -> None:
    assert email_faults("email", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "taro",
        "taro@",
        "@example.jp",
        "da..me@example.jp",
        "taro.@example.jp",
        "taro@localhost",
        "a b@example.jp",
        "taro@exa_mple.jp",
        "taro@-example.jp",
        ".x@docomo.ne.jp",
        "taro@example..jp",
    ],
)
def test_addresses_that_cannot_exist_are_refused(text: str) -> None:
    assert [fault.code for fault in email_faults("email", text)] == ["email"]


def test_a_line_break_cannot_reach_a_mail_header() -> None:
    assert [fault.code for fault in email_faults("email", "taro@example.jp\nBcc: x@example.jp")] == [
        "control"
    ]


@given(st.from_regex(r"0[5-9]0[0-9]{8}|03[0-9]{8}", fullmatch=True))
def test_the_short_way_for_mobile_numbers_and_tokyo_agrees_with_the_library(bare: str) -> None:
    assert called_number(bare) == _by_library(bare)
