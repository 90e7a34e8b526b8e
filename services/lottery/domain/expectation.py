"""The same entries under other seeds: what chance alone would have given (row B02).

`docs/fairness.md` says every step to the byte, so that anyone can compute it again. Run i of a draw has the seed
HMAC-SHA-256(draw's seed, "expectation/" + i); its order is a stream of SHAKE-256. On purpose that is another order than
the draw's own tickets: an order with a fault would carry the fault into the expectation, and hide it there.
"""

import hashlib
import hmac
import json
import sys
from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from operator import eq
from typing import NamedTuple

from services.lottery.domain.entries import Entries
from services.lottery.domain.grouping import Group, grouped
from services.lottery.domain.mechanism import NOTHING, Allotment, allot
from services.lottery.domain.results import Results
from services.lottery.domain.rules import Rules, read_rules

MOST_RUNS, FEWEST_RUNS = 1000, 100
MOST_TURNS = 100_000_000
"""Entries times runs that are worth their time: a thousand runs up to 100,000 entries, a hundred at a million."""
RUNS_ALONE = 10
"""Every so many-th part of the runs is also drawn with each person alone: there only the mean is said."""
NO_WISH = NOTHING - 1
_ARRAYS = (("seats", "q"), ("wishes", "I"), ("ends", "Q"), ("cells", "I"))


class Outcome(NamedTuple):
    """What one draw gave: `won` by group (entries that won; of kind wish, wins by that wish), seats `left` by slot."""

    won: list[int]
    left: list[int]


class Alone(NamedTuple):
    """Each seat drawn by itself: persons that won, and parties that all won one slot, by party group."""

    persons: list[int]
    together: list[int]


class Run(NamedTuple):
    """One simulated draw; `alone` in every run up to `runs_alone`."""

    outcome: Outcome
    alone: Alone | None


class Scenario:
    """What stays the same in every run: the entries not struck, by number; the seats; who belongs to which group.

    `cells` names for each entry its row of `memberships`, the groups it is counted in.
    """

    def __init__(
        self, rules: Rules, seats: Sequence[int], entries: Entries, groups: Sequence[Group],
        memberships: Sequence[Sequence[int]], cells: "array[int]",
    ) -> None:  # fmt: skip
        self.rules, self.seats, self.entries = rules, list(seats), entries
        self.groups, self.memberships, self.cells = list(groups), list(memberships), cells
        self._wished_at = [_wished_at(entries, rank) for rank in range(_longest(entries))]
        self._wish_groups = [number for number, group in enumerate(self.groups) if group.kind == "wish"]
        self._parties = [number for number, group in enumerate(self.groups) if group.kind == "party"]

    @classmethod
    def of(cls, results: Results, labels: Mapping[str, Sequence[str]]) -> "Scenario":
        """The scenario of a draw. `labels` says by kind ("day", "channel") each entry's key, struck ones included."""
        kept = [number for number in range(len(results.entries)) if number not in results.struck]
        entries = _only(results.rules, results.entries, kept)
        by_kind = {"party": [str(party) for party in entries.seats]}
        by_kind |= {kind: [keys[number] for number in kept] for kind, keys in labels.items()}
        groups, memberships, cells = grouped(by_kind)
        groups += [Group("wish", str(rank + 1), _with_wish(entries, rank)) for rank in range(_longest(entries))]
        return cls(results.rules, _seats_to_draw(results), entries, groups, memberships, cells)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def runs(self) -> int:
        """How many runs are made; 0 where there are too many entries for a hundred, or none."""
        affordable = MOST_TURNS // max(len(self), 1)
        return min(MOST_RUNS, affordable) if len(self) and affordable >= FEWEST_RUNS else 0

    @property
    def runs_alone(self) -> int:
        """In how many of them each person is drawn alone too."""
        return self.runs // RUNS_ALONE

    def happened(self, results: Results) -> Outcome:
        """What the draw itself gave, counted as the runs are."""
        kept = [number not in results.struck for number in range(len(results.entries))]
        allotment = Allotment(list(results.allotment.free))
        allotment.rounds = [array("I", compress(won, kept)) for won in results.allotment.rounds]
        return self._counted(allotment)

    def run(self, seed: str, number: int) -> Run:
        """Run `number`, from 1, of the draw with this seed (64 hex)."""
        key = run_seed(seed, number)
        outcome = self._counted(allot(self.rules, self.entries, run_order(key, len(self)), (), self.seats))
        return Run(outcome, self._alone(key) if number <= self.runs_alone else None)

    @cached_property
    def _singles(self) -> Entries:
        return _each_alone(self.rules, self.entries)

    def persons(self) -> list[int]:
        """Seats that were asked for, by party group."""
        asked: Counter[int] = Counter()
        for cell, party in zip(self.cells, self.entries.seats, strict=True):
            asked[self.memberships[cell][0]] += party
        return [asked[group] for group in self._parties]

    def _counted(self, allotment: Allotment) -> Outcome:
        won = [0] * len(self.groups)
        for cell, winners in Counter(compress(self.cells, map(NOTHING.__ne__, allotment.rounds[0]))).items():
            for group in self.memberships[cell]:
                won[group] += winners
        for group, wished in zip(self._wish_groups, self._wished_at, strict=True):
            won[group] = sum(sum(map(eq, wished, slots)) for slots in allotment.rounds)
        return Outcome(won, list(allotment.free))

    def _alone(self, key: bytes) -> Alone:
        singles = self._singles
        allotment = allot(self.rules, singles, run_order(key, len(singles)), (), self.seats)
        persons: Counter[int] = Counter()
        together: Counter[int] = Counter()
        first, start = allotment.rounds[0], 0
        for cell, party in zip(self.cells, self.entries.seats, strict=True):
            group, beyond = self.memberships[cell][0], start + party
            persons[group] += party - first[start:beyond].count(NOTHING)
            together[group] += _have_one_slot(allotment, range(start, beyond))
            start = beyond
        return Alone([persons[group] for group in self._parties], [together[group] for group in self._parties])

    def packed(self) -> bytes:
        """The scenario as bytes, for a process of its own on this machine."""
        columns = (self.entries.seats, self.entries.wishes, self.entries.ends, self.cells)
        head = {
            "rules": self.rules.plain(), "seats": self.seats, "groups": self.groups,
            "memberships": self.memberships, "lengths": [len(column) for column in columns],
        }  # fmt: skip
        return json.dumps(head).encode() + b"\n" + b"".join(column.tobytes() for column in columns)

    @classmethod
    def unpacked(cls, packed: bytes) -> "Scenario":
        """The scenario from `packed`."""
        line, _, rest = packed.partition(b"\n")
        head, at = json.loads(line), 0
        columns = {}
        for (name, code), length in zip(_ARRAYS, head["lengths"], strict=True):
            column: array[int] = array(code)
            column.frombytes(rest[at : at + length * column.itemsize])
            at += length * column.itemsize
            columns[name] = column
        rules = read_rules(head["rules"])
        entries = _columns(rules, columns["seats"], columns["wishes"], columns["ends"])
        groups = [Group(*group) for group in head["groups"]]
        return cls(rules, head["seats"], entries, groups, head["memberships"], columns["cells"])


def run_seed(seed: str, number: int) -> bytes:
    """The 32 bytes of run `number`: HMAC-SHA-256, key the draw's seed, message ASCII "expectation/" and the number."""
    return hmac.digest(bytes.fromhex(seed), f"expectation/{number}".encode("ascii"), "sha256")


def run_order(key: bytes, entries: int) -> "array[int]":
    """Numbers 0…entries − 1 in the order of a run: ascending by the k-th 8 bytes, big-endian, of SHAKE-256(key)."""
    keys = array("Q", hashlib.shake_256(key).digest(8 * entries))
    if sys.byteorder == "little":
        keys.byteswap()
    return array("I", sorted(range(entries), key=keys.__getitem__))


def _seats_to_draw(results: Results) -> list[int]:
    seats = list(results.allotment.free)
    for won in results.allotment.rounds:
        for number, slot in enumerate(won):
            if slot != NOTHING:
                seats[slot] += results.entries.seats[number]
    return seats


def _columns(rules: Rules, seats: "array[int]", wishes: "array[int]", ends: "array[int]") -> Entries:
    entries = Entries(rules)
    entries.seats, entries.wishes, entries.ends = seats, wishes, ends
    return entries


def _only(rules: Rules, entries: Entries, numbers: Collection[int]) -> Entries:
    seats, wishes, ends = array("q"), array("I"), array("Q", [0])
    for number in numbers:
        seats.append(entries.seats[number])
        wishes.extend(entries.wishes_of(number))
        ends.append(len(wishes))
    return _columns(rules, seats, wishes, ends)


def _each_alone(rules: Rules, entries: Entries) -> Entries:
    seats, wishes, ends = array("q"), array("I"), array("Q", [0])
    for number, party in enumerate(entries.seats):
        wished = entries.wishes_of(number)
        for _ in range(party):
            seats.append(1)
            wishes.extend(wished)
            ends.append(len(wishes))
    return _columns(rules, seats, wishes, ends)


def _have_one_slot(allotment: Allotment, persons: range) -> bool:
    return any(all(slot in allotment.won(person) for person in persons[1:]) for slot in allotment.won(persons[0]))


def _lengths(entries: Entries) -> Iterator[int]:
    return (entries.ends[number + 1] - entries.ends[number] for number in range(len(entries)))


def _longest(entries: Entries) -> int:
    return max(_lengths(entries), default=0)


def _with_wish(entries: Entries, rank: int) -> int:
    return sum(length > rank for length in _lengths(entries))


def _wished_at(entries: Entries, rank: int) -> "array[int]":
    """The slot that each entry wished at this rank, from 0, or NO_WISH."""
    wishes, ends = entries.wishes, entries.ends
    return array("I", [
        wishes[ends[number] + rank] if ends[number] + rank < ends[number + 1] else NO_WISH
        for number in range(len(entries))
    ])  # fmt: skip
