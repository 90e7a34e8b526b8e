"""Seats of walk-in groups (S09, B07)."""

from __future__ import annotations

from services.checkin.domain.occupancy import Occupancy
from services.checkin.domain.seating import Full, Seating, seat_group
from shared.contracts.programme import Programme


def test_s09_a_group_sits_together_under_one_number(programme: Programme) -> None:
    seating = seat_group(programme.slots[0], Occupancy(seated=2), {1, 2}, 3)
    assert isinstance(seating, Seating) and (seating.seats, seating.name) == ((3, 4, 5), "W-003")


def test_s09_a_gap_that_is_too_small_is_left_for_a_smaller_group(programme: Programme) -> None:
    slot, taken = programme.slots[0], {1, 4, 5}
    three = seat_group(slot, Occupancy(seated=3), taken, 3)
    two = seat_group(slot, Occupancy(seated=3), taken, 2)
    assert isinstance(three, Seating) and three.seats == (6, 7, 8)
    assert isinstance(two, Seating) and two.seats == (2, 3)


def test_s09_where_no_seats_are_left_together_the_first_free_ones_are_given(programme: Programme) -> None:
    slot = programme.slots[0]
    taken = set(range(1, slot.walk_in + 1)) - {2, 9, 40}
    seating = seat_group(slot, Occupancy(seated=len(taken)), taken, 3)
    assert isinstance(seating, Seating) and seating.seats == (2, 9, 40)


def test_b07_a_full_house_leaves_nothing_even_where_walk_in_seats_are_free(programme: Programme) -> None:
    slot = programme.slots[0]
    occupancy = Occupancy(admitted=slot.capacity - 3, seated=1)
    assert seat_group(slot, occupancy, {1}, 3) == Full(2)
    assert isinstance(seat_group(slot, occupancy, {1}, 2), Seating)


def test_b07_released_seats_of_no_shows_come_behind_the_walk_in_seats(programme: Programme) -> None:
    slot = programme.slots[0]
    taken = set(range(1, slot.walk_in + 1))
    occupancy = Occupancy(seated=slot.walk_in)
    assert seat_group(slot, occupancy, taken, 1) == Full(0)
    more = seat_group(slot, Occupancy(seated=slot.walk_in, released=4), taken, 2)
    assert isinstance(more, Seating) and more.name == "W-077"
