"""Draws a document on A4 with ReportLab. A character that the font can't show stops it before anything is drawn."""

from __future__ import annotations

import io
from html import escape
from typing import Any

import segno
from reportlab.lib.colors import Color
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from services.retention.documents.blocks import (
    Block,
    Code,
    Document,
    Facts,
    Grid,
    Heading,
    Sender,
    Signatures,
    Text,
    Title,
    texts,
)
from shared.paper.embedding import registered
from shared.paper.font import Script

_SIDE, _TOP, _BOTTOM = 20 * mm, 18 * mm, 20 * mm
_WIDTH = A4[0] - 2 * _SIDE
_INK, _RULE, _GROUND = Color(0.1, 0.1, 0.1), Color(0.55, 0.55, 0.55), Color(0.93, 0.93, 0.93)
_ALIGN = {"left": TA_LEFT, "centre": TA_CENTER, "right": TA_RIGHT}
_NO_BREAK = "\u00a0"
_DENSE = 6
"""From so many columns on, cells are set smaller."""


def pdf(document: Document) -> bytes:
    """The document as a PDF. Raises `shared.paper.font.MissingGlyph`."""
    script = Script()
    for text in (*texts(document), _NO_BREAK):
        script.take(text)
    with registered(script) as font:
        pages = _Drawing(document, script, font, 0).build()[1]
        return _Drawing(document, script, font, pages).build()[0]


class _Drawing:
    def __init__(self, document: Document, script: Script, font: str, pages: int) -> None:
        self._document, self._script, self._font, self._pages = document, script, font, pages

    def build(self) -> tuple[bytes, int]:
        """The file, and how many pages it has."""
        file = io.BytesIO()
        template = BaseDocTemplate(file, pagesize=A4, producer="Kujibiki", author="", title="", invariant=1)
        frame = Frame(_SIDE, _BOTTOM, _WIDTH, A4[1] - _TOP - _BOTTOM, 0, 0, 0, 0)
        template.addPageTemplates([PageTemplate("page", [frame], onPage=self._foot)])
        template.build([flowable for block in self._document.blocks for flowable in self._flowables(block)])
        return file.getvalue(), template.page

    def _foot(self, canvas: Any, _: Any) -> None:
        canvas.saveState()
        canvas.setStrokeColor(_RULE)
        canvas.setLineWidth(0.4)
        canvas.line(_SIDE, _BOTTOM - 5 * mm, A4[0] - _SIDE, _BOTTOM - 5 * mm)
        canvas.setFont(self._font, 8)
        canvas.setFillColor(_INK)
        canvas.drawString(_SIDE, _BOTTOM - 9 * mm, self._script.take(self._document.footer))
        number = self._document.pages.format(page=canvas.getPageNumber(), pages=self._pages)
        canvas.drawRightString(A4[0] - _SIDE, _BOTTOM - 9 * mm, self._script.take(number))
        canvas.restoreState()

    def _flowables(self, block: Block) -> list[Flowable]:
        match block:
            case Title(text):
                return [Spacer(1, 7 * mm), self._set(text, 20, align="centre"), Spacer(1, 7 * mm)]
            case Heading(text, new_page, room):
                before = PageBreak() if new_page else CondPageBreak(room * mm)
                return [before, Spacer(1, 3 * mm), self._heading(text), Spacer(1, 1.5 * mm)]
            case Text(text, align, small):
                return [self._set(text, 8 if small else 10, align=align), Spacer(1, 1 * mm)]
            case Sender():
                return [self._sender(block)]
            case Facts():
                return [self._facts(block, _WIDTH), Spacer(1, 1.5 * mm)]
            case Grid():
                return [self._grid(block), Spacer(1, 1.5 * mm)]
            case Signatures():
                return [self._signatures(block)]
            case Code():
                return [self._code(block)]

    def _set(self, text: str, size: float, align: str = "left") -> Paragraph:
        style = ParagraphStyle(
            "text", fontName=self._font, fontSize=size, leading=size * 1.55, textColor=_INK, wordWrap="CJK",
            alignment=_ALIGN[align])
        return Paragraph(escape(self._script.take(_kept(text)), quote=False), style)

    def _heading(self, text: str) -> Table:
        return Table([[self._set(text, 11)]], colWidths=[_WIDTH], style=[
            ("LINEBEFORE", (0, 0), (0, -1), 2.5, _INK), ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 6), ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3)])

    def _sender(self, sender: Sender) -> Table:
        rows: list[list[Any]] = [[self._set(sender.title, 10), "", ""]]
        rows += [[self._set(line, 10), "", ""] for line in sender.lines]
        rows[-1][2] = self._set(sender.seal, 9, align="centre")
        last = len(rows) - 1
        return Table(rows, colWidths=[24 * mm, 50 * mm, 12 * mm], rowHeights=[6 * mm, *[9 * mm] * last],
                     hAlign="RIGHT", style=[
                         ("LINEBELOW", (0, 1), (-1, -1), 0.4, _RULE), ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                         ("LEFTPADDING", (0, 0), (-1, -1), 0)])

    def _facts(self, facts: Facts, width: float) -> Table:
        rows = [[self._set(name, 9), self._set(value, 9)] for name, value in facts.rows]
        return Table(rows, colWidths=[38 * mm, width - 38 * mm], style=[
            *_lines(), ("BACKGROUND", (0, 0), (0, -1), _GROUND)])

    def _grid(self, grid: Grid) -> Table:
        size = 7.5 if len(grid.columns) >= _DENSE else 8.5
        rows = [[self._set(name, size, align="centre") for name in grid.columns]]
        rows += [
            [self._set(cell, size, align="right" if number in grid.numbers else "left")
             for number, cell in enumerate(row)]
            for row in grid.rows
        ]
        style: list[Any] = [*_lines(), ("BACKGROUND", (0, 0), (-1, 0), _GROUND)]
        if grid.last_is_total:
            style.append(("LINEABOVE", (0, -1), (-1, -1), 1, _INK))
        unit = _WIDTH / sum(grid.widths)
        return Table(rows, colWidths=[share * unit for share in grid.widths], repeatRows=1, style=style)

    def _signatures(self, signatures: Signatures) -> Table:
        rows = [[self._set(name, 9, align="centre") for name in signatures.columns]]
        rows += [[self._set(cell, 9) for cell in row] for row in signatures.rows]
        widths = [54 * mm, 36 * mm, _WIDTH - 110 * mm, 20 * mm]
        return Table(rows, colWidths=widths, rowHeights=[7 * mm, *[10 * mm] * len(signatures.rows)], style=[
            *_lines(), ("BACKGROUND", (0, 0), (-1, 0), _GROUND), ("BACKGROUND", (0, 0), (0, -1), _GROUND)])

    def _code(self, code: Code) -> Table:
        side = 30 * mm
        return Table([[_Qr(code.content, side), self._facts(code.facts, _WIDTH - side - 6 * mm)]],
                     colWidths=[side + 6 * mm, _WIDTH - side - 6 * mm], style=[
                         ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                         ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 0)])


def _kept(text: str) -> str:
    """Wide spaces as ReportLab does not swallow them."""
    return text.replace("\u3000", 4 * _NO_BREAK)


def _lines() -> list[Any]:
    return [
        ("GRID", (0, 0), (-1, -1), 0.4, _RULE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4), ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]


class _Qr(Flowable):  # type: ignore[misc]
    """A QR code (ISO/IEC 18004) of a side length, quiet zone included."""

    def __init__(self, content: str, side: float) -> None:
        super().__init__()
        self.width = self.height = side
        self._rows = segno.make_qr(content, error="m").matrix

    def draw(self) -> None:
        """Puts it on the page."""
        module = self.width / (len(self._rows) + 8)
        for number, row in enumerate(self._rows):
            y = self.height - (number + 5) * module
            for column, dark in enumerate(row):
                if dark:
                    self.canv.rect((column + 4) * module, y, module, module, stroke=0, fill=1)
