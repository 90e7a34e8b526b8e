"""Who is compared with whom: entries by party size, day of application, channel (row B02)."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

FEWEST = 5
"""Smaller groups are put together as `FEW`, with the next larger one if they are too few together: of them nothing
could be told, and somebody could be recognised."""
FEW = "few"


class Group(NamedTuple):
    """Those who are compared: `kind` is party, day, channel or wish, `key` which one, `of` how many entries."""

    kind: str
    key: str
    of: int


class Grouped(NamedTuple):
    """The groups; `cells` names for each entry its row of `memberships`, the numbers of its groups, one a kind."""

    groups: list[Group]
    memberships: list[list[int]]
    cells: "array[int]"


def grouped(by_kind: Mapping[str, Sequence[str]]) -> Grouped:
    """Groups by kind, in the order of the kinds; each kind says every entry's key."""
    groups: list[Group] = []
    columns: list[list[int]] = []
    for kind, keys in by_kind.items():
        sizes = Counter(keys)
        few = _few(sizes)
        named = [Group(kind, key, sizes[key]) for key in sorted(sizes.keys() - few, key=_in_order)]
        named += [Group(kind, FEW, sum(sizes[key] for key in few))] if few else []
        numbers = {group.key: len(groups) + place for place, group in enumerate(named)}
        columns.append([numbers[FEW if key in few else key] for key in keys])
        groups += named
    combinations = list(zip(*columns, strict=True))
    cell_of = {combination: cell for cell, combination in enumerate(sorted(set(combinations)))}
    memberships = [list(combination) for combination in cell_of]
    return Grouped(groups, memberships, array("I", [cell_of[combination] for combination in combinations]))


def _few(sizes: Mapping[str, int]) -> set[str]:
    smallest_first = sorted(sizes, key=lambda key: (sizes[key], _in_order(key)))
    few = [key for key in smallest_first if sizes[key] < FEWEST]
    if few and sum(sizes[key] for key in few) < FEWEST:
        few = smallest_first[: len(few) + 1]
    return set(few)


def _in_order(key: str) -> tuple[int, str]:
    return (int(key) if key.isdigit() else 0, key)


