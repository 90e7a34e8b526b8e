"""B02, S06: who wins. Exact on small cases by enumeration, and properties on random ones."""

from collections import Counter
from itertools import permutations, product
from math import factorial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.lottery.domain.canonical import canonical
from services.lottery.domain.entries import Entries
from services.lottery.domain.mechanism import allot, capacity_faults, seats_as_adjusted
from services.lottery.domain.rules import Rules, read_rules
from services.lottery.domain.seed import Order, audit_sample, ticket_of
from services.lottery.domain.statistics import (
    Envy,
    alone_with_their_wishes,
    justified_envy,
)
from tests.unit.lottery.campaign import Record, entry, rules, slot

SLOTS = ("a", "b", "c")


def seats_of(announced: Rules) -> list[int]:
    return seats_as_adjusted(announced, [])


def by_the_words_of_the_rules(announced: Rules, records: list[Record], order: list[int]) -> list[list[str]]:
    """The mechanism once more, as slow and as plain as its description, over numbers into `records`."""
    free = {s.slot: s.seats for s in announced.slots}
    day = {s.slot: s.day for s in announced.slots}
    wins: list[list[str]] = [[] for _ in records]
    for turn in range(1, announced.max_wins + 1):
        for number in order if turn % 2 else order[::-1]:
            won = wins[number]
            if len(won) != turn - 1:
                continue
            for wish in records[number]["wishes"]:
                same_day = announced.one_win_a_day and day[wish] in [day[s] for s in won]
                if records[number]["seats"] <= free[wish] and wish not in won and not same_day:
                    free[wish] -= records[number]["seats"]
                    won.append(wish)
                    break
    return wins


def test_each_single_wins_with_exactly_its_chance() -> None:
    """B02: five parties of one for two seats, all 120 orders: each wins in 2/5 of them."""
    announced = read_rules(rules(slots=[slot("a", 2)]))
    entries = Entries.frozen([entry(n, 1, "a") for n in range(1, 6)], announced)
    wins = Counter(
        number
        for order in permutations(range(5))
        for number in range(5)
        if allot(announced, entries, order, (), seats_of(announced)).won(number)
    )
    assert wins == {number: 2 * factorial(5) // 5 for number in range(5)}


@pytest.mark.parametrize(("max_wins", "one_win_a_day"), list(product((1, 2, 3), (True, False))))
def test_every_order_of_six_entries_gives_what_the_words_say(max_wins: int, one_win_a_day: bool) -> None:
    """B02: all 720 orders; so the win chances equal those of the description exactly."""
    announced = read_rules(rules(max_wins=max_wins, one_win_a_day=one_win_a_day))
    records = [
        entry(1, 2, "a", "b"), entry(2, 4, "a", "c"), entry(3, 1, "b", "a", "c"), entry(4, 3, "b"),
        entry(5, 2, "c", "a"), entry(6, 1, "a", "c"),
    ]  # fmt: skip
    entries = Entries.frozen(records, announced)
    records.sort(key=lambda record: str(record["entry"]))
    for order in permutations(range(6)):
        allotment = allot(announced, entries, order, (), seats_of(announced))
        won = [[SLOTS[s] for s in allotment.won(number)] for number in range(6)]
        assert won == by_the_words_of_the_rules(announced, records, list(order))


def test_a_large_party_is_passed_over_and_the_next_may_fit() -> None:
    """B02, S05: whole parties; nobody is split, nobody behind is blocked."""
    announced = read_rules(rules(slots=[slot("a", 4)]))
    records = [entry(1, 3, "a"), entry(2, 3, "a"), entry(3, 1, "a")]
    entries = Entries.frozen(records, announced)
    numbers = [entries.number(record["entry"]) for record in records]
    allotment = allot(announced, entries, numbers, (), seats_of(announced))
    assert [allotment.won(number) for number in numbers] == [[0], [], [0]]
    assert allotment.free == [0]


def test_struck_entries_keep_their_place_and_take_no_seat() -> None:
    """S04."""
    announced = read_rules(rules(slots=[slot("a", 1)]))
    entries = Entries.frozen([entry(1, 1, "a"), entry(2, 1, "a")], announced)
    allotment = allot(announced, entries, [0, 1], {0}, seats_of(announced))
    assert (allotment.won(0), allotment.won(1)) == ([], [0])


def test_tickets_are_hmac_and_order_is_by_ticket() -> None:
    """B01: the quick way to the tickets gives what HMAC gives."""
    announced = read_rules(rules())
    entries = Entries.frozen([entry(n, 1, "a") for n in range(1, 50)], announced)
    seed = "5a" * 32
    order = Order(seed, entries)
    ids = [entries.entry(number) for number in order.by_place]
    assert ids == sorted(ids, key=lambda entry_id: (ticket_of(seed, entry_id), entry_id))
    assert order.tickets.hex() == "".join(ticket_of(seed, entry_id) for entry_id in ids)
    assert [order.by_place[place] for place in order.places()] == list(range(49))


def test_the_audit_sample_is_fixed_by_the_seed() -> None:
    """B01, S29: nobody knew it before the draw, anybody can name it after."""
    entries = Entries.frozen([entry(n, 1, "a") for n in range(1, 50)], read_rules(rules()))
    sample = audit_sample("11" * 32, entries, 5)
    assert sample == audit_sample("11" * 32, entries, 9)[:5] != audit_sample("12" * 32, entries, 5)


def test_those_who_stand_alone_and_tight_slots_are_counted() -> None:
    """B02."""
    announced = read_rules(rules(slots=[slot("a", 3), slot("b", 100)], max_seats=3))
    entries = Entries.frozen([entry(1, 1, "a"), entry(2, 1, "a"), entry(3, 3, "a", "b")], announced)
    assert alone_with_their_wishes(entries) == 1


def test_envy_is_seen_where_a_later_entry_was_served_first() -> None:
    """B02: the check can fail: the same wins, told in another order."""
    announced = read_rules(rules(slots=[slot("a", 1)]))
    entries = Entries.frozen([entry(1, 1, "a"), entry(2, 1, "a")], announced)
    allotment = allot(announced, entries, [0, 1], (), seats_of(announced))
    assert justified_envy(entries, [0, 1], allotment, ()) == []
    assert justified_envy(entries, [1, 0], allotment, ()) == [Envy(1, 0)]


parties = st.lists(
    st.tuples(st.integers(1, 4), st.lists(st.sampled_from(SLOTS), min_size=1, max_size=3, unique=True)),
    min_size=1,
    max_size=14,
)


@given(parties, st.integers(1, 3), st.booleans(), st.integers(0, 2**32), st.randoms())
@settings(max_examples=120, deadline=None)
def test_random_draws_keep_the_promises(
    drawn: list[tuple[int, list[str]]], max_wins: int, one_win_a_day: bool, seed: int, random: Random
) -> None:
    """B02: capacity kept, order of the input irrelevant, as the words say, and no justified envy with one win."""
    announced = read_rules(rules(max_wins=max_wins, one_win_a_day=one_win_a_day, max_seats=4))
    records = [entry(number, size, *wishes) for number, (size, wishes) in enumerate(drawn, 1)]
    shuffled = random.sample(records, len(records))
    entries, again = Entries.frozen(records, announced), Entries.frozen(shuffled, announced)
    assert list(entries.leaves()) == list(again.leaves())
    assert list(entries.leaves()) == [canonical(entries.record(number)) for number in range(len(entries))]
    order = Order(f"{seed:064x}", entries).by_place
    allotment = allot(announced, entries, order, (), seats_of(announced))
    assert capacity_faults(announced, entries, allotment, seats_of(announced)) == {}
    assert min(allotment.free) >= 0
    records.sort(key=lambda record: str(record["entry"]))
    words = by_the_words_of_the_rules(announced, records, list(order))
    assert [[SLOTS[s] for s in allotment.won(number)] for number in range(len(entries))] == words
    if max_wins == 1:
        assert justified_envy(entries, order, allotment, ()) == []
