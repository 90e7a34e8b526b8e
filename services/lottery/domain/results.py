"""One draw from its seed: order, wins, and the result lines under their Merkle root."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from services.lottery.domain.canonical import Json, LineDigest
from services.lottery.domain.entries import Entries
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

    def leaves(self) -> Iterator[bytes]:
        """The canonical result lines without line end, by place; by hand for the same reason as `Entries.leaves`."""
        quoted = [f'"{slot.slot}"' for slot in self.rules.slots]
        tickets, ids = self.order.tickets.hex(), self.entries.ids
        waits, struck, rounds = self.rules.waiting_list, self.struck, self.allotment.rounds
        one_win = rounds[0] if len(rounds) == 1 else None
        for place, number in enumerate(self.order.by_place):
            # With one win a list from 0 to 1 slots; taken apart here because this loop runs millions of
            # times.
            won = self.allotment.won(number) if one_win is None else [s for s in (one_win[number],) if s < len(quoted)]
            slots = ",".join([quoted[slot] for slot in won])
            outcome = outcome_of(won, number in struck, waits)
            entry, ticket = ids[number * 16 : number * 16 + 16].hex(), tickets[place * 64 : place * 64 + 64]
            yield (
                f'{{"entry":"{entry}","outcome":"{outcome}","place":{place + 1},'
                f'"ticket":"{ticket}","type":"result","won":[{slots}]}}'
            ).encode()


def add_leaves(leaves: Iterator[bytes], digest: LineDigest) -> str:
    """Hash leaves as lines into the digest of all lines, and give their Merkle root (64 hex), in one pass."""
    tree = RootBuilder()
    block: list[bytes] = []
    for leaf in leaves:
        tree.add(leaf)
        block.append(leaf)
        if len(block) == 1024:
            digest.add_block(b"\n".join(block) + b"\n", len(block))
            block.clear()
    if block:
        digest.add_block(b"\n".join(block) + b"\n", len(block))
    return tree.root().hex()
