"""One applicant, one application that counts, across both channels: what follows from pairs that were judged (B03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.envelope import Id

About = Literal["applicant", "party"]
"""What a pair may be alike in: its applicants are one, or its parties name the same people (a family that split)."""

DUPLICATE, SPLIT_PARTY = "duplicate", "split-party"


@dataclass(frozen=True)
class Candidate:
    """One of several applications by the same person. `order` decides between equal times.

    `came_at` is when it reached the ward: how long a postcard lay before it was keyed in is not its sender's doing.
    """

    application: Id
    came_at: datetime
    order: int
    living: bool = True


@dataclass(frozen=True)
class Same:
    """Two applications that were judged to be one applicant's, or one party's."""

    one: Id
    other: Id
    about: About = "applicant"


@dataclass(frozen=True)
class Surplus:
    """An application that does not count, why, and the one that does and whose contact hears of it."""

    application: Id
    told_with: Id
    reason: str


def groups(edges: Iterable[tuple[Id, Id]]) -> list[set[Id]]:
    """All that hang together by pairs: A is B, B is C, so A is C."""
    group_of: dict[Id, set[Id]] = {}
    for one, other in edges:
        joined = group_of.get(one, {one}) | group_of.get(other, {other})
        group_of.update(dict.fromkeys(joined, joined))
    return list({id(group): group for group in group_of.values()}.values())


def contradicts(
    same: Iterable[tuple[Id, Id]], different: Iterable[tuple[Id, Id]]
) -> tuple[Id, Id] | None:
    """Two that were judged different and hang together by others that were judged the same; None where all fits."""
    member = {application: number for number, group in enumerate(groups(same)) for application in group}
    return next((pair for pair in different if pair[0] in member and member[pair[0]] == member.get(pair[1])), None)


def in_order(candidates: Iterable[Candidate], counts: Literal["first", "last"]) -> list[Candidate]:
    """The candidates, the one that counts first."""
    return sorted(candidates, key=lambda one: (one.came_at, one.order, one.application), reverse=counts == "last")


def surplus(
    candidates: Iterable[Candidate], same: Iterable[Same], counts: Literal["first", "last"]
) -> Iterator[Surplus]:
    """All but the one of each group that counts. Whoever withdrew binds others together but takes no part."""
    living = {one.application: one for one in candidates if one.living}
    pairs = list(same)
    persons = {application for pair in pairs if pair.about == "applicant" for application in (pair.one, pair.other)}
    for group in groups((pair.one, pair.other) for pair in pairs):
        ordered = in_order((living[one] for one in group if one in living), counts)
        for other in ordered[1:]:
            reason = DUPLICATE if other.application in persons else SPLIT_PARTY
            yield Surplus(other.application, ordered[0].application, reason)
