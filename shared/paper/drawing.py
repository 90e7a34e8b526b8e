"""Draws laid-out sides with ReportLab: shared parts as one form object, codes and bars as one path each."""

from __future__ import annotations

import io
from collections.abc import Iterable

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from shared.paper import qr
from shared.paper.layout import HEIGHT, WIDTH, Bars, Box, Code, Line, Side, Tone

rl_config.useA85 = 0  # binary streams: encoding them as text took a fifth of the time and more room

_MM = 72 / 25.4
_COLOURS: dict[Tone, tuple[float, float, float]] = {
    "ink": (0.1, 0.1, 0.1), "quiet": (0.33, 0.33, 0.33), "accent": (0.04, 0.43, 0.31), "red": (0.85, 0.1, 0.1),
}
_LONG, _SHORT = 0.36, 0.12
"""Heights of the customer barcode's long and timing bars, and the bars' width is half of the latter (mm a point)."""


class Sheets:
    """The pages of a print run."""

    def __init__(self, file: io.BytesIO, font: str) -> None:
        self._font = font
        self._canvas = Canvas(file, pagesize=(WIDTH * _MM, HEIGHT * _MM), pageCompression=1)
        # The document says nothing but what the cards show: no title, no author, no names in its properties.
        self._canvas.setProducer("Kujibiki")

    def keep(self, name: str, side: Side) -> None:
        """A part that many pages show, drawn once."""
        self._canvas.beginForm(name, 0, 0, WIDTH * _MM, HEIGHT * _MM)
        self._draw(side)
        self._canvas.endForm()

    def page(self, side: Side, kept: str | None = None) -> None:
        """One page, on top of a kept part."""
        if kept:
            self._canvas.doForm(kept)
        self._draw(side)
        self._canvas.showPage()

    def save(self) -> None:
        """Completes the document."""
        self._canvas.save()

    def _draw(self, side: Side) -> None:
        for box in side.boxes:
            self._box(box)
        for line in side.lines:
            self._line(line)
        for code in side.codes:
            self._code(code)
        for bars in side.bars:
            self._bars(bars)

    def _line(self, line: Line) -> None:
        canvas = self._canvas
        if line.bold:
            # The font has one weight: bold is a thin outline in the same colour.
            canvas.saveState()
            canvas.setLineWidth(line.size * 0.035)
            canvas.setStrokeColorRGB(*_COLOURS[line.tone])
        text = canvas.beginText(line.x * _MM, line.y * _MM)
        text.setFont(self._font, line.size)
        text.setFillColorRGB(*_COLOURS[line.tone])
        text.setTextRenderMode(2 if line.bold else 0)
        text.textOut(line.text)
        canvas.drawText(text)
        if line.bold:
            canvas.restoreState()

    def _box(self, box: Box) -> None:
        canvas = self._canvas
        canvas.setLineWidth(box.stroke * _MM)
        canvas.setStrokeColorRGB(*_COLOURS[box.tone])
        x, y, width, height = (value * _MM for value in (box.x, box.y, box.width, box.height))
        if not height:
            canvas.line(x, y, x + width, y)
        elif box.radius:
            canvas.roundRect(x, y, width, height, box.radius * _MM)
        else:
            canvas.rect(x, y, width, height)

    def _code(self, code: Code) -> None:
        rows = qr.rows(code.text)
        unit = code.side * _MM / len(rows)
        runs = (
            f"{start} {len(rows) - 1 - number} {length} 1 re"
            for number, row in enumerate(rows) for start, length in _dark_runs(row)
        )
        self._path(f"{unit:.5f} 0 0 {unit:.5f} {code.x * _MM:.3f} {code.y * _MM:.3f} cm", runs)

    def _bars(self, bars: Bars) -> None:
        point = bars.point
        pitch, width = _SHORT * point, _SHORT * point / 2
        half_long, half_short = _LONG * point / 2, _SHORT * point / 2
        edges = {1: (-half_long, half_long), 2: (-half_short, half_long), 3: (-half_long, half_short),
                 4: (-half_short, half_short)}
        rectangles = (
            f"{number * pitch:.3f} {edges[bar][0]:.3f} {width:.3f} {edges[bar][1] - edges[bar][0]:.3f} re"
            for number, bar in enumerate(bars.bars)
        )
        self._path(f"{_MM:.5f} 0 0 {_MM:.5f} {bars.x * _MM:.3f} {bars.y * _MM:.3f} cm", rectangles)

    def _path(self, matrix: str, rectangles: Iterable[str]) -> None:
        # One path in PDF's own operators: through ReportLab's path object it takes four times as long.
        self._canvas._code.append(f"q {matrix} 0 g {' '.join(rectangles)} f Q")


def _dark_runs(row: bytearray) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    text = bytes(row)
    runs, start = list[tuple[int, int]](), text.find(1)
    while start >= 0:
        end = text.find(0, start)
        end = len(text) if end < 0 else end
        runs.append((start, end - start))
        start = text.find(1, end)
    return runs
