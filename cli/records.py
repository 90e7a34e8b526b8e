"""Returned records as a file: CSV for a spreadsheet, or JSON lines, which are exact (S17, PRIVACY: no formulas)."""

import csv
import json
from collections.abc import Sequence
from typing import IO, Any

OWN_COLUMNS = ("receipt", "channel", "taken_at", "withdrawn_at", "seats", "wishes", "result", "holds")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the beginning of a formula, full-width forms too."""


class Rows:
    """Writes one record after the other to `out`."""

    def __init__(self, out: IO[str], items: Sequence[str], *, csv: bool) -> None:
        self._out, self._items = out, tuple(items)
        self._table = _table(out) if csv else None
        if self._table:
            out.write("\ufeff")  # or a spreadsheet takes the characters for another encoding's
            self._table.writerow((*OWN_COLUMNS, *self._items))

    def write(self, record: dict[str, Any]) -> None:
        """One record."""
        if self._table is None:
            self._out.write(json.dumps(record, ensure_ascii=False) + "\n")
            return
        own = [record.get(column) for column in OWN_COLUMNS]
        typed = [record["items"].get(item) for item in self._items]
        self._table.writerow([cell(value) for value in (*own, *typed)])


def cell(value: object) -> str:
    """The value as a cell that no spreadsheet runs: what could begin a formula gets an apostrophe before it."""
    if value is None:
        return ""
    text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text.lstrip(" \u3000").startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS) else text


def _table(out: IO[str]) -> Any:
    return csv.writer(out, lineterminator="\r\n")
