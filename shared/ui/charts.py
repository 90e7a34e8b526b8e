"""The arithmetic of the charts; the drawing is in `templates/macros/charts.html`.

Drawings are stretched to the page's width, words are HTML beside them: so letters stay legible at 360 px and
at 200 % zoom. Coordinates are in a field of 1000 × 1000, y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FIELD = 1000
Number = int | float


@dataclass(frozen=True)
class Scale:
    """From 0 to a round number above all values, with the ticks between."""

    top: float
    ticks: tuple[float, ...]

    def share(self, value: Number) -> float:
        """Where the value lies, 0 to `FIELD`."""
        return round(min(max(value / self.top, 0.0), 1.0) * FIELD, 1)

    def y(self, value: Number) -> float:
        """The same, counted from above."""
        return round(FIELD - self.share(value), 1)


def scale(values: Sequence[Number | None], steps: int = 4) -> Scale:
    """A scale whose ticks are 1, 2 or 5 times a power of ten."""
    highest = max((value for value in values if value is not None), default=0)
    if highest <= 0:
        return Scale(1, (0, 1))
    rough = highest / steps
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    # Things are counted in whole numbers: no tick between 0 and 1.
    step = max(step, 1.0) if all(float(value or 0).is_integer() for value in values) else step
    count = math.ceil(highest / step - 1e-9)
    return Scale(step * count, tuple(step * i for i in range(count + 1)))


def bar_scale(rows: Sequence[Mapping[str, object]]) -> Scale:
    """One scale for all bars of a chart, expectation marks included."""
    return scale([_number(row.get(key)) for row in rows for key in ("value", "mark")])


@dataclass(frozen=True)
class Window:
    """A part of a scale, for points and ranges: they have no length, so it need not begin at 0. Its ends are shown."""

    bottom: float
    top: float

    def share(self, value: Number) -> float:
        """Where the value lies, 0 to `FIELD`."""
        return round(min(max((value - self.bottom) / (self.top - self.bottom), 0.0), 1.0) * FIELD, 1)


def window(rows: Sequence[Mapping[str, object]]) -> Window:
    """Round numbers around all values and ranges; from 0 where they reach over most of the scale."""
    found = [_number(row.get(key)) for row in rows for key in ("value", "low", "high")]
    known = [number for number in found if number is not None]
    whole = scale(known)
    if not known or min(known) < whole.top / 2 or min(known) == max(known):
        return Window(0, whole.top)
    step = scale([max(known) - min(known)]).ticks[1]
    return Window(math.floor(min(known) / step) * step, math.ceil(max(known) / step) * step)


def _number(value: object) -> Number | None:
    return value if isinstance(value, int | float) else None


def line(values: Sequence[Number | None], to: Scale, start: int = 0, length: int | None = None) -> str:
    """The path of a line through the values; a None is a gap, because we don't know."""
    last = max((length or len(values)) - 1, 1)
    parts: list[str] = []
    broken = True
    for index, value in enumerate(values, start):
        if value is None:
            broken = True
            continue
        parts.append(f"{'M' if broken else 'L'}{round(index / last * FIELD, 1)} {to.y(value)}")
        broken = False
    return " ".join(parts)


def area(values: Sequence[Number | None], to: Scale) -> str:
    """The same, closed down to the ground, as far as the values are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    last = max(len(values) - 1, 1)
    first_at = next(i for i, value in enumerate(values) if value is not None)
    last_at = max(i for i, value in enumerate(values) if value is not None)
    left, right = round(first_at / last * FIELD, 1), round(last_at / last * FIELD, 1)
    path = line([v for v in values[first_at : last_at + 1] if v is not None], to, first_at, len(values))
    return f"{path} L{right} {FIELD} L{left} {FIELD} Z"


def last_known(values: Sequence[Number | None]) -> int:
    """Index of the last value we know; -1 where there is none."""
    return max((i for i, value in enumerate(values) if value is not None), default=-1)


def x_of(index: int, length: int) -> float:
    """Where the value of that index stands."""
    return round(index / max(length - 1, 1) * FIELD, 1)


def every(labels: Sequence[object], at_most: int = 7) -> list[tuple[int, object]]:
    """Evenly spaced labels, the first and the last among them where they divide; at most so many."""
    if len(labels) <= at_most:
        return list(enumerate(labels))
    last = len(labels) - 1
    parts = next((n for n in range(at_most - 1, 2, -1) if last % n == 0), at_most - 1)
    return [(round(i * last / parts), labels[round(i * last / parts)]) for i in range(parts + 1)]


def weeks(days: Sequence[date]) -> list[list[date | None]]:
    """The weeks, Monday first, that hold these days; a day that isn't among them is None.

    A week without any of the days is left out: the gap between two parts of an event says nothing.
    """
    if not days:
        return []
    wanted = set(days)
    monday = min(days) - timedelta(days=min(days).weekday())
    rows: list[list[date | None]] = []
    while monday <= max(days):
        week = [monday + timedelta(days=i) for i in range(7)]
        if wanted & set(week):
            rows.append([when if when in wanted else None for when in week])
        monday += timedelta(days=7)
    return rows


def columns(count: int) -> list[tuple[float, float]]:
    """Left edge and width of so many small bars side by side."""
    if not count:
        return []
    whole = FIELD / count
    gap = whole * 0.18
    return [(round(i * whole + gap / 2, 1), round(whole - gap, 1)) for i in range(count)]


def page_numbers(number: int, pages: int) -> list[int | None]:
    """The page numbers worth showing: ends and neighbours; None is a gap."""
    wanted = sorted({1, pages, *range(max(1, number - 1), min(pages, number + 1) + 1)})
    shown: list[int | None] = []
    for n in wanted:
        previous = shown[-1] if shown else None
        if previous is not None and n == previous + 2:
            shown.append(n - 1)
        elif previous is not None and n > previous + 2:
            shown.append(None)
        shown.append(n)
    return shown
