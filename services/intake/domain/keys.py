"""By which of their contents applications find each other: texts that are hashed under a key before they are kept
(B03). Each kind is a way in which one person's applications are alike however else they differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.intake.domain.addresses import house_of
from services.intake.domain.application import Party
from services.intake.domain.names import comparable_name
from services.intake.domain.telephone import called_number
from services.intake.domain.writing import comparable

Kind = Literal["person", "telephone", "email", "home"]


@dataclass(frozen=True)
class KeyText:
    """A text to be hashed; the hashes of different kinds never meet. In memory only."""

    kind: Kind
    text: str


def key_texts(party: Party) -> Iterator[KeyText]:
    """What a party can be found by, from as much of it as is given.

    person: name and telephone; telephone; email; home: name, the end of the town's name, the first two numbers.
    """
    name = comparable_name(party.name) if party.name else None
    telephone = called_number(party.telephone) if party.telephone else None
    if telephone:
        yield KeyText("telephone", telephone)
    if party.email:
        yield KeyText("email", comparable(party.email))
    if name and telephone:
        yield KeyText("person", _joined(name, telephone))
    if name and party.address:
        house = house_of(party.address)
        yield KeyText("home", _joined(name, house.town[-2:], *house.numbers[:2]))


def _joined(*parts: object) -> str:
    return "\x1f".join(map(str, parts))
