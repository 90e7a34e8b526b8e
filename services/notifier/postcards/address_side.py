"""The side with the address (宛名面)."""

from __future__ import annotations

from services.notifier.domain.content import Content
from services.notifier.domain.postal import PostalAddress, postal_address
from shared.paper.layout import WIDTH, Bars, Box, Typesetter
from shared.ui.language import t

# The places of the seven boxes are those of Japan Post's cards: right edge 8 mm, upper edge 8 mm.
_BOX_LEFT = (44.3, 51.3, 58.3, 65.9, 72.7, 79.5, 86.3)
_BOX_WIDTH, _BOX_HEIGHT, _BOX_BOTTOM = 5.7, 8.0, 132.0
_ADDRESS_WIDTH, _ADDRESS_LEFT, _ADDRESS_TOP = 76.0, 12.0, 118.0
_ADDRESS_SIZES = ((12.0, 3), (10.5, 4), (9.0, 5))
_NAME_SIZES, _NAME_LINES = (22.0, 19.0, 16.0, 13.0, 10.5), 3
_BARCODE_POINT, _BAR_PITCH = 9.0, 0.12


class TooLong(Exception):
    """A name or an address does not fit on a card."""


def address_side(setter: Typesetter, name: str, address: str, content: Content) -> None:
    """Sets the whole side. Raises `TooLong`, and what taking the characters raises."""
    where = postal_address(address)
    setter.line(WIDTH / 2, 142.5, 8, str(t("card.postcard")), align="center")
    _postcode(setter, where)
    _lines(setter, where.text)
    _name(setter, name)
    _barcode(setter, where)
    _sender(setter, content)


def _postcode(setter: Typesetter, where: PostalAddress) -> None:
    for left, digit in zip(_BOX_LEFT, where.postcode or "", strict=False):
        setter.side.boxes.append(Box(left, _BOX_BOTTOM, _BOX_WIDTH, _BOX_HEIGHT, "red", 0.4))
        setter.line(left + _BOX_WIDTH / 2, _BOX_BOTTOM + 2.3, 13, digit, align="center")


def _lines(setter: Typesetter, text: str) -> None:
    for size, most in _ADDRESS_SIZES:
        if len(setter.wrapped(text, size, _ADDRESS_WIDTH)) <= most:
            setter.paragraph(_ADDRESS_LEFT, _ADDRESS_TOP, size, text, _ADDRESS_WIDTH, leading=1.55)
            return
    raise TooLong


def _name(setter: Typesetter, name: str) -> None:
    whole = f"{name}　{t('card.honorific')}"
    size = setter.fitting(whole, _NAME_SIZES, _ADDRESS_WIDTH)
    if size is not None:
        setter.line(WIDTH / 2, 84, size, whole, align="center")
        return
    lines = setter.wrapped(whole, _NAME_SIZES[-1], _ADDRESS_WIDTH)
    if len(lines) > _NAME_LINES:
        raise TooLong
    setter.paragraph(_ADDRESS_LEFT, 86, _NAME_SIZES[-1], whole, _ADDRESS_WIDTH)


def _barcode(setter: Typesetter, where: PostalAddress) -> None:
    bars = where.bars
    if bars:
        length = (2 * len(bars) - 1) * _BAR_PITCH / 2 * _BARCODE_POINT
        setter.side.bars.append(Bars((WIDTH - length) / 2, 68, bars, _BARCODE_POINT))


def _sender(setter: Typesetter, content: Content) -> None:
    setter.line(12, 34, 7, str(t("card.sender")), tone="quiet")
    setter.line(12, 28.5, 11, content.ward)
    y = setter.paragraph(12, 23, 8.5, content.office, _ADDRESS_WIDTH)
    setter.line(12, y, 8.5, f"{t('notice.telephone')}　{content.telephone}")
    setter.line(WIDTH - 8, 6.5, 6.5, f"{t('notice.receipt')} {content.receipt}", tone="quiet", align="right")
