"""Sheets of postcards keyed in elsewhere: looked at first, then kept whole (S02, S12).

Between the look and the keeping nothing lies here: whoever looked sends the file again, and its keyed digest shows that
it is the same one. Names and addresses are neither in our store unsealed nor in a page.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from services.intake.domain.sheet import MAX_CARDS, SheetRefused
from services.intake.domain.slotcodes import slot_code
from services.intake.domain.slotwords import slot_words
from services.intake.domain.window import WindowRefused
from services.intake.front import Front
from services.intake.handlers.importing import import_key, previewed_key
from services.intake.handlers.taking import Taken
from services.intake.pages.showing import Words
from services.intake.refusals import window_words
from services.intake.sheets.judging import Judged, JudgedRow, japanese, judge, judge_and_keep, titles_of
from services.intake.sheets.reading import MAX_BYTES, Readers
from services.intake.sheets.template import CSV_TYPE, XLSX_TYPE, csv_of, workbook_of
from services.intake.sheets.words import cell_words, refusal_words
from services.intake.upload import Upload, read_upload
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.form import Form
from shared.ui.language import speaking

Desk = Annotated[Person, Depends(staff("desk"))]
MOST_FAULTS = 300
"""In one page; all are counted, and those that are mended make room for the others."""


@dataclass(frozen=True)
class Outcome:
    """What became of a file that was sent: refused as a whole, looked at, or kept."""

    error: str | None = None
    refused: tuple[str, str] | None = None
    judged: Judged | None = None
    taken: Sequence[Taken] | None = None
    previewed: str = ""
    status: int = 200


def routes(front: Front, readers: Readers) -> APIRouter:
    """`/intake/{programme}/desk/import`, with the sheets to fill in and the list of receipt numbers."""
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/desk/import", response_class=HTMLResponse, dependencies=[Depends(staff("desk"))])
    async def show(request: Request, programme: str) -> HTMLResponse:
        return _show(front, request, front.programme(programme), Outcome())

    @router.post("/{programme}/desk/import", response_class=HTMLResponse)
    async def send(request: Request, programme: str, person: Desk) -> HTMLResponse:
        known = front.programme(programme)
        front.check_ready(front.say(request), known)
        return _show(front, request, known, await _sent(front, readers, request, known, person))

    @router.get("/{programme}/desk/import/template.csv", dependencies=[Depends(staff("desk"))])
    async def as_text(programme: str) -> Response:
        known = front.programme(programme)
        return _file(csv_of([list(titles_of(known, japanese(front)).values())]), CSV_TYPE, f"{known.id}-cards.csv")

    @router.get("/{programme}/desk/import/template.xlsx", dependencies=[Depends(staff("desk"))])
    async def as_workbook(programme: str) -> Response:
        known, say = front.programme(programme), japanese(front)
        slots = [[slot_words(slot, known), slot_code(known, slot)] for slot in known.slots if slot.seats]
        book = workbook_of([
            (str(say("sheet.page-cards")), [list(titles_of(known, say).values())]),
            (str(say("sheet.page-slots")), [[str(say("sheet.page-slot")), str(say("sheet.page-code"))], *slots])])
        return _file(book, XLSX_TYPE, f"{known.id}-cards.xlsx")

    @router.get("/{programme}/desk/import/receipts.csv", dependencies=[Depends(staff("desk"))])
    async def receipts(programme: str, file: str) -> Response:
        known, say = front.programme(programme), japanese(front)
        rows = await front.means.store.imported(known.id, file)
        titles = [str(say(f"sheet.page-{name}")) for name in ("card", "receipt", "result")]
        words = Words(known, "ja", say)
        return _file(csv_of([titles, *([row["card"], row["receipt"], _result(words, row["counted"], row["reason"])]
                                       for row in rows)]), CSV_TYPE, f"{known.id}-receipts.csv")

    return router


async def _sent(front: Front, readers: Readers, request: Request, programme: Programme, person: Person) -> Outcome:
    say = japanese(front)
    try:
        upload = await read_upload(request, {"previewed"})
        previewed = previewed_key(front.means, programme, person.staff, hashlib.sha256(upload.data).hexdigest())
        if _is_confirmed(upload):
            if upload.fields["previewed"] != previewed:
                return Outcome(error=str(say("sheet.page-other-file")), status=409)
            judged, taken = await judge_and_keep(front, readers, programme, person.staff, upload.data)
            return Outcome(judged=judged, taken=taken, previewed=previewed, status=200 if taken else 422)
        judged = await judge(front, readers, programme, person.staff, upload.data)
        return Outcome(judged=judged, previewed=previewed, status=422 if judged.faulty else 200)
    except SheetRefused as refused:
        return Outcome(error="。".join(refusal_words(say, refused)), status=422)
    except WindowRefused as refused:
        return Outcome(refused=window_words(say, programme, refused), status=409)


def _is_confirmed(upload: Upload) -> bool:
    return bool(upload.fields.get("previewed"))


def _show(front: Front, request: Request, programme: Programme, outcome: Outcome) -> HTMLResponse:
    judged = outcome.judged
    page = "importing.html" if judged is None else "imported.html" if outcome.taken else "import_check.html"
    with speaking(front.pages.words, "ja"):
        shown = _shown(front, programme, judged, outcome.taken) if judged else {}
    error = {"file": outcome.error} if outcome.error else {}
    return front.pages.render(
        request, page, status_code=outcome.status, programme=programme, here=f"/intake/{programme.id}",
        form=Form(errors=error), refused=outcome.refused, previewed=outcome.previewed, most_cards=MAX_CARDS,
        megabytes=MAX_BYTES // 1024 // 1024, titles=list(titles_of(programme, japanese(front)).values()),
        columns=_columns(front, programme), **shown)


def _shown(front: Front, programme: Programme, judged: Judged, taken: Sequence[Taken] | None) -> dict[str, Any]:
    say = japanese(front)
    words = Words(programme, "ja", say)
    faults = [(row.row.number, judged.columns.cell(row.row.number, fault.field) or "", cell_words(say, fault))
              for row in judged.faulty for fault in row.faults]
    kept: Sequence[Taken | None] = taken or [row.kept for row in judged.rows]
    return {
        "judged": judged, "faults": faults[:MOST_FAULTS], "fault_count": len(faults),
        "found": say(f"sheet.found-{judged.sheet.found.replace(' ', '-')}"),
        "already": sum(row.kept is not None for row in judged.rows),
        "not_counting": [(words.reason(reason), count) for reason, count in judged.not_counting.items()],
        "mended": Counter(cell_words(say, note) for row in judged.rows for note in row.row.mended).most_common(),
        "rows": [_line(words, row, one) for row, one in zip(judged.rows, kept, strict=True) if not row.faults],
        "file": import_key(front.means, programme, judged.digest),
    }


def _line(words: Words, row: JudgedRow, kept: Taken | None) -> tuple[int, str, str, str]:
    verdict = row.verdict
    result = _result(words, verdict.counted, verdict.reason) if verdict else ""
    return row.row.number, row.card, result, kept.receipt if kept else ""


def _result(words: Words, counted: bool, reason: str | None) -> str:
    return str(words.say("sheet.page-counts") if counted else
               words.say("sheet.page-counts-not", reason=words.reason(reason or "")))


def _columns(front: Front, programme: Programme) -> list[tuple[str, str]]:
    """Each column's title, and what to write there."""
    say, words = japanese(front), []
    slot = next(slot for slot in programme.slots if slot.seats)
    for field, title in titles_of(programme, say).items():
        name, _, position = field.partition(".")
        if position in ("", "1"):
            how = say(f"sheet.column-{name}", slot=slot_words(slot, programme), code=slot_code(programme, slot))
            words.append((title + (str(say("sheet.page-and-on")) if position else ""), str(how)))
    return words


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
