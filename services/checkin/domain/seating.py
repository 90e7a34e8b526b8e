"""Seats of walk-in groups: numbered seats, one number a group, neighbours together (S09, B07)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from services.checkin.domain.occupancy import Occupancy
from shared.contracts.programme import Slot

LARGEST_GROUP = 50


@dataclass(frozen=True)
class Full:
    """No room for the group; `free` places are left for walk-in groups."""

    free: int
    why: Literal["full"] = "full"


@dataclass(frozen=True)
class Seating:
    """The seats of one group, in order. The first one's number is the group's (S09)."""

    seats: tuple[int, ...]

    @property
    def name(self) -> str:
        """The seat number that the card and the search for a cluster go by."""
        return seat_name(self.seats[0])


def seat_name(number: int) -> str:
    """`W-001`: W for walk-in."""
    return f"W-{number:03d}"


def seat_number(name: str) -> int:
    """The number of a seat that `seat_name` wrote; raises `ValueError` for anything else."""
    number = int(name.removeprefix("W-"))
    if seat_name(number) != name:
        raise ValueError(name)
    return number


def seat_numbers(slot: Slot, occupancy: Occupancy) -> range:
    """The walk-in seats of a slot: its own, and behind them the released ones."""
    return range(1, slot.walk_in + occupancy.released + 1)


def seat_group(slot: Slot, occupancy: Occupancy, taken: Collection[int], people: int) -> Seating | Full:
    """The first seats side by side that hold the group; where none are left together, the first free ones."""
    free = occupancy.free_for_groups(slot)
    if people > free:
        return Full(free)
    seats = [number for number in seat_numbers(slot, occupancy) if number not in taken]
    for start in range(len(seats) - people + 1):
        if seats[start + people - 1] - seats[start] == people - 1:
            return Seating(tuple(seats[start : start + people]))
    return Seating(tuple(seats[:people]))
