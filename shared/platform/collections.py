"""What services keep, declared: authoritative, derived or passing, and what a replay rebuilds it from (B12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["authoritative", "derived", "passing"]


@dataclass(frozen=True)
class Declared:
    """A collection of a service.

    Authoritative: the service's own word, rebuilt from its own topics. Derived: follows from what it hears. Passing:
    work in hand, nothing that could be missed later. `sources` are the topics that a replay rebuilds it from; where
    there are none, `not_rebuilt` says why.
    """

    name: str
    kind: Kind
    sources: tuple[str, ...] = ()
    not_rebuilt: str = ""


def personal(topic: str, kind: Kind) -> Declared:
    """Sealed parts of the records on `topic`: what an order took off is on it no more, so it can't come back."""
    return Declared("personal", kind, (topic,))


SHARED: tuple[Declared, ...] = (
    Declared("outbox", "passing"),
    Declared("inbox", "passing"),
    Declared("letters", "passing"),
    Declared("jobs", "passing"),
    Declared("leases", "passing"),
    Declared("erased", "derived", ("retention.orders.v1",)),
    Declared("erasures", "authoritative",
             not_rebuilt="what was carried out, and when it was seen, is attested on privacy.receipts.v1"),
)
"""What every service has by its being one."""


def declared(own: tuple[Declared, ...]) -> dict[str, Declared]:
    """A service's own collections and the shared ones, by name. Raises `ValueError` where a name stands twice."""
    both = {one.name: one for one in (*own, *SHARED)}
    if len(both) != len(own) + len(SHARED):
        raise ValueError("a collection is declared twice")
    return both
