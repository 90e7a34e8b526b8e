"""A batch of postcards: numbered when it is counted, handed over by two people, locked up at night (S02, S15)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from shared.contracts.postcards import PostPlace
from shared.contracts.programme import Programme

MOST_CARDS = 500
"""What two people can count in one go; larger post becomes several batches."""

START: PostPlace = "counter"
NOT_LOCKED_UP: frozenset[PostPlace] = frozenset({"counter", "desk"})
LOCKED_UP_AT = time(20)
"""From this hour on, no card lies about: neither at the counter nor on a desk."""

_WAYS: Mapping[PostPlace, tuple[PostPlace, ...]] = {
    "counter": ("desk", "safe"), "desk": ("safe",), "safe": ("desk", "ward"), "ward": (),
}
_NUMBERED = re.compile(r"(?P<batch>.+)-(?P<number>[0-9]{3})")

WrongWay = Literal["no-way", "same-person"]


@dataclass(frozen=True)
class HandOver:
    """A batch changes hands; `count` is what the two counted."""

    place: PostPlace
    count: int
    handed_by: str
    taken_by: str


@dataclass(frozen=True)
class Standing:
    """Where a batch stands: `count` cards, None where they came one by one and are all accounted for."""

    count: int | None
    keyed: int = 0
    held: int = 0
    given_up: int = 0

    @property
    def seen(self) -> int:
        """Cards that somebody has looked at."""
        return self.keyed + self.held + self.given_up

    @property
    def booked(self) -> int:
        """How many cards the batch has by the ledger."""
        return self.seen if self.count is None else self.count

    @property
    def left(self) -> int:
        """Cards that are neither keyed in nor held."""
        return max(0, self.booked - self.seen)


def batch_name(numbers: str, position: int) -> str:
    """The number of the `position`-th batch, `HG012`."""
    return f"{numbers}{position:03}"


def day_name(numbers: str, received_on: date, by_hand: bool) -> str:
    """The name under which a day's single cards are kept together, `HG-20210611` (with `H`: handed in)."""
    return f"{numbers}-{received_on:%Y%m%d}{'H' if by_hand else ''}"


def card_number(batch: str, position: int) -> str:
    """The number to be written on the batch's `position`-th card, `HG012-045`."""
    return f"{batch}-{position:03}"


def batch_and_position(card: str) -> tuple[str, int] | None:
    """The batch that a card's number names, and its place there; None for a number of another kind."""
    found = _NUMBERED.fullmatch(card)
    return (found["batch"], int(found["number"])) if found else None


def ways(place: PostPlace) -> tuple[PostPlace, ...]:
    """Where a batch may go from `place`."""
    return _WAYS[place]


def hand_over_fault(at: PostPlace, hand_over: HandOver) -> WrongWay | None:
    """Why the hand-over cannot be recorded. Another count than booked can: it is what the ledger must show."""
    if hand_over.place not in ways(at):
        return "no-way"
    return "same-person" if hand_over.handed_by == hand_over.taken_by else None


def is_left_out(programme: Programme, place: PostPlace, since: datetime, now: datetime) -> bool:
    """Whether a batch that lies at `place` since then should have been locked up on an evening that is over."""
    local = programme.local(since)
    evening = datetime.combine(local.date(), LOCKED_UP_AT, programme.zone)
    if local >= evening:
        evening += timedelta(days=1)
    return place in NOT_LOCKED_UP and now >= evening


def next_position(used: frozenset[int], own_last: int | None, count: int) -> int | None:
    """The card to key in next: the one after one's own last, else the first that nobody has; None when all are done."""
    free = [position for position in range(1, count + 1) if position not in used]
    after = [position for position in free if own_last is not None and position > own_last]
    return next(iter(after or free), None)
