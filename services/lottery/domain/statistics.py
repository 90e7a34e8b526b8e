"""What the public page says of the fairness of a draw (row B02): rates, seats left over, envy, who stands alone.

Counts only: no entry is named, and nothing here decides anything.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.lottery.domain.entries import Entries
from services.lottery.domain.mechanism import NOTHING, Allotment
from services.lottery.domain.rules import Rules


class Rate(NamedTuple):
    """`won` out of `all` entries that were not struck."""

    won: int
    all: int


class Envy(NamedTuple):
    """A fault: `envious` (an entry's number) came first, wished `slot` more than what it got, and fitted."""

    envious: int
    slot: int


def win_rate_by_party_size(entries: Entries, allotment: Allotment, struck: Collection[int]) -> dict[int, Rate]:
    """For each party size in seats: how many won at least one slot, out of how many."""
    won: Counter[int] = Counter()
    everybody: Counter[int] = Counter()
    first = allotment.rounds[0]
    for number, party in enumerate(entries.seats):
        if number not in struck:
            everybody[party] += 1
            won[party] += first[number] != NOTHING
    return {party: Rate(won[party], everybody[party]) for party in sorted(everybody)}


def wins_by_wish_rank(entries: Entries, allotment: Allotment) -> dict[int, int]:
    """How many wins were a first wish (1), a second one (2), and so on."""
    ranks: Counter[int] = Counter()
    for won in allotment.rounds:
        for number, slot in enumerate(won):
            if slot != NOTHING:
                ranks[list(entries.wishes_of(number)).index(slot) + 1] += 1
    return dict(sorted(ranks.items()))


def seats_left_over(rules: Rules, allotment: Allotment) -> dict[str, int]:
    """Seats of each slot that the draw gave to nobody, in programme order."""
    return {slot.slot: free for slot, free in zip(rules.slots, allotment.free, strict=True)}


def justified_envy(
    entries: Entries, by_place: Sequence[int], allotment: Allotment, struck: Collection[int]
) -> Envy | None:
    """The last entry, if any, that envies with reason; None is what a draw with one win must give.

    Envy is justified if somebody placed later, with a party at least as large, won a slot that this entry
    wished more than what it got.
    """
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
                return Envy(number, slot)
        if got != NOTHING and party > largest_later[got]:
            largest_later[got] = party
    return None


def alone_with_their_wishes(entries: Entries) -> int:
    """How many entries share (seats, wishes) with nobody: what a reader of a full transcript could single out."""
    seen = Counter((party, tuple(entries.wishes_of(number))) for number, party in enumerate(entries.seats))
    return sum(1 for count in seen.values() if count == 1)


def slots_tight_for_families(rules: Rules) -> list[str]:
    """Slots of which the largest allowed party is more than 5 % of the seats: there skipping favours small parties."""
    return [slot.slot for slot in rules.slots if rules.max_seats * 20 > slot.seats]
