"""Which characters a name, an address or a number can have (S14).

Text is kept exactly as written: Unicode normalisation would change names such as 﨑, so it is only ever
applied to copies that are compared. Variation selectors of ideographs (U+E0100…) are part of names and stay.

What nobody can read or type again is refused, and so are letters that only look like others: a word of Latin letters
with a Cyrillic or Greek one in it is no name, but a slip or a trick (UTS #39). Words wholly in another script stay, and
so do pairs that Japanese itself confuses (ロ and 口): which was meant, only a person can tell.
"""

from __future__ import annotations

import re
import unicodedata

from services.intake.domain.fault import Fault

MAX_NAME = 80
MAX_ADDRESS = 200
MAX_TELEPHONE = 30
MAX_EMAIL = 254

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# ☆ ★ ♪ ♡ and their neighbours stand in names of buildings; they are signs of type, not emoji.
_EMOJI = re.compile(
    "[\U0001f000-\U0001fbff\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f\u2600-\u2604\u2607-\u2615\u2618-\u263f"
    "\u2648-\u2659\u2670-\u27bf\u2b50\u2b55]"
)
_PLAIN = re.compile(
    "[\u0020-\u007e\u3001-\u3003\u3005-\u3007\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fff\uff01-\uff5e\u3000]*"
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ーｰ－─━", "-"))
_SPACES = re.compile(r"\s+")
_REFUSED = {
    "Cc": "control", "Zl": "control", "Zp": "control", "Cf": "invisible", "Cs": "unreadable", "Co": "private-use",
    "Cn": "unreadable",
}
# Letters and marks by their category, and yet nothing to see: fillers, joiners, the empty Braille pattern.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0]")
# What a program puts where it could not read; from a form in another encoding, for one.
_REPLACED = re.compile("[\ufffc\ufffd]")
# Planes 2 and 3 hold ideographs and nothing else; Python's tables lag behind (extension H came with Unicode 15).
_RARE_IDEOGRAPH = re.compile("[\U00020000-\U0002fffd\U00030000-\U0003fffd]")
_LATIN_OR_ALIKE = re.compile("[A-Za-zＡ-Ｚａ-ｚ\u00c0-\u024f\u0370-\u03ff\u0400-\u052f]+")
_LATIN = re.compile("[A-Za-zＡ-Ｚａ-ｚ\u00c0-\u024f]")
# All Cyrillic, and of Greek what looks Latin: α and Ω stand in names of buildings.
_LOOKS_LATIN = re.compile("[\u0400-\u052fΑΒΕΖΗΙΚΜΝΟΡΤΥΧονυ]")
MOST_MARKS = 4
"""Marks on one letter: Vietnamese and Hebrew need two or three, towers of them hide what is below."""


def written(field: str, text: str, longest: int) -> list[Fault]:
    """The faults of `text` as a piece of writing: empty, too long, or with characters that no name has."""
    if not text.strip():
        return [Fault(field, "required")]
    if len(text) > longest:
        return [Fault(field, "too-long", {"longest": longest})]
    code = _foreign_character(text)
    return [Fault(field, code)] if code else []


def _foreign_character(text: str) -> str | None:
    if _PLAIN.fullmatch(text):
        return None
    if _BIDI.search(text):
        return "direction"
    if _EMOJI.search(text):
        return "emoji"
    if _UNSEEN.search(text):
        return "invisible"
    if _REPLACED.search(text):
        return "unreadable"
    categories = [unicodedata.category(one) for one in _RARE_IDEOGRAPH.sub("", text)]
    refused = next((_REFUSED[category] for category in categories if category in _REFUSED), None)
    if refused is None and _towers(categories):
        return "marks"
    return refused or ("mixed-script" if _mixed(text) else None)


def _towers(categories: list[str]) -> bool:
    """Whether more than `MOST_MARKS` marks stand on one letter."""
    marks = 0
    for category in categories:
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MOST_MARKS:
            return True
    return False


def _mixed(text: str) -> bool:
    """Whether a word has Latin letters and others that look like them."""
    words = _LATIN_OR_ALIKE.findall(text)
    return any(_LATIN.search(word) and _LOOKS_LATIN.search(word) for word in words)


def comparable(text: str) -> str:
    """A copy for comparing: width and case folded, spaces left out. Never stored in place of the text."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).casefold()


def with_plain_dashes(text: str) -> str:
    """A copy of a number in which all that people type for a hyphen is one, the long vowel mark included."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_DASHES)).translate(_DASHES)
