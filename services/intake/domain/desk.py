"""What the postcard desk cannot do, as a code whose words say what to do instead."""

from __future__ import annotations

from typing import Any, Literal

Refusal = Literal[
    "no-batch", "no-card", "number", "batch-done", "card-used", "overtaken", "no-way", "same-person", "not-designated",
    "not-held", "fewer-than-seen", "counted-singly", "own-card", "no-check", "not-differing", "day-to-come",
]


class DeskRefused(Exception):
    """Nothing was recorded; `values` are what the words quote: numbers of batches and cards, places, staff ids."""

    def __init__(self, code: Refusal, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values
