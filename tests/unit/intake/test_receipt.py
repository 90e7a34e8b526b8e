"""B04: receipt number and secret."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.receipt import (
    ALPHABET,
    as_issued,
    proof,
    proves,
    receipt_number,
    secret_of,
)
from shared.contracts.programme import Programme


def test_b04_the_number_begins_with_the_programmes_letters(programme: Programme) -> None:
    number = receipt_number(programme, os.urandom(16))
    assert number.startswith("LS-") and len(number) == len("LS-4F7K-9QXD")
    assert not set("01ILO") & set(number[3:])


def test_b04_numbers_do_not_repeat(programme: Programme) -> None:
    assert len({receipt_number(programme, os.urandom(16)) for _ in range(2000)}) == 2000


@given(st.binary(min_size=16, max_size=16))
def test_b04_however_it_is_typed_it_is_the_number_that_was_issued(
    programme: Programme, randomness: bytes
) -> None:
    number = receipt_number(programme, randomness)
    assert as_issued(number) == number
    assert as_issued(f" {number.lower().replace('-', 'ー')} ") == number
    assert as_issued(number.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})) == number


@given(st.binary(min_size=16, max_size=16), st.integers(0, 7), st.integers(1, 30), st.integers(0, 6))
def test_b04_a_wrong_sign_and_a_swap_are_noticed(
    programme: Programme, randomness: bytes, place: int, shift: int, swapped: int
) -> None:
    signs = list(receipt_number(programme, randomness)[3:].replace("-", ""))
    wrong = signs.copy()
    wrong[place] = ALPHABET[(ALPHABET.index(wrong[place]) + shift) % len(ALPHABET)]
    assert as_issued("LS" + "".join(wrong)) is None
    signs[swapped], signs[swapped + 1] = signs[swapped + 1], signs[swapped]
    if signs[swapped] != signs[swapped + 1]:
        assert as_issued("LS" + "".join(signs)) is None


def test_b04_only_number_and_secret_together_prove(programme: Programme) -> None:
    number, secret = receipt_number(programme, os.urandom(16)), "0123456789abcdef" * 2
    stored = proof(number, secret)
    assert secret not in stored and proves(number, secret, stored)
    assert not proves(number, "f" * 32, stored)
    assert not proves(number, secret, None)


def test_the_secret_may_be_copied_with_spaces_and_capitals() -> None:
    assert secret_of(" 0123 4567-89AB CDEF 0123456789abcdef ") == "0123456789abcdef" * 2
    assert secret_of("short") is None
