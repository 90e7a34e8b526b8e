"""What follows from a rule is worked out once a rule, not once an application."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")
T = TypeVar("T")
MOST_RULES = 64


def once(make: Callable[[R], T]) -> Callable[[R], T]:
    """`make`, whose results are kept for rules already seen.

    A rule is known by identity: hashing one with its hundred towns, as `lru_cache` does, takes longer than asking it.
    """
    known: dict[int, tuple[R, T]] = {}

    def made(rule: R) -> T:
        found = known.get(id(rule))
        if found is None:
            if len(known) >= MOST_RULES:
                known.clear()
            # The rule is kept as well, so that no other can come to lie at its place.
            found = known[id(rule)] = rule, make(rule)
        return found[1]

    return made
