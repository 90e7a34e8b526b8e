"""One draw from its seed: order, wins, and the result lines under their Merkle root."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from services.lottery.domain.canonical import Json, LineDigest
from services.lottery.domain.entries import BLOCK, ID_SIZE, Entries
from services.lottery.domain.mechanism import Allotment, allot, outcome_of
from services.lottery.domain.rules import Rules
from services.lottery.domain.seed import TICKET_SIZE, Order
from shared.privacy.merkle import RootBuilder


class Results(NamedTuple):
    """All that the seed decided; `struck` are entries' numbers."""

    rules: Rules
    entries: Entries
    struck: Collection[int]
    order: Order
    allotment: Allotment

    @classmethod
    def drawn(
        cls, rules: Rules, entries: Entries, struck: Collection[int], seats: Sequence[int], seed: str
    ) -> "Results":
        """The draw itself, from `seats` as adjusted (by slot) and the seed (64 hex)."""
        order = Order(seed, entries)
        return cls(rules, entries, struck, order, allot(rules, entries, order.by_place, struck, seats))

    def record(self, place: int) -> dict[str, Json]:
        """The `result` record at a place, which counts from 1."""
        number = self.order.by_place[place - 1]
        won = self.allotment.won(number)
        start = (place - 1) * TICKET_SIZE
        return {
            "type": "result",
            "entry": self.entries.entry(number),
            "place": place,
            "ticket": self.order.tickets[start : start + TICKET_SIZE].hex(),
            "won": [self.rules.slots[slot].slot for slot in won],
            "outcome": outcome_of(won, number in self.struck, self.rules.waiting_list),
        }

    def leaves(self, first: int = 1, last: int | None = None) -> Iterator[bytes]:
        """The canonical result lines without line end, of places `first` to `last` (all if None).

        By hand for the same reason as `Entries.leaves`.
        """
        ids, struck, end = self.entries.ids, self.struck, len(self.order) if last is None else last
        one, *more = self.allotment.rounds
        told: dict[int | tuple[int, ...], tuple[str, str]] = {}
        for start in range(first - 1, end, BLOCK):
            stop = min(start + BLOCK, end)
            tickets = self.order.tickets[start * TICKET_SIZE : stop * TICKET_SIZE].hex()
            for offset, number in enumerate(self.order.by_place[start:stop]):
                # Whoever won the same is told the same: the words are put together once.
                key = one[number] if not more else tuple([won[number] for won in self.allotment.rounds])
                words = told.get(key) or told.setdefault(key, self._words(number))
                outcome, slots = ("struck", "") if number in struck else words
                entry = ids[number * ID_SIZE : (number + 1) * ID_SIZE].hex()
                ticket = tickets[offset * 2 * TICKET_SIZE : (offset + 1) * 2 * TICKET_SIZE]
                yield (
                    f'{{"entry":"{entry}","outcome":"{outcome}","place":{start + offset + 1},'
                    f'"ticket":"{ticket}","type":"result","won":[{slots}]}}'
                ).encode()

    def _words(self, number: int) -> tuple[str, str]:
        """Outcome and the slots won, in JSON, of an entry that is not struck."""
        won = self.allotment.won(number)
        slots = ",".join(f'"{self.rules.slots[slot].slot}"' for slot in won)
        return outcome_of(won, False, self.rules.waiting_list), slots


def add_leaves(leaves: Iterator[bytes], digest: LineDigest) -> str:
    """Hash leaves as lines into the digest of all lines, and give their Merkle root (64 hex), in one pass."""
    tree = RootBuilder()
    while block := list(islice(leaves, BLOCK)):
        tree.add_many(block)
        digest.add_block(b"\n".join(block) + b"\n", len(block))
    return tree.root().hex()
