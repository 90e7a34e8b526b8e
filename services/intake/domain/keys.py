"""By which of their contents applications find each other: texts that are hashed under a key before they are kept
(B03). Each kind is a way in which one person's applications are alike however else they differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.intake.domain.addresses import House, house_of
from services.intake.domain.application import Party
from services.intake.domain.names import comparable_name
from services.intake.domain.telephone import called_number
from services.intake.domain.writing import comparable

Kind = Literal["person", "telephone", "email", "home", "half", "house", "member"]
PASSING: tuple[Kind, ...] = ("half", "house", "member")
"""Kinds that only duplicates are found by: they go when the window is closed. By the others a caller is found."""


@dataclass(frozen=True)
class KeyText:
    """A text to be hashed; the hashes of different kinds never meet. In memory only."""

    kind: Kind
    text: str


def key_texts(party: Party) -> Iterator[KeyText]:
    """What a party can be found by, from as much of it as is given.

    person: name and telephone; telephone; email; home: name, the end of the town's name, the first two numbers.
    half: name and either half of the telephone number, so that one slip in it leaves the other. house: the house
    without the name, which may be written wrongly or in another script, with the age where one is given, so that
    families do not meet. member: everybody who is named, with the block where the representative lives.
    """
    name = comparable_name(party.name) if party.name else None
    telephone = called_number(party.telephone) if party.telephone else None
    if telephone:
        yield KeyText("telephone", telephone)
    if party.email:
        yield KeyText("email", comparable(party.email))
    if name and telephone:
        yield KeyText("person", _joined(name, telephone))
        yield KeyText("half", _joined(name, "head", telephone[:-4]))
        yield KeyText("half", _joined(name, "tail", telephone[-4:]))
    if party.address:
        yield from _by_house(party, name, house_of(party.address))


def _by_house(party: Party, name: str | None, house: House) -> Iterator[KeyText]:
    town, lot = house.town[-2:], house.numbers[:2]
    if name:
        yield KeyText("home", _joined(name, town, *lot))
    if party.age is None:
        yield KeyText("house", _joined(town, *house.numbers[:3]))
    else:
        # Two ages that are one year apart have one of these in common.
        yield KeyText("house", _joined(town, *lot, "even", party.age // 2))
        yield KeyText("house", _joined(town, *lot, "odd", (party.age + 1) // 2))
    if party.companions:
        for member in {comparable_name(one) for one in (party.name or "", *party.companions)}:
            yield KeyText("member", _joined(member, town, *lot[:1]))


def _joined(*parts: object) -> str:
    return "\x1f".join(map(str, parts))
