"""Two-person verification: who is checked, and what counts as read alike (S02, S12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.intake.domain.names import comparable_name
from services.intake.domain.telephone import called_number
from services.intake.domain.towns import comparable_place
from services.intake.domain.writing import comparable
from shared.contracts.postcards import CheckedItem
from shared.contracts.programme import Postcards

Comparable = Callable[[str], str]
SEALED_ITEMS: tuple[CheckedItem, ...] = ("name", "address", "telephone")
OPEN_ITEMS: tuple[CheckedItem, ...] = ("seats", "wishes")


@dataclass(frozen=True)
class Reading:
    """The items that decide, as one person read them from a card; None is an item that is not checked."""

    name: str | None
    address: str | None
    telephone: str | None
    seats: int
    wishes: tuple[str, ...]


def must_check(policy: Postcards, key: str) -> bool:
    """Whether a second person keys the card in again. `key`: a keyed hash of it, so that nobody knows beforehand."""
    if policy.verify == "sample":
        return int(key[:8], 16) % 100 < policy.sample_percent
    return policy.verify == "all"


def differing(first: Reading, second: Reading) -> tuple[CheckedItem, ...]:
    """The items that the two read differently; width, spaces, variant characters and dashes do not count."""
    alike = {
        "name": _same(comparable_name, first.name, second.name),
        "address": _same(comparable_place, first.address, second.address),
        "telephone": _same(_number, first.telephone, second.telephone),
        "seats": first.seats == second.seats, "wishes": first.wishes == second.wishes,
    }
    return tuple(item for item in (*SEALED_ITEMS, *OPEN_ITEMS) if not alike[item])


def _same(comparable_form: Comparable, first: str | None, second: str | None) -> bool:
    return comparable_form(first or "") == comparable_form(second or "")


def _number(text: str) -> str:
    return called_number(text) or comparable(text)
