"""One applicant, one application that counts, across both channels (B03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.envelope import Id


@dataclass(frozen=True)
class Candidate:
    """One of several applications by the same person. `order` decides between equal times."""

    application: Id
    taken_at: datetime
    order: int


@dataclass(frozen=True)
class Surplus:
    """An application that does not count, and the one that does and whose contact hears of it."""

    application: Id
    told_with: Id


def surplus(candidates: Iterable[Candidate]) -> Iterator[Surplus]:
    """All but the first that was taken."""
    first, *others = sorted(candidates, key=lambda one: (one.taken_at, one.order, one.application))
    for other in others:
        yield Surplus(other.application, told_with=first.application)
