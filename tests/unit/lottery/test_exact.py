"""B02: win chances of small draws, exactly: every order of the entries, against a computation of another kind.

The mechanism gives each order its outcome; the chances are how often an entry wins a slot in all orders. They are held
against two accounts that share nothing with it: a tree of who comes next (one win), in fractions, and the description
of the rules in its plainest words (several wins, in `test_mechanism.py` too).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement, permutations
from math import factorial

import pytest

from services.lottery.domain.entries import Entries
from services.lottery.domain.mechanism import allot, seats_as_adjusted
from services.lottery.domain.rules import Rules, read_rules
from tests.unit.lottery.campaign import Record, entry, rules, slot
from tests.unit.lottery.test_mechanism import by_the_words_of_the_rules

Chances = dict[tuple[int, str], Fraction]
"""By number of the entry and slot."""
Party = tuple[int, tuple[str, ...]]
"""Seats, and wishes, best first."""


def enumerated(announced: Rules, records: Sequence[Record], struck: frozenset[int], seats: Sequence[int]) -> Chances:
    """The product's mechanism over every order."""
    entries, names = Entries.frozen(records, announced), [one.slot for one in announced.slots]
    wins: Counter[tuple[int, str]] = Counter()
    for order in permutations(range(len(records))):
        allotment = allot(announced, entries, order, struck, seats)
        wins.update((number, names[won]) for number in order for won in allotment.won(number))
    return {which: Fraction(count, factorial(len(records))) for which, count in wins.items()}


def by_who_comes_next(parties: Sequence[Party], seats: dict[str, int]) -> Chances:
    """One win: each of those left is next with the same chance, and takes the best wish that its party fits in."""

    @cache
    def chances(left: frozenset[int], free: tuple[tuple[str, int], ...]) -> Chances:
        found: Chances = {}
        for who in left:
            party, wishes = parties[who]
            got = next((wish for wish in wishes if dict(free)[wish] >= party), None)
            after = tuple((name, count - party * (name == got)) for name, count in free)
            share = Fraction(1, len(left))
            if got is not None:
                found[who, got] = found.get((who, got), Fraction()) + share
            for which, chance in chances(left - {who}, after).items():
                found[which] = found.get(which, Fraction()) + share * chance
        return found

    return chances(frozenset(range(len(parties))), tuple(seats.items()))


def sorted_records(parties: Sequence[Party]) -> list[Record]:
    """Their records as they stand in the list of entries."""
    return sorted((entry(n, size, *wishes) for n, (size, wishes) in enumerate(parties, 1)),
                  key=lambda record: str(record["entry"]))  # fmt: skip


def parties_of(records: Sequence[Record]) -> list[Party]:
    return [(record["seats"], tuple(record["wishes"])) for record in records]


KINDS = [(size, wishes) for size in (1, 2, 3) for wishes in (("a",), ("b",), ("a", "b"), ("b", "a"))]


def small_draws() -> Iterator[tuple[Party, ...]]:
    """Every draw of up to four parties of one, two or three, with every list of wishes over two slots."""
    for count in range(1, 5):
        yield from combinations_with_replacement(KINDS, count)


def test_b02_in_every_small_draw_each_party_wins_each_slot_with_exactly_its_chance() -> None:
    """1,819 draws over three seats and two: all of up to four parties."""
    announced = read_rules(rules(slots=[slot("a", 3), slot("b", 2)]))
    drawn = 0
    for parties in small_draws():
        records = sorted_records(parties)
        exact = by_who_comes_next(parties_of(records), {"a": 3, "b": 2})
        assert enumerated(announced, records, frozenset(), [3, 2]) == exact, parties
        drawn += 1
    assert drawn == 1819


SIX = [
    (2, ("a", "b")), (4, ("a", "c")), (1, ("b", "a", "c")), (3, ("b",)), (2, ("c", "a")), (1, ("a", "c")),
]  # fmt: skip


@pytest.mark.parametrize("struck", [frozenset(), frozenset({0}), frozenset({1, 4})], ids=len)
@pytest.mark.parametrize("cut", [[], [(0, -2)], [(1, -3), (2, 4)]], ids=["as announced", "cut", "cancelled and added"])
def test_b02_six_parties_win_with_exactly_their_chances_with_entries_struck_and_seats_adjusted(
    struck: frozenset[int], cut: list[tuple[int, int]]
) -> None:
    """S04: those struck are as if they were not there, whatever their places; seats are those after the decisions."""
    announced = read_rules(rules())
    seats, records = seats_as_adjusted(announced, cut), sorted_records(SIX)
    others = [number for number in range(6) if number not in struck]
    parties = [parties_of(records)[number] for number in others]
    exact = by_who_comes_next(parties, dict(zip("abc", seats, strict=True)))
    exact = {(others[who], which): chance for (who, which), chance in exact.items()}
    assert enumerated(announced, records, struck, seats) == exact


@pytest.mark.parametrize("one_win_a_day", [True, False], ids=["one a day", "any day"])
@pytest.mark.parametrize("max_wins", [2, 3])
def test_b02_with_several_wins_the_chances_are_those_of_the_words(max_wins: int, one_win_a_day: bool) -> None:
    """Two slots on one day and one on another; rounds go forth and back."""
    announced = read_rules(rules(max_wins=max_wins, one_win_a_day=one_win_a_day))
    records = sorted_records(SIX)
    wins: Counter[tuple[int, str]] = Counter()
    for order in permutations(range(6)):
        words = by_the_words_of_the_rules(announced, records, list(order))
        wins.update((number, won) for number, slots in enumerate(words) for won in slots)
    exact = {which: Fraction(count, factorial(6)) for which, count in wins.items()}
    found = enumerated(announced, records, frozenset(), seats_as_adjusted(announced, []))
    assert found == exact
    several = [number for number in range(6) if sum(found.get((number, name), Fraction()) for name in "abc") > 1]
    assert several, "some win more than once on average: the rounds after the first have been tried"
    same_day = {number for number in range(6) if found.get((number, "a")) and found.get((number, "b"))}
    assert same_day, "some can win either slot of one day"
