"""What is wrong with a sheet and its rows, in words, each tied to its cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.intake.domain.fault import Fault
from services.intake.domain.sheet import SheetRefused
from services.intake.refusals import Say, fault_said
from services.intake.sheets.judging import Judged
from shared.platform.problems import Problem

MOST_ERRORS = 500
"""In one answer to a program; all are counted."""


def cell_words(say: Say, fault: Fault) -> str:
    """The fault in words; what only a sheet can have has its words beside the sheet's."""
    family = "sheet" if fault.code.startswith("cell-") else "fault"
    return fault_said(say, f"{family}.{fault.code}", fault)


def refusal_words(say: Say, refused: SheetRefused) -> tuple[str, str]:
    """What is wrong with the file as a whole, and what to do."""
    return str(say(f"sheet.{refused.code}", **refused.values)), str(say(f"sheet.{refused.code}-do", **refused.values))


def sheet_refused(say: Say, refused: SheetRefused) -> Problem:
    """413 for a file that is too large, 422 for any other that is not read."""
    what, todo = refusal_words(say, refused)
    status, kind = (413, "too-large") if refused.code == "too-large" else (422, "unfit-sheet")
    return Problem(status, kind, what, f"{todo} {say('sheet.nothing-stored')}", reason=refused.code,
                   values=dict(refused.values))


def rows_refused(say: Say, judged: Judged) -> Problem:
    """422: every fault with its row, its cell, its field, its code and its words."""
    errors = [error for row in judged.faulty for error in cell_notes(say, judged, row.row.number, row.faults)]
    return Problem(
        422, "unfit-rows", str(say("sheet.unfit-rows", count=len(judged.faulty))),
        f"{say('sheet.unfit-rows-do')} {say('sheet.nothing-stored')}", rows=len(judged.rows),
        faulty=len(judged.faulty), errors=errors[:MOST_ERRORS])


def cell_notes(say: Say, judged: Judged, row: int, notes: Iterable[Fault]) -> list[dict[str, Any]]:
    """`{row, cell, field, reason, message}` of each fault, or of each thing that was mended, in a row."""
    return [{"row": row, "cell": judged.columns.cell(row, note.field), "field": note.field, "reason": note.code,
             "message": cell_words(say, note)} for note in notes]
