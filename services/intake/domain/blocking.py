"""Which applications are compared at all: those that share a search key (B03)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from shared.contracts.envelope import Id

LARGEST = 50
"""So many may share one key (a nursing home's telephone) and still be compared each with each."""


def pairs_to_compare(keys: Mapping[Id, Sequence[str]], firsts: Collection[Id]) -> set[tuple[Id, Id]]:
    """Pairs of ids, the lesser one first and among `firsts`, of applications that have a key in common.

    Where more than LARGEST share a key, a second one must be shared too; and where more than that share both, each is
    compared with the next, which holds them together if they are one applicant's.
    """
    found = set[tuple[Id, Id]]()
    for key, block in _blocks(keys).items():
        found.update(pair for pair in _pairs_of(block, key, keys) if pair[0] in firsts)
    return found


def _blocks(keys: Mapping[Id, Iterable[str]]) -> dict[str, list[Id]]:
    blocks: dict[str, list[Id]] = defaultdict(list)
    for application in sorted(keys):
        for key in keys[application]:
            blocks[key].append(application)
    return blocks


def _pairs_of(block: list[Id], key: str, keys: Mapping[Id, Sequence[str]]) -> Iterator[tuple[Id, Id]]:
    if len(block) <= LARGEST:
        yield from combinations(block, 2)
        return
    others = _blocks({application: [one for one in keys[application] if one != key] for application in block})
    for narrower in others.values():
        yield from combinations(narrower, 2) if len(narrower) <= LARGEST else pairwise(narrower)
