"""Which characters a name, an address or a number can have (S14).

Text is kept exactly as written: Unicode normalisation would change names such as 﨑, so it is only ever
applied to copies that are compared. Variation selectors of ideographs (U+E0100…) are part of names and stay.
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
    "Cc": "control", "Cf": "invisible", "Cs": "unreadable", "Co": "private-use", "Cn": "unreadable",
}


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
    categories = (unicodedata.category(character) for character in text)
    return next((_REFUSED[category] for category in categories if category in _REFUSED), None)


def comparable(text: str) -> str:
    """A copy for comparing: width and case folded, spaces left out. Never stored in place of the text."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).casefold()


def with_plain_dashes(text: str) -> str:
    """A copy of a number in which all that people type for a hyphen is one, the long vowel mark included."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_DASHES)).translate(_DASHES)
