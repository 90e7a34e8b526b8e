"""The guide on paper: A4, one page a witness, in the language being spoken (witnesses read Japanese)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from services.lottery.guide.steps import (
    FOLDER,
    PROGRAM,
    STEPS,
    Seat,
    Step,
    System,
    check_typed,
    digest_typed,
    enter_typed,
    typed,
)
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import CeremonyBeacon
from shared.paper.embedding import registered
from shared.paper.font import Script
from shared.ui import formats
from shared.ui.language import t

_SIDE, _EDGE = 15 * mm, 10 * mm
_WIDTH = A4[0] - 2 * _SIDE
_INK, _RULE, _GROUND, _WARN = Color(0.1, 0.1, 0.1), Color(0.6, 0.6, 0.6), Color(0.94, 0.94, 0.94), Color(1, 0.95, 0.9)
_SCALES = (1.0, 0.94, 0.91, 0.88)
"""How far type may shrink, until each witness's page holds everything."""
_CELL: tuple[Any, ...] = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 4), ("RIGHTPADDING", (0, 0), (-1, -1), 9),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
)


class TooMuch(Exception):
    """The programme's names are too long for one page a witness."""


@dataclass(frozen=True)
class Place:
    """Where the draw's files are: the address of its public page, of the program, and the program's SHA-256."""

    page: str
    program: str
    sha256: str
    draw: str


def guide(programme: Programme, place: Place) -> bytes:
    """The PDF. Raises `TooMuch`, and `shared.paper.font.MissingGlyph`."""
    script = Script()
    sheets = [list(_parts(programme, place, witness.name, witness.body.ja)) for witness in programme.draw.witnesses]
    for part in (part for sheet in sheets for part in sheet):
        for text in part.texts:
            script.take(text)
    with registered(script) as font:
        drawn = (_drawn(sheets, _Setter(script, font, scale)) for scale in _SCALES)
        return next((document for document, pages in drawn if pages <= len(sheets)), None) or _too_much()


def _drawn(sheets: Sequence[Sequence[_Part]], setter: _Setter) -> tuple[bytes, int]:
    """The file, and how many pages it has."""
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=_SIDE, rightMargin=_SIDE, topMargin=_EDGE, bottomMargin=_EDGE,
        producer="Kujibiki", author="", title="", invariant=1)
    flowing: list[Flowable] = []
    for sheet in sheets:
        flowing += [*([PageBreak()] if flowing else []), *(setter.set(part) for part in sheet)]
    document.build(flowing)
    return file.getvalue(), document.page


def _too_much() -> bytes:
    raise TooMuch


@dataclass(frozen=True)
class _Title:
    text: str
    under: str

    @property
    def texts(self) -> Sequence[str]:
        return self.text, self.under


@dataclass(frozen=True)
class _Rows:
    """Names and what belongs to them."""

    rows: tuple[tuple[str, str], ...]

    @property
    def texts(self) -> Sequence[str]:
        return [text for row in self.rows for text in row]


@dataclass(frozen=True)
class _Task:
    """A step: when, what to do, and the line to type for each kind of computer."""

    heading: str
    text: str
    lines: tuple[tuple[str, str], ...]

    @property
    def texts(self) -> Sequence[str]:
        return [self.heading, self.text, *(text.replace("\n", "") for line in self.lines for text in line)]


@dataclass(frozen=True)
class _Warning:
    heading: str
    points: tuple[str, ...]

    @property
    def texts(self) -> Sequence[str]:
        return [self.heading, *(f"・{point}" for point in self.points)]


_Part = _Title | _Rows | _Task | _Warning


def _parts(programme: Programme, place: Place, name: str, body: str) -> Iterable[_Part]:
    times, seat = programme.draw.timetable, Seat(place.draw, name)
    yield _Title(str(t("guide.title")), str(t("guide.for", title=programme.title.ja, body=body, name=name)))
    yield _Rows((
        (str(t("guide.page")), place.page), (str(t("guide.program")), place.program),
        (str(t("guide.sha256")), place.sha256),
        (str(t("guide.witnesses")), "、".join(other.body.ja for other in programme.draw.witnesses)),
        (str(t("guide.dates")), str(t(
            "guide.dates-are", commit=formats.jst(times.commit_until), freeze=formats.jst(times.freeze_from),
            close=formats.jst(times.close_from), beacon=_first_beacon(programme)))),
    ))
    yield _Task(str(t("guide.enter")), str(t("guide.enter-text", folder=FOLDER)),
                _two(**{system: enter_typed(system) for system in ("windows", "macos")}))
    yield _Task(str(t("guide.prepare")), str(t("guide.prepare-text")), _two(
        **{system: f"{digest_typed(system)}\n{check_typed(system)}" for system in ("windows", "macos", "linux")}))
    for number, step in enumerate(_steps(programme), 1):
        said = t(f"guide.text.{step}", folder=FOLDER, closing=seat.closing, beacon=seat.beacon, file=seat.file)
        yield _Task(f"{number}. {t(f'guide.step.{step}')}", str(said),
                    _two(**{system: typed(step, seat, system) for system in ("windows", "macos")}))
    for warning, points in (("secret", 4), ("compare", 3), ("differs", 4)):
        yield _Warning(str(t(f"guide.{warning}")), tuple(
            str(t(f"guide.{warning}-{number}", program=PROGRAM, office=programme.ward.office.ja,
                  telephone=programme.ward.telephone)) for number in range(1, points + 1)))


def _steps(programme: Programme) -> Sequence[Step]:
    """drand signs its own rounds: where no ceremony is announced, no witness signs one."""
    ceremony = any(isinstance(beacon, CeremonyBeacon) for beacon in programme.draw.beacons)
    return STEPS if ceremony else STEPS[:-1]


def _first_beacon(programme: Programme) -> str:
    ceremonies = [beacon for beacon in programme.draw.beacons if isinstance(beacon, CeremonyBeacon)]
    return formats.jst(ceremonies[0].at) if ceremonies else str(t("guide.no-ceremony"))


def _two(windows: str, macos: str, linux: str | None = None) -> tuple[tuple[str, str], ...]:
    """Lines by system; macOS and Linux share one where they are the same."""
    if linux is None:
        return (("Windows", windows), ("macOS・Linux", macos))
    return (("Windows", windows), ("macOS", macos), ("Linux", linux))


class _Setter:
    """Makes ReportLab's blocks of parts."""

    def __init__(self, script: Script, font: str, scale: float) -> None:
        self._script, self._font, self._scale = script, font, scale

    def set(self, part: _Part) -> Flowable:
        """One block."""
        match part:
            case _Title(text, under):
                return self._stack([self._text(text, 15), self._text(under, 10)])
            case _Rows(rows):
                return self._table([[self._text(name, 8), self._text(value, 8)] for name, value in rows], 28 * mm,
                                   ("GRID", (0, 0), (-1, -1), 0.4, _RULE), ("BACKGROUND", (0, 0), (0, -1), _GROUND))
            case _Task(heading, text, lines):
                commands = [[self._text(system, 7.5), self._command(line)] for system, line in lines]
                return self._stack([
                    Spacer(1, 1.5 * mm), self._text(heading, 10), self._text(text, 8.2),
                    self._table(commands, 22 * mm, ("BACKGROUND", (0, 0), (-1, -1), _GROUND),
                                ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 1))])
            case _Warning(heading, points):
                return self._stack([Spacer(1, 1.5 * mm), self._table(
                    [[self._text(heading, 9.5), [self._text(f"・{point}", 8.2) for point in points]]], 28 * mm,
                    ("BACKGROUND", (0, 0), (-1, -1), _WARN), ("BOX", (0, 0), (-1, -1), 0.6, _INK))])

    def _text(self, text: str, size: float, *, breaks: str | None = "CJK") -> Paragraph:
        size *= self._scale
        style = ParagraphStyle("text", fontName=self._font, fontSize=size, leading=size * 1.4, textColor=_INK,
                               wordWrap=breaks)
        return Paragraph(escape(self._script.take(text), quote=False), style)

    def _command(self, lines: str) -> list[Paragraph]:
        """What is typed: a long line breaks between its words only."""
        return [self._text(line, 8, breaks=None) for line in lines.split("\n")]

    def _stack(self, parts: Sequence[Flowable]) -> Table:
        return Table([[part] for part in parts], colWidths=[_WIDTH], style=[
            ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)])

    def _table(self, rows: list[list[Any]], first: float, *style: tuple[Any, ...]) -> Table:
        return Table(rows, colWidths=[first, _WIDTH - first], style=[*_CELL, *style])


__all__ = ["Place", "System", "guide"]
