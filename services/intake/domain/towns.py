"""Towns and blocks as people write them: 市ヶ谷 and 市谷, 二丁目8番 and 2-8 (S04)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import kanjize

from services.intake.domain.names import comparable_name
from services.intake.domain.once import once
from services.intake.domain.writing import with_plain_dashes
from shared.contracts.programme import Residency, Town

_KANJI = "\u3400-\u9fff"
# Written or left out as one likes: 市ヶ谷, 市谷; 霞ケ丘, 霞が丘; 四ツ谷, 四谷; between numerals の is a hyphen.
_LOOSE = re.compile(
    f"(?<=[{_KANJI}])[ヶケがツッつっ](?=[{_KANJI}])|(?<=[^\\W一二三四五六七八九十])[ノの](?=[{_KANJI}])")
_SECTION = re.compile("^(?:大字|字)")
_BLOCK = re.compile("([0-9]{1,3}|[一二三四五六七八九十]{1,3})(?:丁目|-|の|$)")
_POSTAL_CODE = re.compile("([0-9]{3})-?([0-9]{4})")


@dataclass(frozen=True)
class Place:
    """A town of the rule, and the block that was written after it, if one was."""

    town: Town
    block: int | None


def comparable_place(text: str) -> str:
    """A copy of an address for comparing: width, spaces, dashes, variant characters and loose kana are folded."""
    return _LOOSE.sub("", comparable_name(with_plain_dashes(text)))


def place_of(after_municipality: str, rule: Residency) -> Place | None:
    """Where an address lies, from a comparable copy of what follows the municipality; None for an unlisted town."""
    rest = _SECTION.sub("", after_municipality)
    for name, town in _by_beginning(rule).get(rest[:1], ()):
        if rest.startswith(name):
            return Place(town, _block(rest[len(name):]))
    return None


def address_of(postal_code: str, rule: Residency) -> str | None:
    """How an address with this postal code begins: the code, the municipality, the town where it is the only one.

    None for a code that no listed town has; `postal_code` in any width, with or without a hyphen.
    """
    towns = [town.name for town in rule.towns if postal_code in town.postal_codes]
    municipality = max(rule.addresses, key=len)
    return f"〒{postal_code} {municipality}{towns[0] if len(towns) == 1 else ''}" if towns else None


def postal_code_of(typed: str) -> str | None:
    """The code as `160-0022`, from however it was typed; None when it cannot be one."""
    found = _POSTAL_CODE.fullmatch(comparable_name(with_plain_dashes(typed)).removeprefix("〒"))
    return f"{found[1]}-{found[2]}" if found else None


@once
def _by_beginning(rule: Residency) -> dict[str, list[tuple[str, Town]]]:
    """Names and towns by the name's first character; 四谷坂町 is looked for before 四谷."""
    named: dict[str, list[tuple[str, Town]]] = {}
    for name, town in sorted(((comparable_place(town.name), town) for town in rule.towns), key=lambda it: -len(it[0])):
        named.setdefault(name[0], []).append((name, town))
    return named


def _block(text: str) -> int | None:
    found = _BLOCK.match(text)
    if not found:
        return None
    digits = found[1]
    return int(digits) if digits.isdecimal() and digits.isascii() else int(kanjize.kanji2number(digits))
