"""A postal address for an envelope side: its postcode, its lines, and the customer barcode of Japan Post.

Barcode: カスタマーバーコード, Japan Post's manual of 1997; 67 bars: start, 7 digits, 13 places, check, stop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_POSTCODE = re.compile(r"^\s*〒?\s*([0-9０-９]{3})[-‐‑–—−－ー]?([0-9０-９]{4})\s*(?=\D|$)")
_WIDE = str.maketrans({chr(code + 0xFEE0): chr(code) for code in (*range(0x30, 0x3A), *range(0x41, 0x5B))})
"""Full-width digits and capitals to narrow ones, and nothing else: other normalisation would change addresses."""
_DASHES = str.maketrans(dict.fromkeys("‐‑–—−－ー", "-"))
_KANJI_DIGITS = "〇一二三四五六七八九"
_KANJI_NUMBER = re.compile("([〇一二三四五六七八九十百]+)(?=丁目|丁|番地|番|号|地割|線|の|ノ)")

PLACES = 13
"""Characters of the address number in the barcode; a letter takes two."""

Bar = int
"""1 long, 2 half upwards, 3 half downwards, 4 short."""

_BARS = dict(zip(
    "1234567890-abcdefgh",
    ("114", "132", "312", "123", "141", "321", "213", "231", "411", "144", "414",
     "324", "342", "234", "432", "243", "423", "441", "111"),
    strict=True,
))
_CHECK_ORDER = "0123456789-abcdefgh"
_START, _STOP, _FILL = "13", "31", "d"


@dataclass(frozen=True)
class PostalAddress:
    """`postcode` is seven digits, or None where the applicant wrote none; `lines` is the rest as written."""

    postcode: str | None
    text: str

    @property
    def bars(self) -> tuple[Bar, ...] | None:
        """The customer barcode, where there is a postcode."""
        return customer_barcode(self.postcode, address_number(self.text)) if self.postcode else None


def postal_address(written: str) -> PostalAddress:
    """Splits the postcode off an address that begins with one."""
    found = _POSTCODE.match(written)
    if not found:
        return PostalAddress(None, written.strip())
    return PostalAddress((found[1] + found[2]).translate(_WIDE), written[found.end() :].strip())


def address_number(text: str) -> str:
    """The 住所表示番号 of an address without its postcode: its numbers and single letters, joined by hyphens.

    Rules 1 to 8 of the manual, for addresses whose town name holds no Arabic digit.
    """
    plain = _KANJI_NUMBER.sub(lambda match: str(_number(match[1])), text).translate(_WIDE).upper()
    plain = re.sub("[&/・.]", "", plain.translate(_DASHES))
    plain = re.sub("(?<=[0-9])F", "-", plain)
    plain = re.sub("[A-Z]{2,}", "-", plain)
    plain = re.sub("[^0-9A-Z]+", "-", plain)
    return re.sub("-?([A-Z])-?", r"\1", plain).strip("-")


def customer_barcode(postcode: str, number: str) -> tuple[Bar, ...]:
    """The 67 bars of a seven-digit postcode and an address number."""
    body = "".join(_symbols(number))[:PLACES].ljust(PLACES, _FILL)
    symbols = postcode + body
    check = -sum(_CHECK_ORDER.index(symbol) for symbol in symbols) % 19
    bars = _START + "".join(_BARS[symbol] for symbol in symbols + _CHECK_ORDER[check]) + _STOP
    return tuple(int(bar) for bar in bars)


def _symbols(number: str) -> list[str]:
    """Letters are a control character (a, b, c) and a digit."""
    return [
        character if character in "0123456789-"
        else "abc"[(ord(character) - ord("A")) // 10] + str((ord(character) - ord("A")) % 10)
        for character in number
    ]


def _number(kanji: str) -> int:
    if not set(kanji) & {"十", "百"}:
        return int("".join(str(_KANJI_DIGITS.index(digit)) for digit in kanji))
    total, digit = 0, 0
    for character in kanji:
        if character in "十百":
            total, digit = total + (digit or 1) * (10 if character == "十" else 100), 0
        else:
            digit = _KANJI_DIGITS.index(character)
    return total + digit
