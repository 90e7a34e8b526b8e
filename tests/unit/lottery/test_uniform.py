"""B02, B01: the order of the draw is uniform. Tests with fixed seeds, whose power against stated faults is shown.

Each figure is compared with a limit that fewer than one in 100,000 true orders would pass, and the seeds are fixed: a
failure is a fault, never chance. What each test would find is tried on orders with a known fault, in `REPEATED`
independent samples of the same size: all of them must be found, so that the power is above 0.9 (with a power of 0.9 the
chance that 50 of 50 are found would be 0.005). `docs/fairness.md` has the table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import exp, sqrt
from random import Random

import pytest

from services.lottery.domain.entries import Entries
from services.lottery.domain.expectation import run_order, run_seed
from services.lottery.domain.rules import read_rules
from services.lottery.domain.seed import Order, ticket_of
from tests.unit.lottery.campaign import entry, rules

Orders = Callable[[int, int], Iterator[Sequence[int]]]
"""(seed of the sample, how many orders) → orders of the entries 0…n − 1."""
REPEATED = 50


@cache
def listed(count: int) -> Entries:
    return Entries.frozen([entry(number, 1, "a") for number in range(1, count + 1)], read_rules(rules()))


def seeds(sample: int, count: int) -> Iterator[str]:
    return (hashlib.sha256(f"{sample}/{number}".encode()).hexdigest() for number in range(count))


# -- orders: the draw's own, those of the runs, and such with a fault ----------------------------------------------


def of_the_draw(entries: int) -> Orders:
    return lambda sample, count: (Order(seed, listed(entries)).by_place for seed in seeds(sample, count))


def of_the_runs(entries: int) -> Orders:
    return lambda sample, count: (
        run_order(run_seed(f"{sample:064x}", number), entries) for number in range(1, count + 1)
    )


def sorted_by(entries: int, key: Callable[[int, Random], float]) -> Orders:
    """Orders by a key of one's own, entries with the same key in the order of their ids."""

    def orders(sample: int, count: int) -> Iterator[Sequence[int]]:
        random = Random(f"{entries}/{sample}")
        for _ in range(count):
            keys = [key(number, random) for number in range(entries)]
            yield sorted(range(entries), key=keys.__getitem__)

    return orders


def early_ones_first(entries: int, of: int, gain: float) -> Orders:
    """The first `of` entries draw a key that is smaller by the share `gain`: as if the first days were preferred."""
    return sorted_by(entries, lambda number, random: random.random() * (1 - gain * (number < of)))


def one_byte_tickets(entries: int) -> Orders:
    """Tickets cut to one byte: who has the same stands in the order of the ids."""
    return sorted_by(entries, lambda _, random: random.randrange(256))


def by_the_ticket_of_one(entries: int) -> Orders:
    """A wrong sort key: the ticket of the list's first entry for all, so that the ids decide."""

    def orders(sample: int, count: int) -> Iterator[Sequence[int]]:
        for seed in seeds(sample, count):
            ticket = ticket_of(seed, listed(entries).entry(0))
            yield sorted(range(entries), key=lambda number: (ticket, number))

    return orders


# -- the tests -----------------------------------------------------------------------------------------------------


def chi_square(orders: Orders, sample: int, entries: int, count: int) -> float:
    """Anderson's statistic for rankings: entries by places, χ² with (entries − 1)² degrees of freedom.

    Rows and columns of the counts have fixed sums, so Pearson's sum is too large by entries / (entries − 1).
    """
    seen = [[0] * entries for _ in range(entries)]
    for order in orders(sample, count):
        for place, who in enumerate(order):
            seen[who][place] += 1
    expected = count / entries
    return (entries - 1) / entries * sum((cell - expected) ** 2 / expected for row in seen for cell in row)


def chi_square_limit(freedom: int) -> float:
    """Below it lie all but 1 in 100,000 (Wilson and Hilferty 1931; z = 4.265): for 81 it is 150.4, for 361 490."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + 4.265 * sqrt(spread)) ** 3)


def kolmogorov(orders: Orders, sample: int, entries: int, count: int) -> float:
    """The largest √count · D of all entries: of each, how far its places are from even over 1…n."""
    at: list[list[int]] = [[] for _ in range(entries)]
    for order in orders(sample, count):
        for place, who in enumerate(order):
            at[who].append(place)
    worst = 0.0
    for places in at:
        for rank, place in enumerate(sorted(places)):
            above, below = (rank + 1) / count - (place + 1) / entries, place / entries - rank / count
            worst = max(worst, above, below)
    return worst * sqrt(count)


def kolmogorov_limit(entries: int) -> float:
    """Where Σ 2(−1)^(k−1) e^(−2k²x²) is 1 / 100,000 over the entries; that places are whole makes it stricter."""
    x = 1.0
    while 2 * sum((-1) ** (k - 1) * exp(-2 * k * k * x * x) for k in range(1, 5)) > 1e-5 / entries:
        x += 0.001
    return x


def ascents(orders: Orders, sample: int, entries: int, count: int) -> float:
    """How often the next in an order stands later in the list, too: a standard normal (Euler's numbers).

    Half of all neighbours, if the list has no say; more, where equal tickets leave the list to decide.
    """
    rising = sum(one < other for order in orders(sample, count) for one, other in pairwise(order))
    return abs(rising - count * (entries - 1) / 2) / sqrt(count * (entries + 1) / 12)


ASCENTS_LIMIT = 4.42
"""Of a standard normal, either way: 1 in 100,000."""


@pytest.mark.parametrize("orders", [of_the_draw, of_the_runs])
def test_b02_each_entry_has_each_place_equally_often(orders: Callable[[int], Orders]) -> None:
    """χ² of 10 entries over 10 places in 5,000 seeds, and of 20 over 20: 81 and 361 degrees of freedom."""
    assert chi_square(orders(10), 1, 10, 5000) < chi_square_limit(81)
    assert chi_square(orders(20), 2, 20, 5000) < chi_square_limit(361)


@pytest.mark.parametrize("orders", [of_the_draw, of_the_runs])
def test_b02_the_places_of_each_entry_are_even_in_a_longer_list(orders: Callable[[int], Orders]) -> None:
    """Kolmogorov's test of each of 200 entries in 600 seeds, corrected for being 200."""
    assert kolmogorov(orders(200), 3, 200, 600) < kolmogorov_limit(200)


@pytest.mark.parametrize("orders", [of_the_draw, of_the_runs])
def test_b02_the_list_has_no_say_in_who_follows_whom(orders: Callable[[int], Orders]) -> None:
    """Neighbours in 1,000 orders of 100 entries."""
    assert ascents(orders(100), 4, 100, 1000) < ASCENTS_LIMIT


def test_b02_chi_square_finds_two_of_ten_entries_preferred_by_a_tenth() -> None:
    """Power above 0.9: the first two draw keys smaller by 10 %, in 5,000 orders."""
    found = [chi_square(early_ones_first(10, 2, 0.1), sample, 10, 5000) for sample in range(REPEATED)]
    assert min(found) > chi_square_limit(81)


def test_b02_kolmogorov_finds_entries_preferred_by_a_quarter() -> None:
    """Power above 0.9: the first 20 of 200 draw keys smaller by 25 %, in 600 orders."""
    found = [kolmogorov(early_ones_first(200, 20, 0.25), sample, 200, 600) for sample in range(REPEATED)]
    assert min(found) > kolmogorov_limit(200)


def test_b02_neighbours_betray_tickets_of_one_byte() -> None:
    """Power above 0.9 with 100 orders of 100 entries, though no entry's own place moves by a fifth of a place."""
    found = [ascents(one_byte_tickets(100), sample, 100, 100) for sample in range(REPEATED)]
    assert min(found) > ASCENTS_LIMIT


def test_b02_every_test_finds_an_order_that_the_seed_does_not_decide() -> None:
    assert chi_square(by_the_ticket_of_one(10), 1, 10, 200) > chi_square_limit(81)
    assert kolmogorov(by_the_ticket_of_one(50), 1, 50, 50) > kolmogorov_limit(50)
    assert ascents(by_the_ticket_of_one(50), 1, 50, 50) > ASCENTS_LIMIT
