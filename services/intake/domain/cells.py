"""What a cell of a sheet says, as the desk's form would have it; what Excel made of it is mended where that is certain.

A text that a spreadsheet would run as a formula is no value: it is refused, never cleaned.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from services.intake.domain.slotcodes import typed_slot
from services.intake.domain.slotwords import slot_in_words
from services.intake.domain.telephone import called_number
from services.intake.domain.writing import with_plain_dashes
from shared.contracts.programme import Programme

Cell = str | int | float | date | None

_RUN = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r]")
_INTERNATIONAL = re.compile(r"\+[0-9]{8,15}")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]{1,3}")
_COUNT = re.compile(r"([0-9]{1,4})(?:歳|才|席|人|名)?")
_WEEKDAY = re.compile(r"\([月火水木金土日](?:曜日?)?\)$")
_MIDNIGHT = re.compile(r"[ T]0?0:00(?::00)?$")
_WESTERN = re.compile(r"([0-9]{4})(?:[/.\-]|年)([0-9]{1,2})(?:[/.\-]|月)([0-9]{1,2})日?")
_COMPACT = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})")
_REIWA = re.compile(r"(?:令和|R)\.?(元|[1-9][0-9]?)(?:[/.\-]|年)([0-9]{1,2})(?:[/.\-]|月)([0-9]{1,2})日?")
_SERIAL = re.compile(r"[0-9]{5}")
_NO_YEAR = re.compile(r"[0-9]{1,2}(?:/|月)[0-9]{1,2}日?")
_DAY_ZERO, _BEFORE_REIWA = date(1899, 12, 30), 2018
_NO_POSTMARK = frozenset({"なし", "無し", "無"})
_ABOUT_THE_WINDOW = timedelta(days=366)


@dataclass(frozen=True)
class Said:
    """A cell's value as typed into the form; `fault` is a code where it has none, `mended` one where it was mended."""

    text: str = ""
    fault: str | None = None
    mended: str | None = None


def said(kind: str, cell: Cell, programme: Programme) -> Said:
    """What the cell of a field says; `kind` is the field without its position (`companions`, `wishes`)."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return Said()
    if isinstance(cell, str) and is_formula(kind, cell):
        return Said(fault="cell-formula")
    match kind:
        case "postmarked_on" if isinstance(cell, str) and cell.strip() in _NO_POSTMARK:
            return Said(cell.strip())
        case "postmarked_on" | "received_on":
            return _date(cell, programme)
        case "telephone":
            return _telephone(cell)
        case "age" | "seats":
            return _count(cell)
        case "wishes":
            return _wish(cell, programme)
        case _:
            return _writing(cell)


def is_formula(kind: str, text: str) -> bool:
    """Whether a spreadsheet could run the text; `+81…` in digits only is a telephone number."""
    return bool(_RUN.match(text)) and not (kind == "telephone" and _INTERNATIONAL.fullmatch(text))


def _writing(cell: Cell) -> Said:
    """Names, addresses and card numbers, exactly as written: what Excel made a date or a number is not that."""
    if isinstance(cell, str):
        return Said(cell)
    return Said(fault="cell-date" if isinstance(cell, date) else "cell-number")


def _telephone(cell: Cell) -> Said:
    if isinstance(cell, date):
        return Said(fault="cell-date")
    text = _digits(cell)
    if _SCIENTIFIC.fullmatch(text.strip()):
        return Said(fault="cell-rounded")
    # No number that is called within Japan begins with another digit than 0: what lacks it lost it.
    if text.isascii() and text.isdigit() and text[0] in "123456789" and called_number(f"0{text}"):
        return Said(f"0{text}", mended="cell-zero")
    return Said(text)


def _count(cell: Cell) -> Said:
    if isinstance(cell, date):
        return Said(fault="cell-date")
    text = unicodedata.normalize("NFKC", _digits(cell)).strip()
    found = _COUNT.fullmatch(text)
    return Said(found[1]) if found else Said(fault="number")


def _wish(cell: Cell, programme: Programme) -> Said:
    slot = typed_slot(programme, cell) or slot_in_words(cell, programme) if isinstance(cell, str) else None
    return Said(slot) if slot else Said(fault="cell-wish")


def _date(cell: Cell, programme: Programme) -> Said:
    if isinstance(cell, date):
        return Said(cell.isoformat())
    text = with_plain_dashes(_digits(cell)).strip()
    text = _WEEKDAY.sub("", _MIDNIGHT.sub("", text)).replace(" ", "")
    if _SERIAL.fullmatch(text):
        return _serial(int(text), programme)
    if _NO_YEAR.fullmatch(text):
        return Said(fault="cell-no-year")
    if (western := _western(text)) is not None:
        return Said(western.isoformat())
    rewritten = _of_an_era(text)
    return Said(rewritten.isoformat(), mended="cell-day") if rewritten else Said(fault="cell-unread-date")


def _western(text: str) -> date | None:
    found = _WESTERN.fullmatch(text) or _COMPACT.fullmatch(text)
    return _day(int(found[1]), found[2], found[3]) if found else None


def _of_an_era(text: str) -> date | None:
    found = _REIWA.fullmatch(text)
    if not found:
        return None
    return _day(_BEFORE_REIWA + (1 if found[1] == "元" else int(found[1])), found[2], found[3])


def _day(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None


def _serial(days: int, programme: Programme) -> Said:
    """Excel's count of days, taken for one only where it falls near the window: else it may be anything."""
    when = _DAY_ZERO + timedelta(days=days)
    first = programme.local(programme.window.opens).date() - _ABOUT_THE_WINDOW
    if first <= when <= programme.window.received_by + _ABOUT_THE_WINDOW:
        return Said(when.isoformat(), mended="cell-day")
    return Said(fault="cell-unread-date")


def _digits(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
