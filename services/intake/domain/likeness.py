"""How much two parties look like one applicant's, with every reason, for and against (B03).

Each item is compared for itself and adds or takes points. What one person does (moves house, has two numbers, writes
a name in another script) costs little; what only two people can be (other given names, other ages) costs much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import jaconv
from rapidfuzz.distance import OSA

from services.intake.domain.addresses import House, house_of
from services.intake.domain.application import Party
from services.intake.domain.names import comparable_name
from services.intake.domain.telephone import called_number
from services.intake.domain.writing import comparable

Reason = Literal[
    "name-same", "name-variant", "name-kana", "name-order", "name-near", "name-script", "name-family", "name-given",
    "name-other", "telephone-same", "telephone-near", "telephone-other", "email-same", "email-other",
    "address-same", "address-shorter", "address-near", "address-other", "age-same", "age-near", "age-other",
    "companions-shared",
]

POINTS: dict[Reason, int] = {
    "name-same": 40, "name-variant": 40, "name-kana": 34, "name-order": 34, "name-near": 20, "name-script": 0,
    "name-family": 5, "name-given": -45, "name-other": -45,
    "telephone-same": 30, "telephone-near": 18, "telephone-other": -5,
    "email-same": 30, "email-other": -3,
    "address-same": 20, "address-shorter": 18, "address-near": 10, "address-other": -10,
    "age-same": 8, "age-near": 2, "age-other": -30,
    "companions-shared": 8,
}
SHOWN, CERTAIN = 50, 85
"""From SHOWN points on a person looks; from CERTAIN on it needs nobody, if the contacts agree as well."""

_ONE_NAME: frozenset[Reason] = frozenset({"name-same", "name-variant"})
_ONE_HOUSE: frozenset[Reason] = frozenset({"address-same", "address-shorter"})
_LATIN = re.compile("[a-z]")
_KANA = re.compile("[\u3041-\u30ff]+")
_WORDS = re.compile(r"[\s,・.]+")


@dataclass(frozen=True)
class Likeness:
    """`score` from 0 to 100, and the reasons in the order of the form."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def shown(self) -> bool:
        """Whether it may be one applicant."""
        return self.score >= SHOWN

    @property
    def certain(self) -> bool:
        """Whether nothing else is possible: the very name, a way to reach the applicant, and the age, without which
        father and son of one name look the same."""
        found = set(self.reasons)
        return self.score >= CERTAIN and all(
            found & needed for needed in (_ONE_NAME, {"email-same", "telephone-same"}, {"age-same", "age-near"}))


def likeness(one: Party, other: Party) -> Likeness:
    """Compares two parties; an item that either lacks says nothing."""
    reasons = tuple(_reasons(one, other))
    return Likeness(max(0, min(100, sum(POINTS[reason] for reason in reasons))), reasons)


def contacts_agree(one: Party, other: Party, found: Likeness, counts: Literal["first", "last"]) -> bool:
    """Whether the one that counts is told where the other would be, so that no stranger can void an application.

    By mail: the same address. By post: one house and telephone. One by mail and one by post can only be held together
    by house and telephone, which a stranger may know: enough where the first counts, as nothing sent later can void
    it, and not where the last does.
    """
    reasons = set(found.reasons)
    if one.email and other.email:
        return "email-same" in reasons
    by_post = not one.email and not other.email
    return (by_post or counts == "first") and "telephone-same" in reasons and bool(reasons & _ONE_HOUSE)


def shared_people(one: Party, other: Party) -> int:
    """How many people are named in both, representatives included."""
    return len(_people(one) & _people(other))


def _people(party: Party) -> set[str]:
    return {comparable_name(name) for name in (party.name, *party.companions) if name}


def _reasons(one: Party, other: Party) -> Iterator[Reason]:
    if one.name and other.name:
        yield _name(one.name, other.name)
    if one.address and other.address:
        yield _address(house_of(one.address), house_of(other.address))
    if one.age is not None and other.age is not None:
        yield _age(abs(one.age - other.age))
    if one.telephone and other.telephone:
        yield _telephone(*(called_number(number) or number for number in (one.telephone, other.telephone)))
    if one.email and other.email:
        yield "email-same" if comparable(one.email) == comparable(other.email) else "email-other"
    if set(map(comparable_name, one.companions)) & set(map(comparable_name, other.companions)):
        yield "companions-shared"


def _name(one: str, other: str) -> Reason:
    a, b = comparable_name(one), comparable_name(other)
    if a == b:
        return "name-same" if comparable(one) == comparable(other) else "name-variant"
    if jaconv.hira2kata(a) == jaconv.hira2kata(b):
        return "name-kana"
    if _words(one) == _words(other):
        return "name-order"
    if _script(a) != _script(b):
        return "name-script"
    if OSA.distance(a, b) <= _slips(min(len(a), len(b))):
        return "name-near"
    return _part_of_name(a, b)


def _words(name: str) -> list[str]:
    return sorted(comparable_name(word) for word in _WORDS.split(name) if word)


def _script(name: str) -> str:
    """Latin, kana or mixed with kanji: names in different scripts say nothing of each other."""
    if _LATIN.search(name):
        return "latin"
    return "kana" if _KANA.fullmatch(name) else "kanji"


def _slips(length: int) -> int:
    """How many characters may differ by a slip: of a name of two, one is half of it."""
    return 0 if length < 3 else 1 if length < 8 else 2


def _part_of_name(a: str, b: str) -> Reason:
    """A family name that changed by marriage or is a common name (通称), or another member of the family."""
    if a[-2:] == b[-2:]:
        return "name-family"
    return "name-given" if a[0] == b[0] else "name-other"


def _address(one: House, other: House) -> Reason:
    a, b = one.numbers, other.numbers
    towns = one.town.endswith(other.town) or other.town.endswith(one.town)
    if a == b and towns:
        return "address-same"
    common = min(len(a), len(b))
    if towns and common >= 2 and a[:common] == b[:common]:
        return "address-shorter"
    close = OSA.distance(_digits(a[:3]), _digits(b[:3])) <= 1 if towns else a[:3] == b[:3] and bool(a) and (
        OSA.distance(one.town, other.town) <= 1)
    return "address-near" if close else "address-other"


def _digits(numbers: tuple[int, ...]) -> str:
    return "-".join(map(str, numbers))


def _age(apart: int) -> Reason:
    return "age-same" if apart == 0 else "age-near" if apart == 1 else "age-other"


def _telephone(one: str, other: str) -> Reason:
    if one == other:
        return "telephone-same"
    return "telephone-near" if OSA.distance(one, other) <= 1 else "telephone-other"
