"""Who may apply: residents, by a rule on the address that explains itself (S04)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from services.intake.domain.fault import Fault
from services.intake.domain.once import once
from services.intake.domain.towns import comparable_place, place_of
from shared.contracts.programme import Residency, Town
from shared.contracts.programme_base import Words

_POSTAL_CODE = re.compile(r"^〒?\d{3}-?\d{4}")
_PREFECTURE = re.compile(
    r"^(?:東京都|北海道|京都府|大阪府|(?:神奈川|和歌山|鹿児島|[^都道府県市区町村]{2})県)"
)
Finding = Literal[
    "resident", "anybody", "not-resident", "no-municipality", "unknown-town", "other-block", "no-block"
]
_UNCLEAR: frozenset[Finding] = frozenset({"no-municipality", "unknown-town", "no-block"})


@dataclass(frozen=True)
class Eligibility:
    """What was found in an address, and by which part of the rule: the beginning it has, and the town after it.

    `finding`: resident; anybody (no rule); not-resident (another place); no-municipality (a listed town without
    the municipality before it); unknown-town (none that is listed); no-block (none given where the town has only
    some); other-block (one that may not apply).
    """

    finding: Finding
    matched: str | None = None
    town: Town | None = None

    @property
    def resident(self) -> bool:
        """Whether the application may be taken."""
        return self.finding in ("resident", "anybody")

    @property
    def unclear(self) -> bool:
        """Whether the address says too little to decide: a person looks, nobody is turned away for it."""
        return self.finding in _UNCLEAR


def eligibility(address: str, rule: Residency | None) -> Eligibility:
    """Whether `address` begins as `rule` wants it, with one of its towns where it lists any.

    Width, spaces, spellings of a town and a postal code make no difference. The prefecture may be left out; one that
    the rule does not name is wrong where the rule names any.
    """
    if rule is None:
        return Eligibility("anybody")
    prefecture, place = _split(_POSTAL_CODE.sub("", comparable_place(address)))
    beginnings = _beginnings(rule)
    named = {of_rule for of_rule, _ in beginnings.values() if of_rule}
    for wanted, (of_rule, rule_place) in beginnings.items():
        allowed = {"", of_rule} if of_rule else {"", *named} if named else {prefecture}
        if prefecture in allowed and place.startswith(rule_place):
            return _by_town(place[len(rule_place):], wanted, rule)
    found = place_of(place, rule) if not prefecture or prefecture in named else None
    return Eligibility("no-municipality", max(rule.addresses, key=len), found.town) if found else (
        Eligibility("not-resident"))


def residency_fault(found: Eligibility, rule: Residency | None) -> Fault | None:
    """Why the address does not do, beside its field: the rule that decided, in its own words. None for residents."""
    if found.resident or rule is None:
        return None
    town = found.town
    quoted: dict[str, str | int | Words] = {
        "rule": rule.rule, "municipality": found.matched or "", "town": town.name if town else "",
        "blocks": ranges(town.blocks) if town else ""}
    return Fault("address", found.finding, quoted)


def ranges(numbers: Iterable[int]) -> str:
    """`1, 2, 3, 5` as `1–3, 5`."""
    ordered = sorted(set(numbers))
    runs = [[number for _, number in run] for _, run in groupby(enumerate(ordered), key=lambda one: one[1] - one[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


@once
def _beginnings(rule: Residency) -> dict[str, tuple[str, str]]:
    """Each beginning that the rule wants, as prefecture and rest of a comparable copy."""
    return {wanted: _split(comparable_place(wanted)) for wanted in rule.addresses}


def _by_town(after: str, matched: str, rule: Residency) -> Eligibility:
    if not rule.towns:
        return Eligibility("resident", matched)
    found = place_of(after, rule)
    if found is None:
        return Eligibility("unknown-town", matched)
    if not found.town.blocks or found.block in found.town.blocks:
        return Eligibility("resident", matched, found.town)
    return Eligibility("no-block" if found.block is None else "other-block", matched, found.town)


def _split(address: str) -> tuple[str, str]:
    """Prefecture, which may be empty, and the rest."""
    found = _PREFECTURE.match(address)
    return (found.group(), address[found.end():]) if found else ("", address)
