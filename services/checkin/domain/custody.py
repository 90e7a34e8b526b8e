"""Where paper cards and their case may go, who hands and who takes, and what is missing (S09, S15, S16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shared.contracts.checkin import Place
from shared.contracts.programme import Programme

Kind = Literal["card", "case"]
VISITOR = "visitor"
"""Who gives a filled-in card to the attendant. No name: the card's content stays on paper."""

BACK_IN_CASE_AFTER = timedelta(hours=2)
"""After the day's last slot ended, every card must be in the case and the case on its way."""

_WAYS: Mapping[Kind, Mapping[Place, frozenset[Place]]] = {
    "card": {
        # From the stock to a seat: only by seating a group.
        "stock": frozenset({"destroyed"}),
        "seat": frozenset({"attendant"}),
        "attendant": frozenset({"bag", "case"}),
        "bag": frozenset({"attendant", "case"}),
        # Only for an incident that two people agreed on (S10, B08), and back to where it was.
        "case": frozenset({"opened", "destroyed"}),
        "opened": frozenset({"case"}),
    },
    "case": {
        "reception": frozenset({"main-building-safe"}),
        "main-building-safe": frozenset({"reception"}),
    },
}
START: Mapping[Kind, Place] = {"card": "stock", "case": "reception"}
OUTSIDE: frozenset[Place] = frozenset({"seat", "attendant", "bag"})
"""Places of a card that was handed out and is not locked up yet."""

AT_OWN_DESK: frozenset[Place] = frozenset({"opened", "destroyed"})
"""Places that no plain hand-over leads to: the cluster desk opens cards, the destruction desk destroys them."""

Wrong = Literal["no-way", "same-person", "visitor", "case-away", "count", "count-missing", "own-desk"]


@dataclass(frozen=True)
class Move:
    """A hand-over that somebody records; `count` are the cards in a case, counted by both."""

    object: str
    kind: Kind
    place: Place
    venue: str
    handed_by: str
    taken_by: str
    count: int | None = None


@dataclass(frozen=True)
class Misfit:
    """Why a move cannot be recorded. `expected` is the count that the ledger gives, or the places that are open."""

    why: Wrong
    expected: int | None = None
    ways: tuple[Place, ...] = ()


def case_name(venue: str) -> str:
    """Each venue has one card case."""
    return f"case-{venue}"


def ways(kind: Kind, place: Place) -> tuple[Place, ...]:
    """Where an object may go from `place`."""
    return tuple(sorted(_WAYS[kind].get(place, frozenset())))


def check_move(move: Move, at: Place | None, *, case_at: Place, cards_in_case: int) -> Misfit | None:
    """Whether an object that is `at` a place may make this move; None for an object of which nothing is recorded.

    `case_at` is where the venue's case is; `cards_in_case` is how many cards the ledger says are in it.
    """
    first_word = at is None and move.kind == "case" and move.place == START["case"]
    at = at or START[move.kind]
    if not first_word and move.place not in _WAYS[move.kind].get(at, frozenset()):
        return Misfit("no-way", ways=ways(move.kind, at))
    if move.taken_by == VISITOR or (move.handed_by == VISITOR and at != "seat"):
        return Misfit("visitor")
    if move.handed_by == move.taken_by and not _in_own_hands(at, move.place):
        return Misfit("same-person")
    if move.kind == "card":
        return Misfit("case-away") if move.place == "case" and not _takes_cards(case_at, at) else None
    if move.count is None:
        return Misfit("count-missing", cards_in_case)
    return Misfit("count", cards_in_case) if move.count != cards_in_case else None


def _takes_cards(case_at: Place, card_at: Place) -> bool:
    """A case takes cards at reception; one that was opened for an incident goes back to it in the safe as well."""
    return case_at == "reception" or (case_at == "main-building-safe" and card_at == "opened")


def _in_own_hands(at: Place, to: Place) -> bool:
    """An attendant who puts a card into the shoulder bag, or takes it out, hands it to nobody."""
    return {at, to} == {"attendant", "bag"}


def locked_up_by(programme: Programme, day: date) -> datetime:
    """When every card of the day must be in the case, and the case in the safe."""
    last = max(time.ends for time in programme.times)
    return datetime.combine(day, last, programme.zone) + BACK_IN_CASE_AFTER


def is_missing(programme: Programme, place: Place, day: date, now: datetime) -> bool:
    """Whether a card that was handed out on `day` should long be locked up and is not."""
    return place in OUTSIDE and now > locked_up_by(programme, day)


def is_left_behind(programme: Programme, case_at: Place, cards: int, last_used: date | None, now: datetime) -> bool:
    """Whether a case with cards in it was not taken to the safe at the end of the day it was used."""
    return case_at == "reception" and cards > 0 and last_used is not None and now > locked_up_by(programme, last_used)
