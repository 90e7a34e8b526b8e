"""Card numbers (S09, S13)."""

from __future__ import annotations

import pytest

from services.checkin.domain.cards import UnknownCard, card_list, card_number, next_card
from shared.contracts.programme import Programme


@pytest.mark.parametrize("typed", ["LS-00012", "ls12", "12", "１２", "LS12", "ｌｓ－１２", " 12 ", "LSー12", "00012"])
def test_s09_a_card_is_known_however_its_number_is_typed(programme: Programme, typed: str) -> None:
    assert card_number(programme.cards, typed) == "LS-00012"


@pytest.mark.parametrize("typed", ["0", "6001", "KX-12", "LS-", "", "12a", "山田", "1.5", "-12"])
def test_s13_whatever_is_no_card_of_the_programme_is_refused(programme: Programme, typed: str) -> None:
    with pytest.raises(UnknownCard):
        card_number(programme.cards, typed)


def test_s09_a_programme_without_cards_has_none() -> None:
    with pytest.raises(UnknownCard):
        card_number(None, "1")


@pytest.mark.parametrize(("typed", "numbers"), [
    ("1-3, 7", [1, 2, 3, 7]), ("LS-00001 - LS-00003", [1, 2, 3]), ("LS-00001-LS-00003", [1, 2, 3]),
    ("１〜３、７", [1, 2, 3, 7]),
    ("7 1", [7, 1]), ("1,1,1-2", [1, 2]), ("3-1", None), ("1-5000", None), ("", None), ("1-3-5", None),
])
def test_s15_numbers_and_ranges_are_understood_or_refused(
    programme: Programme, typed: str, numbers: list[int] | None
) -> None:
    if numbers is None:
        with pytest.raises(UnknownCard):
            card_list(programme.cards, typed)
    else:
        assert card_list(programme.cards, typed) == tuple(f"LS-{number:05d}" for number in numbers)


def test_s09_the_pile_ends_with_its_last_card(programme: Programme) -> None:
    assert programme.cards is not None
    assert [next_card(programme.cards, last) for last in (None, 41, 6000)] == ["LS-00001", "LS-00042", None]
