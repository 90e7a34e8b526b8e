"""B02: what chance alone would have given, to the byte; and the verdict on what happened, its level and its power."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from services.lottery.domain.entries import Entries
from services.lottery.domain.expectation import Alone, Outcome, Run, Scenario, run_order, run_seed
from services.lottery.domain.grouping import Group
from services.lottery.domain.mechanism import allot, seats_as_adjusted
from services.lottery.domain.results import Results
from services.lottery.domain.rules import Rules, read_rules
from services.lottery.domain.seed import Order
from services.lottery.domain.verdict import Fairness, Range, is_unusual, judged
from tests.unit.lottery.campaign import entry, rules, slot

SEED = "5a" * 32
DAYS, CHANNELS = 8, ("web", "postcard")


@cache
def announced(seats: int = 100) -> Rules:
    return read_rules(rules(slots=[slot("a", seats), slot("b", seats), slot("c", seats // 2, day="2021-07-02")]))


@cache
def listed(count: int = 300) -> Entries:
    """Parties of one to four, some larger; popular slots first."""
    chosen = random.Random(4)
    return Entries.frozen([
        entry(n, chosen.choice((1, 2, 2, 2, 3, 4)) if n > 3 else 5, *chosen.choice(("abc", "ab", "ba", "cb", "a")))
        for n in range(1, count + 1)
    ], announced())  # fmt: skip


@cache
def labels(count: int = 300) -> dict[str, list[str]]:
    return {"day": [f"2021-06-{1 + n * DAYS // count:02}" for n in range(count)],
            "channel": [CHANNELS[n % 3 == 0] for n in range(count)]}  # fmt: skip


def drawn_by(order: Sequence[int], struck: frozenset[int] = frozenset()) -> Results:
    """The results of an order that is given, with the tickets of another."""
    entries, seats = listed(), seats_as_adjusted(announced(), [])
    allotment = allot(announced(), entries, order, struck, seats)
    return Results(announced(), entries, struck, Order(SEED, entries), allotment)


def drawn(seed: str = SEED, struck: frozenset[int] = frozenset()) -> Results:
    return Results.drawn(announced(), listed(), struck, seats_as_adjusted(announced(), []), seed)


@cache
def scenario(struck: frozenset[int] = frozenset()) -> Scenario:
    return Scenario.of(drawn(struck=struck), labels())


@cache
def runs() -> list[Run]:
    return [scenario().run(SEED, number) for number in range(1, scenario().runs + 1)]


def verdict_on(order: Sequence[int]) -> Fairness:
    return judged(scenario(), scenario().happened(drawn_by(order)), runs())


# -- what chance alone would have given ----------------------------------------------------------------------------


def test_b02_the_runs_seed_and_order_are_as_documented() -> None:
    """From the page alone, with nothing of the product; and one value that was computed once and stays."""
    key = hmac.new(bytes.fromhex(SEED), b"expectation/17", hashlib.sha256).digest()
    assert run_seed(SEED, 17) == key
    assert key.hex() == "0b1021fec25363e1e4d37111c59811b1ffbcadf7d5b1c647af62b97babe7e7d8"
    stream = hashlib.shake_256(key).digest(8 * 300)
    by_the_page = sorted(range(300), key=lambda k: (stream[8 * k : 8 * k + 8], k))
    assert list(run_order(key, 300)) == by_the_page
    assert by_the_page[:5] == [3, 275, 182, 150, 41]


def test_b02_a_run_is_the_mechanism_over_the_entries_not_struck() -> None:
    """Counted here anew, entry by entry: winners by party size, day and channel, wins by wish, seats left."""
    struck = frozenset({0, 7, 299})
    kept = [number for number in range(300) if number not in struck]
    order = [kept[place] for place in run_order(run_seed(SEED, 3), len(kept))]
    results = drawn_by(order, struck)
    won = {number: results.allotment.won(number) for number in kept}
    expected: Counter[tuple[str, str]] = Counter()
    of: Counter[tuple[str, str]] = Counter()
    sizes = Counter(listed().seats[number] for number in kept)
    smallest = min((size for size in sizes if sizes[size] >= 5), key=sizes.__getitem__)
    assert sizes[5] == 3, "so few families of five are told together with the next larger group"
    for number in kept:
        party = listed().seats[number]
        groups = [("party", "few" if party in (5, smallest) else str(party))]
        groups += [(kind, keys[number]) for kind, keys in labels().items()]
        of.update(groups)
        expected.update(groups if won[number] else [])
        wishes = list(listed().wishes_of(number))
        of.update(("wish", str(rank)) for rank in range(1, len(wishes) + 1))
        expected.update(("wish", str(wishes.index(slot_won) + 1)) for slot_won in won[number])
    found = scenario(struck)
    assert {(group.kind, group.key): group.of for group in found.groups} == of
    outcome = found.run(SEED, 3).outcome
    assert dict(zip([group[:2] for group in found.groups], outcome.won, strict=True)) == {
        key: expected[key] for key in of}  # fmt: skip
    assert outcome.left == results.allotment.free
    assert found.happened(results) == outcome, "what happened is counted in the same way"


def test_b02_each_person_alone_is_drawn_and_counted_by_their_partys_size() -> None:
    """Two families of two over three seats of the only slot: counted by hand for each order of four persons."""
    rules_of_three = read_rules(rules(slots=[slot("a", 3)]))
    entries = Entries.frozen([entry(1, 2, "a"), entry(2, 2, "a")], rules_of_three)
    results = Results.drawn(rules_of_three, entries, (), [3], SEED)
    small = Scenario.of(results, {})
    assert small.groups == [Group("party", "few", 2), Group("wish", "1", 2)]
    for number in range(1, 31):
        persons = run_order(run_seed(SEED, number), 4)
        left_out = persons[3] // 2
        alone = small.run(SEED, number).alone
        assert alone == Alone([3], [1]), f"the family of {left_out} has one seat, the other two"
    assert small.persons() == [4]


def test_b02_a_scenario_is_the_same_in_the_process_that_draws_it() -> None:
    struck = frozenset({5, 6})
    again = Scenario.unpacked(scenario(struck).packed())
    assert [again.run(SEED, number) for number in (1, 2, 101)] == [
        scenario(struck).run(SEED, number) for number in (1, 2, 101)
    ]  # fmt: skip


@pytest.mark.parametrize(("entries", "expected"), [
    (0, 0), (1, 1000), (100_000, 1000), (100_001, 999), (1_000_000, 100), (1_000_001, 0),
])  # fmt: skip
def test_b02_the_more_entries_the_fewer_runs_and_the_cost_is_bounded(
    entries: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scenario, "__len__", lambda _: entries)
    assert scenario().runs == expected
    assert scenario().runs * entries <= 100_000_000
    assert scenario().runs_alone == expected // 10


# -- the verdict ---------------------------------------------------------------------------------------------------


def test_b02_ranges_hold_the_middle_of_the_runs_and_extremes_are_counted() -> None:
    """By hand: 1,000 runs that gave 1…1,000 winners of 2,000; this draw gave 990, then 1,500."""
    by_hand = [Run(Outcome([number, 0, 0], [number % 7, 0, 0]), None) for number in range(1, 1001)]
    base = scenario()
    base = Scenario(base.rules, base.seats, base.entries, [Group("day", "x", 2000)], base.memberships, base.cells)
    figures = [
        judged(base, Outcome([won], [3, 0, 0]), [run._replace(outcome=Outcome(run.outcome.won[:1], run.outcome.left))
                                                 for run in by_hand])
        for won in (990, 1500)
    ]  # fmt: skip
    first, second = (found.groups[0] for found in figures)
    assert first.range == Range(500_500, 25, 975)
    assert first.as_extreme == 22, "990…1,000 and their like at the other end, about the mean with this draw: 501"
    assert second.as_extreme == 0 and is_unusual(second.as_extreme, 1000)
    assert figures[0].left_in_all.left == 3 and figures[0].left[0].range.high == 6


@pytest.mark.parametrize(("as_extreme", "count", "unusual"), [
    (9, 1000, True), (10, 1000, False), (0, 100, True), (1, 100, False), (0, 98, False), (0, 0, False),
])  # fmt: skip
def test_b02_unusual_is_what_one_fair_draw_in_a_hundred_is(as_extreme: int, count: int, unusual: bool) -> None:
    assert is_unusual(as_extreme, count) is unusual


def unusual(found: Fairness) -> list[Group]:
    return [one.group for one in found.groups if is_unusual(one.as_extreme, found.runs)]


def test_b02_fair_draws_are_called_unusual_about_once_in_a_hundred_however_many_groups_there_are() -> None:
    """400 draws by the product's own order: 4 expected; more than 11 would come once in 1,000 times."""
    seeds = (hashlib.sha256(f"fair {number}".encode()).hexdigest() for number in range(400))
    called = sum(bool(unusual(verdict_on(Order(seed, listed()).by_place))) for seed in seeds)
    assert 1 <= called <= 11


def test_b02_most_draws_have_some_group_outside_its_own_range_and_about_one_group_in_twenty_is() -> None:
    """Why the page says how many groups are outside by chance: never more than 5 % on average."""
    outside = groups = 0
    for number in range(100):
        order = Order(hashlib.sha256(f"range {number}".encode()).hexdigest(), listed()).by_place
        found = verdict_on(order).groups
        outside += sum(not one.range.low <= one.won <= one.range.high for one in found)
        groups += len(found)
    assert 0.02 < outside / groups < 0.055


Biased = Callable[[random.Random, int], float]


def found_of(key: Biased, draws: int = 50) -> float:
    """In which share of draws with this fault the verdict is that it is unusual."""
    caught = 0
    for number in range(draws):
        chosen = random.Random(f"biased {number}")
        keys = [key(chosen, entry_number) for entry_number in range(300)]
        caught += bool(unusual(verdict_on(sorted(range(300), key=keys.__getitem__))))
    return caught / draws


def is_early(number: int) -> bool:
    return labels()["day"][number] <= "2021-06-02"


def test_b02_a_draw_that_prefers_the_first_two_of_eight_days_is_found() -> None:
    """As in the US visa lottery of 2012: nine tenths of the winners were of its first two days."""
    assert found_of(lambda chosen, number: chosen.random() - 0.9 * is_early(number)) == 1.0


def test_b02_a_draw_that_prefers_postcards_is_found() -> None:
    """A third of the entries, with keys smaller by 60 %: power above 0.9."""
    postcard = labels()["channel"]
    assert found_of(lambda chosen, number: chosen.random() * (1 - 0.6 * (postcard[number] == "postcard"))) > 0.9


def test_b02_a_sort_by_the_list_instead_of_the_ticket_is_found() -> None:
    """A wrong sort key: the entries' own order, whatever the seed."""
    assert unusual(verdict_on(range(300)))


def test_b02_what_is_called_detectable_is_found_nine_times_in_ten() -> None:
    """A group's winners raised by just so many, by moving losers of it to the front (who displace some of its own)."""
    day = next(one for one in judged(scenario(), runs()[0].outcome, runs()).groups if one.group.key == "2021-06-03")
    assert day.detectable is not None
    members = [number for number, key in enumerate(labels()["day"]) if key == "2021-06-03"]
    caught, shifts = 0, []
    mean = day.range.total / len(runs())
    for number in range(150):
        chosen = random.Random(f"moved {number}")
        order = chosen.sample(range(300), 300)
        before = drawn_by(order).allotment
        losers = [who for who in members if not before.won(who)]
        moved = chosen.sample(losers, min(day.detectable + 2, len(losers)))
        found = verdict_on([*moved, *(who for who in order if who not in set(moved))])
        shifts.append(next(one.won for one in found.groups if one.group == day.group) - mean)
        caught += day.group in unusual(found)
    assert abs(sum(shifts) / len(shifts) - day.detectable) < 1, "the fault is as large as it was meant to be"
    assert 0.8 <= caught / 150 <= 1.0
