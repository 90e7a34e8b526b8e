"""Where what stands on a side of a card: lines of text, boxes, codes. Millimetres from the lower left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from shared.paper.font import Script

WIDTH, HEIGHT = 100.0, 148.0
POINT = 25.4 / 72
"""Millimetres in a point."""

_NOT_FIRST = "、。，．）」』】！？ーっゃゅょッャュョ々〜：；"
"""Characters that must not begin a line (JIS X 4051)."""

Tone = Literal["ink", "quiet", "accent", "red"]


@dataclass(frozen=True)
class Line:
    """A line of text at its baseline; `size` in points; `x` is its left end."""

    x: float
    y: float
    size: float
    text: str
    tone: Tone = "ink"
    bold: bool = False


@dataclass(frozen=True)
class Box:
    """A rectangle, its lower left corner at (x, y)."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone = "ink"
    stroke: float = 0.2
    radius: float = 0.0


@dataclass(frozen=True)
class Code:
    """A QR code whose dark part is `side` wide, its lower left corner at (x, y)."""

    x: float
    y: float
    side: float
    text: str


@dataclass(frozen=True)
class Bars:
    """The customer barcode: the first bar's left edge at x, the timing bars' middle at y; `point` is its size."""

    x: float
    y: float
    bars: tuple[int, ...]
    point: float


@dataclass
class Side:
    """One side of a card."""

    lines: list[Line] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    bars: list[Bars] = field(default_factory=list)


class Typesetter:
    """Sets text on a side, in the characters of a `Script`."""

    def __init__(self, script: Script, side: Side) -> None:
        self._script, self.side = script, side

    def width(self, text: str, size: float) -> float:
        """In millimetres."""
        return self._script.width(self._script.take(text)) * size * POINT

    def line(
        self, x: float, y: float, size: float, text: str, *, tone: Tone = "ink", bold: bool = False,
        align: Literal["left", "center", "right"] = "left",
    ) -> None:
        """One line at (x, y); `align` says what x is."""
        taken = self._script.take(text)
        shift = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        left = x - shift * self._script.width(taken) * size * POINT if shift else x
        self.side.lines.append(Line(left, y, size, taken, tone, bold))

    def paragraph(
        self, x: float, y: float, size: float, text: str, width: float, *, tone: Tone = "ink", leading: float = 1.5
    ) -> float:
        """Lines of at most `width`, the first one's baseline at `y`; returns the baseline below the last."""
        for line in self.wrapped(text, size, width):
            self.line(x, y, size, line, tone=tone)
            y -= size * POINT * leading
        return y

    def wrapped(self, text: str, size: float, width: float) -> list[str]:
        """The text in lines of at most `width`: broken anywhere but before closing marks."""
        most = width / (size * POINT)
        lines, current, used = list[str](), "", 0.0
        for cluster in _clusters(text):
            advance = self._script.width(self._script.take(cluster))
            if used + advance > most + 0.01 and current and cluster not in _NOT_FIRST:
                lines.append(current.rstrip())
                current, used = "", 0.0
            if current or not cluster.isspace():
                current, used = current + cluster, used + advance
        return [*lines, current.rstrip()] if current.strip() else lines

    def fitting(self, text: str, sizes: Sequence[float], width: float) -> float | None:
        """The first of `sizes` in which the text fits into one line of `width`, None if it doesn't fit in any."""
        return next((size for size in sizes if self.width(text, size) <= width), None)


def _clusters(text: str) -> list[str]:
    """Characters, each with the variation selector or the combining mark that follows it; words of Latin stay whole."""
    clusters: list[str] = []
    for character in text:
        latin = character.isascii() and (character.isalnum() or character == "-")
        if clusters and (_follows(character) or (latin and _is_short_word(clusters[-1]))):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _follows(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef" or character in "\u3099\u309a"


def _is_short_word(cluster: str) -> bool:
    return cluster.isascii() and cluster.replace("-", "").isalnum() and len(cluster) < 24
