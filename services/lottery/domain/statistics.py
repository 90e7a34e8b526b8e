"""What is counted of a draw and its entries (row B02): envy, who stands alone, slots that are tight for families.

Counts only: no entry is named, and nothing here decides anything.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.lottery.domain.entries import Entries
from services.lottery.domain.mechanism import NOTHING, Allotment
from services.lottery.domain.results import Results


class Envy(NamedTuple):
    """A fault: `envious` (an entry's number) came first, wished `slot` more than what it got, and fitted."""

    envious: int
    slot: int


def outcomes(results: Results) -> dict[str, int]:
    """How many entries won, wait, lost, and were struck."""
    struck = len(results.struck)
    # Who wins in a later round has won in the first one.
    won = len(results.entries) - results.allotment.rounds[0].count(NOTHING)
    nothing = len(results.entries) - won - struck
    waits = results.rules.waiting_list
    return {"won": won, "waiting": nothing if waits else 0, "lost": 0 if waits else nothing, "struck": struck}


def justified_envy(
    entries: Entries, by_place: Sequence[int], allotment: Allotment, struck: Collection[int]
) -> list[Envy]:
    """All entries that envy with reason, the last first; none is what a draw with one win must give.

    Envy is justified if somebody placed later, with a party at least as large, won a slot that this entry
    wished more than what it got.
    """
    found: list[Envy] = []
    won = allotment.rounds[0]
    largest_later = [0] * len(allotment.free)
    for number in reversed(by_place):
        if number in struck:
            continue
        got, party = won[number], entries.seats[number]
        for slot in entries.wishes_of(number):
            if slot == got:
                break
            if largest_later[slot] >= party:
                found.append(Envy(number, slot))
                break
        if got != NOTHING and party > largest_later[got]:
            largest_later[got] = party
    return found


def alone_with_their_wishes(entries: Entries) -> int:
    """How many entries share (seats, wishes) with nobody: what a reader of a full transcript could single out."""
    seats, wishes, ends = entries.seats, entries.wishes, entries.ends
    # Bytes as keys: a third of the memory that tuples would take.
    seen = Counter(
        seats[number : number + 1].tobytes() + wishes[ends[number] : ends[number + 1]].tobytes()
        for number in range(len(entries))
    )
    return sum(1 for count in seen.values() if count == 1)
