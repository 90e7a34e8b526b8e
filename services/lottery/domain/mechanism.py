"""The mechanism `ranked-rounds`: whole parties, ranked wishes, one order for all slots (rows B02, S06).

Round r of `max_wins`: in order, reversed when r is even, each entry that has r − 1 wins takes its best wish
in which its whole party fits, that it has not won already and, with `one_win_a_day`, whose day it has not
won. With one win this is random serial dictatorship: telling the truth about one's wishes is the best one
can do.
"""

from array import array
from collections.abc import Collection, Mapping, Sequence

from services.lottery.domain.entries import Entries
from services.lottery.domain.faults import Refused
from services.lottery.domain.rules import Rules

NOTHING = 0xFFFFFFFF
"""In a round: this entry won nothing."""


class Allotment:
    """What the draw gave: `rounds[r][number]` is the slot won in round r + 1 or NOTHING; `free` seats by slot."""

    def __init__(self, free: list[int]) -> None:
        self.rounds: list[array[int]] = []
        self.free = free

    def won(self, number: int) -> list[int]:
        """Slot numbers in the order won."""
        return [won[number] for won in self.rounds if won[number] != NOTHING]


def seats_as_adjusted(rules: Rules, adjustments: Sequence[tuple[int, int]]) -> list[int]:
    """Seats by slot after (slot number, signed seats) were applied in their order; never below none."""
    seats = [slot.seats for slot in rules.slots]
    for slot, signed in adjustments:
        if signed == 0:
            raise Refused("seats", "an adjustment of 0 seats says nothing", "seats-zero")
        seats[slot] += signed
        if seats[slot] < 0:
            raise Refused("seats", f"{rules.slots[slot].slot} would have {seats[slot]} seats", "seats-below-none")
    return seats


def allot(
    rules: Rules, entries: Entries, by_place: Sequence[int], struck: Collection[int], seats: Sequence[int]
) -> Allotment:
    """The draw: entries (by number) in the order `by_place`, over `seats` free by slot, without the struck ones."""
    allotment = Allotment(list(seats))
    most = min(rules.max_wins, rules.max_wishes, len(rules.slots))
    candidates = by_place
    if struck:
        candidates = array("I", [number for number in by_place if number not in struck])
    for _ in range(most):
        if allotment.rounds:
            won = _later_round(rules, entries, candidates, allotment)
        else:
            won = _first_round(entries, candidates, allotment.free)
        allotment.rounds.append(won)
        # Who got nothing in this round is out of the next; the next goes the other way round.
        candidates = array("I", [number for number in reversed(candidates) if won[number] != NOTHING])
        if not candidates:
            break
    return allotment


def _first_round(entries: Entries, candidates: Sequence[int], free: list[int]) -> "array[int]":
    won = array("I", [NOTHING]) * len(entries)
    seats, wishes, ends = entries.seats, entries.wishes, entries.ends
    for number in candidates:
        party = seats[number]
        for slot in wishes[ends[number] : ends[number + 1]]:
            if party <= free[slot]:
                free[slot] -= party
                won[number] = slot
                break
    return won


def _later_round(rules: Rules, entries: Entries, candidates: Sequence[int], allotment: Allotment) -> "array[int]":
    won = array("I", [NOTHING]) * len(entries)
    free, days = allotment.free, [slot.day for slot in rules.slots]
    for number in candidates:
        party, before = entries.seats[number], allotment.won(number)
        taken_days = {days[slot] for slot in before} if rules.one_win_a_day else set()
        for slot in entries.wishes_of(number):
            if party <= free[slot] and slot not in before and days[slot] not in taken_days:
                free[slot] -= party
                won[number] = slot
                break
    return won


def outcome_of(won: Sequence[int], is_struck: bool, waiting_list: bool) -> str:
    """The word of the result: "struck", "won", "waiting" or "lost"."""
    if is_struck:
        return "struck"
    if won:
        return "won"
    return "waiting" if waiting_list else "lost"


def capacity_faults(rules: Rules, entries: Entries, allotment: Allotment, seats: Sequence[int]) -> Mapping[str, int]:
    """Slots given more seats than they have, with how many too many: empty, or something is broken."""
    given = [0] * len(rules.slots)
    for won in allotment.rounds:
        for number, slot in enumerate(won):
            if slot != NOTHING:
                given[slot] += entries.seats[number]
    return {rules.slots[slot].slot: over - seats[slot] for slot, over in enumerate(given) if over > seats[slot]}
