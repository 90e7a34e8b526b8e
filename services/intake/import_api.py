"""The JSON interface to whole sheets of postcards: `POST /intake/{programme}/api/postcards/import` (S02, S12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from services.intake.answers import SheetJudged
from services.intake.domain.sheet import SheetRefused
from services.intake.domain.window import WindowRefused
from services.intake.front import Front
from services.intake.handlers.taking import Taken
from services.intake.refusals import Say, out_of_window
from services.intake.sheets.judging import Judged, JudgedRow, japanese, judge, judge_and_keep
from services.intake.sheets.reading import Readers
from services.intake.sheets.words import cell_notes, rows_refused, sheet_refused
from services.intake.upload import read_upload
from shared.platform.openapi import ProgrammeName, answers, refuses
from shared.platform.register import Person
from shared.platform.signin import staff

_DESCRIBED = {
    **refuses("unfit-sheet", "unfit-rows", "too-early", "closed"),
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {
        "type": "object", "required": ["file"], "additionalProperties": False, "properties": {"file": {
            "type": "string", "format": "binary", "description": "CSV or .xlsx, at most 2 MB and 2,000 cards"}}}}}},
}


def routes(front: Front, readers: Readers) -> APIRouter:
    """The one route. With `dry_run` it says what would become of each row and keeps nothing."""
    router = APIRouter(tags=["desk"])

    @router.post(
        "/{programme}/api/postcards/import", status_code=201, summary="Keep a sheet of postcards, whole or not at all",
        responses=answers(200, SheetJudged, "Nothing was kept: it was a dry run.") | answers(
            201, SheetJudged, "All cards are kept; the same sheet again gets the same answer."),
        openapi_extra=_DESCRIBED)
    async def import_(
        request: Request, programme: ProgrammeName, person: Annotated[Person, Depends(staff("desk"))],
        dry_run: bool = False,
    ) -> JSONResponse:
        known, say = front.programme(programme), japanese(front)
        front.check_ready(say, known)
        try:
            upload = await read_upload(request, frozenset())
            if dry_run:
                judged, taken = await judge(front, readers, known, person.staff, upload.data), None
            else:
                judged, taken = await judge_and_keep(front, readers, known, person.staff, upload.data)
        except SheetRefused as refused:
            raise sheet_refused(say, refused) from None
        except WindowRefused as refused:
            raise out_of_window(say, known, refused) from None
        if judged.faulty:
            raise rows_refused(say, judged)
        return JSONResponse(_answer(say, judged, taken), 201 if taken else 200)

    return router


def _answer(say: Say, judged: Judged, taken: list[Taken] | None) -> dict[str, Any]:
    kept: Sequence[Taken | None] = taken or [row.kept for row in judged.rows]
    return {
        "dry_run": taken is None, "found": judged.sheet.found, "counted": judged.counting,
        "not_counted": dict(judged.not_counting), "mended": [
            error for row in judged.rows for error in cell_notes(say, judged, row.row.number, row.row.mended)],
        "cards": [_card(row, one) for row, one in zip(judged.rows, kept, strict=True)],
    }


def _card(row: JudgedRow, kept: Taken | None) -> dict[str, Any]:
    """A row; its receipt number is there once the card is kept."""
    verdict = row.verdict
    return {
        "row": row.row.number, "card": row.card, "counted": bool(verdict and verdict.counted),
        "reason": verdict.reason if verdict else None, "receipt": kept.receipt if kept else None,
    }
