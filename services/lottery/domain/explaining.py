"""Why one entry won or did not (rows B01, B02): what was free at its turn for each wish, and what came afterwards.

The same story that the verifiers tell with `--entry`, without drawing again: `Turns` takes one pass over a draw's wins,
and each entry after that a binary search a wish, so that a page can answer among millions.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

from services.lottery.domain.canonical import Json
from services.lottery.domain.faults import OutOfOrder
from services.lottery.domain.mechanism import NOTHING
from services.lottery.domain.records import Struck
from services.lottery.domain.transcript import Transcript

What = Literal["won", "won-already", "day-won", "does-not-fit", "not-needed"]


class Look(NamedTuple):
    """One wish at its entry's turn: in which round (from 1), how many seats of the slot were free, what came of it."""

    round: int
    slot: str
    free: int
    what: What


class Turns:
    """What was free at each turn of a draw that is done: some 12 bytes a win."""

    def __init__(self, transcript: Transcript) -> None:
        if transcript.results is None:
            raise OutOfOrder("turns", "can be told when the draw is done")
        self._results = results = transcript.results
        self._places = results.order.places()
        slots = range(len(results.rules.slots))
        self._turns = [[array("I") for _ in slots] for _ in results.allotment.rounds]
        self._taken = [[array("Q") for _ in slots] for _ in results.allotment.rounds]
        self._note_wins()
        # From what the draw left over, back to what each round began with.
        self._opening = [list(results.allotment.free)]
        for taken in reversed(self._taken):
            self._opening.insert(0, [left + sum(taken[slot]) for slot, left in enumerate(self._opening[0])])
        self._taken = [[array("Q", accumulate(one)) for one in taken] for taken in self._taken]

    def place(self, number: int) -> int:
        """Place of an entry (by number) in the order, from 1."""
        return self._places[number] + 1

    def looks(self, number: int) -> list[Look]:
        """Each wish in each round that the entry took part in; none for one that was struck."""
        if number in self._results.struck:
            return []
        looks: list[Look] = []
        before: list[int] = []
        for round_index, won in enumerate(self._results.allotment.rounds):
            looks += self._looks_in(round_index, number, before)
            if won[number] == NOTHING:
                break
            before.append(won[number])
        return looks

    def _note_wins(self) -> None:
        by_place, seats = self._results.order.by_place, self._results.entries.seats
        for round_index, won in enumerate(self._results.allotment.rounds):
            turns, taken = self._turns[round_index], self._taken[round_index]
            for turn, number in enumerate(reversed(by_place) if round_index % 2 else by_place):
                if won[number] != NOTHING:
                    turns[won[number]].append(turn)
                    taken[won[number]].append(seats[number])

    def _looks_in(self, round_index: int, number: int, before: Sequence[int]) -> Iterator[Look]:
        rules, entries = self._results.rules, self._results.entries
        taken_days = {rules.slots[slot].day for slot in before} if rules.one_win_a_day else set()
        got = False
        for slot in entries.wishes_of(number):
            free = self._free(round_index, slot, number)
            what: What = "won"
            if got:
                what = "not-needed"
            elif slot in before:
                what = "won-already"
            elif rules.slots[slot].day in taken_days:
                what = "day-won"
            elif entries.seats[number] > free:
                what = "does-not-fit"
            got = got or what == "won"
            yield Look(round_index + 1, rules.slots[slot].slot, free, what)

    def _free(self, round_index: int, slot: int, number: int) -> int:
        turn = self._places[number]
        if round_index % 2:
            turn = len(self._places) - 1 - turn
        earlier = bisect_left(self._turns[round_index][slot], turn)
        taken = self._taken[round_index][slot][earlier - 1] if earlier else 0
        return self._opening[round_index][slot] - taken


@dataclass(frozen=True)
class Explanation:
    """One entry's story. Slots by name; `place` from 1 among `of`; `seats` of its party.

    `later` holds each change, revocation and promotion that names it, with its line in the transcript. `ahead`: for an
    entry that waits, how many waiting parties come before it for each slot it wished; else empty.
    """

    entry: str
    place: int
    of: int
    seats: int
    outcome: str
    struck: Struck | None
    won: list[str]
    holds: list[str]
    looks: list[Look]
    later: list[tuple[int, dict[str, Json]]]
    ahead: dict[str, int]


def explain(transcript: Transcript, turns: Turns, entry: str) -> Explanation:
    """The story of an entry (32 hex) of a draw that is done; Refused for one that is not in it."""
    results, holdings = transcript.results, transcript.holdings
    if results is None or holdings is None:
        raise OutOfOrder("entry", "can be explained when the draw is done")
    number, slots = results.entries.number(entry), results.rules.slots
    result = results.record(turns.place(number))
    return Explanation(
        entry=entry, place=turns.place(number), of=len(results.order), seats=results.entries.seats[number],
        outcome=str(result["outcome"]), struck=transcript.strike_of(number),
        won=[slots[slot].slot for slot in results.allotment.won(number)],
        holds=[slots[slot].slot for slot in holdings.holds(number)],
        looks=turns.looks(number),
        later=[(line, record) for line, record in transcript.changes() if record.get("entry") == entry],
        ahead={slots[slot].slot: ahead for slot, ahead in holdings.ahead(number).items()},
    )
