"""A sheet of postcards keyed in elsewhere: which columns it may have, and what each row says (S02, S13).

Columns are those of the programme's declared items and no other: one that is not known is refused by name, and nothing
of the sheet is read on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.intake.domain.application import declared_items
from services.intake.domain.cells import Cell, Said, said
from services.intake.domain.fault import Fault
from services.intake.domain.writing import comparable
from shared.contracts.programme import Programme

MAX_CARDS = 2000
LONGEST_TITLE = 40
CARD_COLUMNS = ("card", "postmarked_on", "received_on")
_MAY_BE_MISSING = ("companions.", "wishes.")
_FREELY_WRITTEN = frozenset({"name", "address", "companions"})


class SheetRefused(Exception):
    """Nothing of the sheet is read: `code` names the words, `values` what they quote."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True)
class Sheet:
    """Cells as they were found, the header first; `formulas` are (row, column) from 1.

    `lossy`: what the file's encoding cannot write stands there as a question mark. `found` says what
    kind of file it is; `other_sheets` of it were not looked at.
    """

    rows: Sequence[Sequence[Cell]]
    found: str
    formulas: frozenset[tuple[int, int]] = frozenset()
    lossy: bool = False
    other_sheets: int = 0


@dataclass(frozen=True)
class SheetRow:
    """A row as the desk's form would have it: field → text. `faults` and `mended` name fields."""

    number: int
    values: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    mended: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Columns:
    """Where a sheet has its fields: field → column from 1."""

    places: Mapping[str, int]

    def cell(self, row: int, field: str) -> str | None:
        """Such as `C5`; None for a field that has no column."""
        column = self.places.get(field)
        return f"{column_letters(column)}{row}" if column else None


def fields_of(programme: Programme) -> tuple[str, ...]:
    """The fields of a sheet in the order of the template: the card, the declared items, seats, wishes."""
    declared = declared_items(programme, "postcard")
    people = [item for item in ("name", "address", "age", "telephone") if item in declared]
    companions = range(1, programme.party.max_companions + 1) if "companions" in declared else ()
    return (*CARD_COLUMNS, *people, *(f"companions.{position}" for position in companions), "seats",
            *(f"wishes.{position}" for position in range(1, programme.draw.max_wishes + 1)))


def columns_of(header: Sequence[Cell], titles: Mapping[str, str]) -> Columns:
    """The columns by their titles (field → title), in any order. Raises `SheetRefused`."""
    known = {comparable(title): field for field, title in titles.items()}
    read = [str(cell if cell is not None else "").strip() for cell in header]
    if not any(comparable(title) in known for title in read):
        raise SheetRefused("no-header")
    places: dict[str, int] = {}
    for column, title in enumerate(read, 1):
        field = known.get(comparable(title))
        if field in places:
            raise SheetRefused("column-twice", title=titles[field])
        if field:
            places[field] = column
        elif title:
            raise SheetRefused("unknown-column", title=title[:LONGEST_TITLE], column=column_letters(column))
    missing = [field for field in titles if field not in places and _needed(field)]
    if missing:
        raise SheetRefused("missing-column", title="、".join(titles[field] for field in missing))
    return Columns(places)


def rows_of(sheet: Sheet, columns: Columns, programme: Programme) -> list[SheetRow]:
    """Every row that says anything. Raises `SheetRefused` where there is none, or more than `MAX_CARDS`."""
    rows = list(_rows(sheet, columns, programme))
    if not rows:
        raise SheetRefused("no-rows")
    return rows


def _rows(sheet: Sheet, columns: Columns, programme: Programme) -> Iterator[SheetRow]:
    count = 0
    for number, cells in enumerate(sheet.rows[1:], 2):
        if all(_blank(cell) for cell in cells):
            continue
        count += 1
        if count > MAX_CARDS:
            raise SheetRefused("too-many-rows", most=MAX_CARDS)
        named = set(columns.places.values())
        for column, cell in enumerate(cells, 1):
            if column not in named and not _blank(cell):
                raise SheetRefused("no-title", cell=f"{column_letters(column)}{number}")
        yield _row(sheet, number, cells, columns, programme)


def _row(sheet: Sheet, number: int, cells: Sequence[Cell], columns: Columns, programme: Programme) -> SheetRow:
    values: dict[str, str] = {}
    faults: list[Fault] = []
    mended: list[Fault] = []
    for field, column in columns.places.items():
        if (number, column) in sheet.formulas:
            found = Said(fault="cell-formula")
        else:
            found = _said(sheet, field, cells[column - 1] if column <= len(cells) else None, programme)
        values[field] = found.text
        if found.fault:
            faults.append(Fault(field, found.fault))
        if found.mended:
            mended.append(Fault(field, found.mended))
    return SheetRow(number, values, tuple(faults), tuple(mended))


def _said(sheet: Sheet, field: str, cell: Cell, programme: Programme) -> Said:
    kind = field.partition(".")[0]
    if sheet.lossy and kind in _FREELY_WRITTEN and isinstance(cell, str) and "?" in cell:
        return Said(fault="cell-lost")
    return said(kind, cell, programme)


def _needed(field: str) -> bool:
    return field == "wishes.1" or not field.startswith(_MAY_BE_MISSING)


def _blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def column_letters(column: int) -> str:
    """The letters of a column from 1: 28 is `AB`."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
