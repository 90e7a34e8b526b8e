"""Addresses as they are compared: 一丁目2番3号, 1-2-3 and 1の2の3 with or without the building are one house (B03)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import kanjize

from services.intake.domain.towns import comparable_place

_DIGITS = "〇一二三四五六七八九"
_NUMERAL = f"[{_DIGITS}十百]+"
_NUMBER = re.compile(f"[0-9]+|{_NUMERAL}")
# 四谷 and 三番町 are names: a numeral is a number only where it is counted by it, or another number follows.
_FIRST = re.compile(f"[0-9]+|{_NUMERAL}(?=丁目|番地|番(?!町)|号|[-の](?:[0-9]|{_NUMERAL}))")
_BETWEEN = re.compile("(?:丁目|番地|番|号室|号棟|号|-|の|[、,])+")
_ASCII_NUMBER = re.compile("[0-9]+")
# A room that follows on the house with nothing but a space between them.
_APART = re.compile(r"(?<=[0-9０-９])\s+(?=[0-9０-９])")
_BEFORE = re.compile("^〒?[0-9]{3}-?[0-9]{4}")
_PREFECTURE = re.compile("^(?:東京都|北海道|京都府|大阪府|.{2,3}県)")
_SECTION = re.compile("大字|字")


@dataclass(frozen=True)
class House:
    """Where somebody lives, for comparing: all up to the first number without the prefecture, and every number after
    it in its order: block, lot, house, then those of building and room, whatever the building is called."""

    town: str
    numbers: tuple[int, ...]


def house_of(address: str) -> House:
    """The parts of an address, however it was written. Without a number, all of it is town."""
    text = _PREFECTURE.sub("", _BEFORE.sub("", comparable_place(_APART.sub("-", address))))
    first = _FIRST.search(text)
    if first is None:
        return House(_SECTION.sub("", text), ())
    numbers, end = _counted(text, first.start())
    numbers.extend(int(found) for found in _ASCII_NUMBER.findall(text, end))
    return House(_SECTION.sub("", text[:first.start()]), tuple(numbers))


def _counted(text: str, start: int) -> tuple[list[int], int]:
    """The numbers that follow one upon the other from `start`, and where they end."""
    numbers, end = list[int](), start
    while found := _NUMBER.match(text, end):
        numbers.append(_value(found.group()))
        between = _BETWEEN.match(text, found.end())
        if between is None:
            return numbers, found.end()
        end = between.end()
    return numbers, end


def _value(number: str) -> int:
    if number.isascii():
        return int(number)
    if len(number) > 1 and not set(number) - set(_DIGITS):
        return int("".join(str(_DIGITS.index(digit)) for digit in number))
    return int(kanjize.kanji2number(number))
