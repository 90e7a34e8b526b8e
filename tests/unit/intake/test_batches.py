"""S02, S15: batches of postcards, their numbers, and where they must be."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.intake.domain.batches import (
    HandOver,
    Standing,
    batch_and_position,
    batch_name,
    card_number,
    day_name,
    hand_over_fault,
    is_left_out,
    next_position,
)
from shared.contracts.postcards import PostPlace
from shared.contracts.programme import Programme


def test_s02_a_cards_number_names_its_batch_and_its_place() -> None:
    number = card_number(batch_name("HG", 12), 45)
    assert number == "HG012-045" and batch_and_position(number) == ("HG012", 45)
    assert batch_and_position("HG-0001") is None
    assert day_name("HG", date(2021, 6, 11), by_hand=True) == "HG-20210611H"


def test_s02_what_is_left_follows_from_what_was_looked_at() -> None:
    assert (Standing(50, keyed=20, held=3, given_up=1).left, Standing(50, 20).booked) == (26, 50)
    single = Standing(None, keyed=7, held=1)
    assert (single.left, single.booked) == (0, 8)


@pytest.mark.parametrize(("used", "own", "following"), [
    (set(), None, 1), ({1, 2}, 2, 3), ({1, 2, 3, 4}, 2, 5), ({2, 3, 4, 5}, 5, 1), ({1, 2, 3, 4, 5}, 5, None),
])
def test_s02_two_people_at_one_batch_are_not_sent_to_the_same_card(
    used: set[int], own: int | None, following: int | None
) -> None:
    assert next_position(frozenset(used), own, 5) == following


@pytest.mark.parametrize(("at", "to", "taken_by", "wrong"), [
    ("counter", "safe", "b", None), ("counter", "desk", "b", None), ("desk", "safe", "b", None),
    ("safe", "ward", "b", None), ("counter", "ward", "b", "no-way"), ("desk", "desk", "b", "no-way"),
    ("ward", "safe", "b", "no-way"), ("counter", "safe", "a", "same-person"),
])
def test_s15_a_batch_goes_from_one_person_to_another_on_known_ways(
    at: PostPlace, to: PostPlace, taken_by: str, wrong: str | None
) -> None:
    assert hand_over_fault(at, HandOver(to, 50, "a", taken_by)) == wrong


@pytest.mark.parametrize(("place", "since", "now", "out"), [
    ("counter", 3, 10, False), ("counter", 3, 11, True),  # 11:00 UTC is 20:00 in Japan
    ("desk", 3, 30, True), ("safe", 3, 30, False), ("desk", 12, 23, False), ("desk", 12, 36, True),
])
def test_s15_a_batch_that_is_not_locked_up_by_night_is_shown(
    programme: Programme, place: PostPlace, since: int, now: int, out: bool
) -> None:
    day = datetime(2021, 6, 11, tzinfo=UTC)

    def at(hours: int) -> datetime:
        return day.replace(day=11 + hours // 24, hour=hours % 24)

    assert is_left_out(programme, place, at(since), at(now)) is out
