"""Who may apply: residents, by a rule on the address that explains itself (S04)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.intake.domain.writing import comparable, with_plain_dashes
from shared.contracts.programme import Residency

_POSTAL_CODE = re.compile(r"^〒?\d{3}-?\d{4}")
_PREFECTURE = re.compile(
    r"^(?:東京都|北海道|京都府|大阪府|(?:神奈川|和歌山|鹿児島|[^都道府県市区町村]{2})県)"
)


@dataclass(frozen=True)
class Eligibility:
    """Whether the address is within the rule, and which of the rule's beginnings it has."""

    resident: bool
    matched: str | None = None


def eligibility(address: str, rule: Residency | None) -> Eligibility:
    """Whether `address` begins as `rule` wants it.

    Width, spaces and a postal code make no difference. The prefecture may be left out; one that the rule
    does not name is wrong where the rule names any.
    """
    if rule is None:
        return Eligibility(True)
    written = _POSTAL_CODE.sub("", with_plain_dashes(comparable(address)))
    prefecture, place = _split(written)
    rules = {wanted: _split(comparable(wanted)) for wanted in rule.addresses}
    named = {of_rule for of_rule, _ in rules.values() if of_rule}
    for wanted, (of_rule, rule_place) in rules.items():
        allowed = {"", of_rule} if of_rule else {"", *named} if named else {prefecture}
        if prefecture in allowed and place.startswith(rule_place):
            return Eligibility(True, wanted)
    return Eligibility(False)


def _split(address: str) -> tuple[str, str]:
    """Prefecture, which may be empty, and the rest."""
    found = _PREFECTURE.match(address)
    return (found.group(), address[found.end():]) if found else ("", address)
