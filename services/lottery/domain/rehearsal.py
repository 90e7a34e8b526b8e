"""A dry run: the draw's own computation under a throw-away seed, over entries as they are or invented ones (B01, B02).

It can't be taken for a draw: protocol and name are others, which both verifiers refuse; of the result only sums leave
this module, no entry and no seed. The draw's seed is SHA-256 over closing and beacon, which nobody knows before the
close; a dry run's is drawn at random, used once and kept by nobody, so that however many are run, none says anything
about the draw's order. Only the digest of the seed is told: so anybody can see that the draw had another one.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import NamedTuple

from services.lottery.domain.canonical import Json, line_of
from services.lottery.domain.entries import Entries
from services.lottery.domain.results import Results
from services.lottery.domain.rules import Rules
from services.lottery.domain.statistics import alone_with_their_wishes

PROTOCOL = "kujibiki-dry-run/1"
PREFIX = "dry-run-"
"""Begins the name of each: no draw is called so."""
MOST_INVENTED = 100_000


class Sums(NamedTuple):
    """What a dry run tells: pairs are (won, of how many), `left` seats by slot; `seed_digest` 64 hex."""

    entries: int
    won: int
    by_party: dict[str, tuple[int, int]]
    by_rank: dict[str, int]
    left: dict[str, int]
    alone: int
    seed_digest: str


def rehearse(rules: Rules, entries: Entries, struck: Collection[int], seats: Sequence[int], seed: str) -> Sums:
    """One dry run; `struck` are entries' numbers, `seats` by slot, `seed` 64 hex that nobody keeps."""
    allotment = Results.drawn(rules, entries, struck, seats, seed).allotment
    winners, everybody, ranks = Counter[int](), Counter[int](), Counter[int]()
    for number, party in enumerate(entries.seats):
        if number in struck:
            continue
        won, wishes = allotment.won(number), list(entries.wishes_of(number))
        everybody[party] += 1
        winners[party] += bool(won)
        ranks.update(wishes.index(slot) + 1 for slot in won)
    return Sums(
        entries=len(entries), won=winners.total(),
        by_party={str(party): (winners[party], everybody[party]) for party in sorted(everybody)},
        by_rank={str(rank): wins for rank, wins in sorted(ranks.items())},
        left={slot.slot: free for slot, free in zip(rules.slots, allotment.free, strict=True)},
        alone=alone_with_their_wishes(entries), seed_digest=seed_digest(seed))


def seed_digest(seed: str) -> str:
    """SHA-256 of a seed's 32 bytes: what is told of a dry run's, and compared with that of the draw's."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def invented(rules: Rules, count: int, random: Random) -> Entries:
    """`count` made-up entries: parties of all sizes and wishes for all slots alike."""
    slots = [slot.slot for slot in rules.slots]
    most = min(rules.max_wishes, len(slots))
    return Entries.frozen(
        ({"type": "entry", "entry": f"{random.getrandbits(128):032x}", "seats": random.randint(1, rules.max_seats),
          "wishes": random.sample(slots, random.randint(1, most))} for _ in range(count)), rules)


def file_lines(rules: Mapping[str, Json], name: str, told: Mapping[str, Json]) -> list[bytes]:
    """A dry run as a file to keep, marked as one in each line: the rules it tried, and its sums."""
    mark = {"protocol": PROTOCOL, "draw": name}
    return [line_of({**rules, **mark}), line_of({"type": "dry-run", **mark, "is_a_draw": False, **told})]
