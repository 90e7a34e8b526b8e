"""Telephone numbers: kept as written, checked and compared as Japanese numbers."""

from __future__ import annotations

import re

import phonenumbers

from services.intake.domain.fault import Fault
from services.intake.domain.writing import MAX_TELEPHONE, with_plain_dashes, written

_SEPARATORS = re.compile(r"[\s()\-.]+")
_DIGITS = re.compile(r"\+?[0-9]+")
# Most numbers are such, and the library takes a hundred times as long; a test holds both to agree.
_MOBILE_OR_TOKYO = re.compile(r"0[789]0[1-9][0-9]{7}|03[3-6][0-9]{7}")


def telephone_faults(field: str, text: str) -> list[Fault]:
    """Empty when `text` is a number that can be called from Japan."""
    return written(field, text, MAX_TELEPHONE) or ([] if called_number(text) else [Fault(field, "telephone")])


def called_number(text: str) -> str | None:
    """The number as E.164 (`+81312345678`), the same for all ways of writing it; None if it is none."""
    bare = _SEPARATORS.sub("", with_plain_dashes(text))
    if _MOBILE_OR_TOKYO.fullmatch(bare):
        return f"+81{bare[1:]}"
    return _by_library(bare) if _DIGITS.fullmatch(bare) else None


def _by_library(bare: str) -> str | None:
    try:
        number = phonenumbers.parse(bare, "JP")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
