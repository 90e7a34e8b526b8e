"""Where cards and cases may go (S15, S16)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.checkin.domain.custody import Misfit, Move, check_move, is_left_behind, is_missing, locked_up_by
from shared.contracts.programme import Programme


def move(kind: str, place: str, handed_by: str = "a", taken_by: str = "b", count: int | None = None) -> Move:
    return Move("x", kind, place, "hall", handed_by, taken_by, count)  # type: ignore[arg-type]


def why(one: Move, at: str | None, case_at: str = "reception", cards: int = 0) -> str | None:
    misfit = check_move(one, at, case_at=case_at, cards_in_case=cards)  # type: ignore[arg-type]
    return misfit.why if misfit else None


@pytest.mark.parametrize(("at", "to", "fits"), [
    ("seat", "attendant", True), ("attendant", "bag", True), ("attendant", "case", True), ("bag", "case", True),
    ("bag", "attendant", True), ("case", "destroyed", True), ("stock", "destroyed", True), (None, "destroyed", True),
    ("seat", "case", False), ("seat", "bag", False), ("stock", "seat", False), ("case", "attendant", False),
    ("case", "opened", True), ("attendant", "opened", False), ("opened", "destroyed", False), ("opened", "bag", False),
    ("destroyed", "case", False), ("attendant", "main-building-safe", False), ("seat", "destroyed", False),
])
def test_s15_a_card_goes_no_other_way(at: str | None, to: str, fits: bool) -> None:
    assert why(move("card", to), at) == (None if fits else "no-way")


@pytest.mark.parametrize(("at", "to", "fits"), [
    ("reception", "main-building-safe", True), ("main-building-safe", "reception", True), (None, "reception", True),
    (None, "main-building-safe", True), ("main-building-safe", "destroyed", False), ("reception", "destroyed", False),
    ("reception", "reception", False), ("destroyed", "reception", False),
])
def test_s15_a_case_goes_between_reception_and_safe(at: str | None, to: str, fits: bool) -> None:
    assert why(move("case", to, count=0), at) == (None if fits else "no-way")


def test_s15_who_hands_and_who_takes_are_two_people() -> None:
    assert why(move("card", "case", "a", "a"), "attendant") == "same-person"
    assert why(move("case", "main-building-safe", "a", "a", 0), "reception") == "same-person"
    assert why(move("card", "bag", "a", "a"), "attendant") is None, "the own bag is no hand-over"


def test_s09_only_a_card_at_a_seat_comes_from_a_visitor() -> None:
    assert why(move("card", "attendant", "visitor", "a"), "seat") is None
    assert why(move("card", "case", "visitor", "a"), "attendant") == "visitor"
    assert why(move("card", "attendant", "a", "visitor"), "seat") == "visitor"


def test_s15_a_case_is_counted_at_each_hand_over() -> None:
    there = move("case", "main-building-safe", count=3)
    assert why(there, "reception", cards=3) is None
    assert check_move(there, "reception", case_at="reception", cards_in_case=4) == Misfit("count", 4)
    assert why(move("case", "main-building-safe"), "reception", cards=3) == "count-missing"


def test_s15_nothing_goes_into_a_case_that_is_away() -> None:
    assert why(move("card", "case"), "attendant", case_at="main-building-safe") == "case-away"


def test_s10_a_card_that_was_opened_goes_back_to_its_case_in_the_safe_too() -> None:
    assert why(move("card", "case"), "opened", case_at="main-building-safe") is None
    assert why(move("card", "case"), "opened", case_at="reception") is None
    assert why(move("card", "case", "a", "a"), "opened") == "same-person"


def test_s15_a_card_that_is_out_two_hours_after_the_days_end_is_missing(programme: Programme) -> None:
    day = date(2021, 7, 21)
    assert locked_up_by(programme, day) == datetime(2021, 7, 21, 11, 0, tzinfo=UTC)
    in_time, late = datetime(2021, 7, 21, 11, 0, tzinfo=UTC), datetime(2021, 7, 21, 11, 0, 1, tzinfo=UTC)
    assert not is_missing(programme, "bag", day, in_time)
    assert is_missing(programme, "bag", day, late) and is_missing(programme, "seat", day, late)
    assert not is_missing(programme, "case", day, late)
    assert is_left_behind(programme, "reception", 3, day, late)
    assert not is_left_behind(programme, "main-building-safe", 3, day, late)
    assert not is_left_behind(programme, "reception", 0, None, late)
