"""The postcard to print and fill in (S02, S11): the office's address on one side, on the other what is asked.

The purpose of use stands before the first field; asked is what the programme declares for postcards, and nothing else.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from services.intake.domain.application import declared_items
from shared.contracts.programme import Programme
from shared.paper.drawing import Sheets
from shared.paper.embedding import registered
from shared.paper.font import Script
from shared.paper.layout import POINT, WIDTH, Box, Side, Typesetter
from shared.ui import formats
from shared.ui.language import t

_LEFT, _INNER, _TOP, _BOTTOM = 7.0, 86.0, 140.0, 6.0
_SCALES = (1.0, 0.93, 0.86, 0.8)
"""How far rows may shrink, until a programme's words and rows fit; type below 6.5 pt x 0.8 nobody reads."""


class TooMuch(Exception):
    """The programme asks for, or says, more than a postcard holds."""


@dataclass
class _Pen:
    """Sets one row under the other, all of them shrunk by `scale`."""

    setter: Typesetter
    scale: float
    y: float = _TOP

    def text(self, text: str, size: float, *, bold: bool = False, after: float = 1.0) -> None:
        for line in self.setter.wrapped(text, size * self.scale, _INNER):
            self.setter.line(_LEFT, self.y, size * self.scale, line, bold=bold)
            self.y -= size * self.scale * POINT * 1.4
        self.y -= after * self.scale

    def row(self, height: float, *cells: tuple[float, str]) -> None:
        """Boxes to write in, side by side: each a share of the width, with its label in the corner."""
        height *= self.scale
        left, bottom = _LEFT, self.y - height
        for share, label in cells:
            width = _INNER * share
            self.setter.side.boxes.append(Box(left, bottom, width, height, "ink", 0.25))
            size = self.setter.fitting(label, [6.5 * self.scale, 5.6, 5.0], width - 2) or 4.5
            self.setter.line(left + 1, self.y - 3 * self.scale, size, label, tone="quiet")
            left += width
        self.y = bottom

    def gap(self, height: float) -> None:
        self.y -= height * self.scale


def postcard(programme: Programme) -> bytes:
    """Two pages of 100 x 148 mm, in the language being spoken (the desk reads Japanese). Raises `TooMuch`."""
    script, address = Script(), Side()
    _address_side(Typesetter(script, address), programme)
    form = next(_that_fit(script, programme), None)
    if form is None:
        raise TooMuch
    file = io.BytesIO()
    with registered(script) as font:
        sheets = Sheets(file, font)
        for side in (address, form):
            sheets.page(side)
        sheets.save()
    return file.getvalue()


def _that_fit(script: Script, programme: Programme) -> Iterator[Side]:
    for scale in _SCALES:
        side = Side()
        if _form_side(_Pen(Typesetter(script, side), scale), programme) >= _BOTTOM:
            yield side


def _form_side(pen: _Pen, programme: Programme) -> float:
    """Returns the height of the last line in millimetres: below the margin, it did not fit."""
    asked = declared_items(programme, "postcard")
    pen.text(programme.title.ja, 8.5, bold=True, after=1)
    pen.text(str(t("postcard.title")), 12, bold=True, after=0.3)
    pen.text(str(t("postcard.until", postmark=formats.day(programme.window.postmarked_by),
                     receipt=formats.day(programme.window.received_by))), 7, bold=True)
    pen.text(f"{t('postcard.purpose')}{programme.purpose_of_use.ja}", 6.5, after=-0.6)
    _person(pen, asked)
    if "companions" in asked:
        _companions(pen, programme.party.max_companions)
    pen.row(8, (1, str(t("postcard.seats", most=programme.party.max_seats))))
    pen.gap(3.2)
    pen.text(programme.party.seats_rule.ja, 6, after=0.4)
    _wishes(pen, programme)
    return pen.y


def _person(pen: _Pen, asked: frozenset[str]) -> None:
    pen.row(9.5, (1, str(t("field.name"))))
    if "address" in asked:
        pen.row(10.5, (1, str(t("postcard.address"))))
    both = [(item, share) for item, share in (("age", 0.3), ("telephone", 0.7)) if item in asked]
    if both:
        total = sum(share for _, share in both)
        pen.row(8.5, *((share / total, str(t(f"field.{item}"))) for item, share in both))


def _companions(pen: _Pen, most: int) -> None:
    labels = [str(t("field.companions", position=position)) for position in range(1, most + 1)]
    for start in range(0, most, 2):
        pair = labels[start : start + 2]
        pen.row(7.5, *((1 / len(pair), label) for label in pair))


def _wishes(pen: _Pen, programme: Programme) -> None:
    """A row a wish: the day is written, venue and part of the day are ringed."""
    periods = str(t("value.between")).join(
        f"{formats.short_day(period.first)}〜{formats.short_day(period.last)}" for period in programme.periods)
    pen.text(str(t("postcard.wishes", periods=periods)), 6.5, after=-0.8)
    venues = "・".join(venue.name.ja for venue in programme.venues)
    times = "・".join(f"{part.name.ja} {part.starts:%H:%M}" for part in programme.times if part.seats)
    for position in range(1, programme.draw.max_wishes + 1):
        pen.row(8.5, (0.28, str(t("postcard.day", position=position))), (0.36, venues), (0.36, times))


def _address_side(setter: Typesetter, programme: Programme) -> None:
    ward = programme.ward
    y = 118.0
    if ward.postal_code:
        setter.line(WIDTH / 2, y, 14, f"〒{ward.postal_code}", align="center")
    y -= 3
    for text, size, bold in (
        (ward.address.ja if ward.address else "", 11, False), (ward.name.ja, 15, True),
        (str(t("postcard.to", office=ward.office.ja)), 11, False), (str(t("postcard.title")), 9, False),
    ):
        fitting = setter.fitting(text, [size, size * 0.9, size * 0.8], _INNER) or size * 0.8
        for line in setter.wrapped(text, fitting, _INNER):
            y -= size * POINT * 1.7
            setter.line(WIDTH / 2, y, fitting, line, bold=bold, align="center")
    setter.side.boxes.append(Box(_LEFT, 62, _INNER, 0, "quiet", 0.2))
    y = setter.paragraph(_LEFT, 57, 7, str(t("postcard.kept")), _INNER)
    asked = declared_items(programme, "postcard")
    for until in dict.fromkeys(item.until.ja for item in programme.data_items if item.item in asked):
        y = setter.paragraph(_LEFT, y - 0.8, 6.5, until, _INNER, leading=1.4)
    for text in (str(t("postcard.nothing-else")), ward.disclosure.ja, f"{ward.office.ja}　{ward.telephone}"):
        y = setter.paragraph(_LEFT, y - 0.8, 6.5, text, _INNER, leading=1.4)
