"""From cards to a PDF: laid out first, so that a missing character stops the batch before anything is drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier import wording
from services.notifier.domain.content import Content
from services.notifier.postcards.address_side import TooLong, address_side
from services.notifier.postcards.text_side import common_side, text_side
from shared.paper.drawing import Sheets
from shared.paper.embedding import registered
from shared.paper.font import MissingGlyph, Script
from shared.paper.layout import Side, Typesetter


@dataclass(frozen=True)
class Card:
    """One postcard, with the name and the address as the applicant wrote them."""

    notice: str
    name: str
    address: str
    content: Content


class CardStopped(Exception):
    """The batch stops at this card: `notice` is its notice, `cause` a code, `code_point` the missing character.

    It holds neither name nor address: staff find the card by its receipt number.
    """

    def __init__(self, notice: str, cause: str, code_point: int | None = None) -> None:
        super().__init__(f"{cause} in notice {notice}")
        self.notice, self.cause, self.code_point = notice, cause, code_point


def print_cards(cards: Sequence[Card]) -> bytes:
    """The PDF of the cards, two pages each: address, text. Raises `CardStopped`; nothing is written to disk."""
    script = Script()
    with wording.words():
        common = Side()
        common_side(Typesetter(script, common), cards[0].content)
        laid_out = [_lay_out(script, card) for card in cards]
    with registered(script) as font:
        return _drawn(font, common, laid_out)


def _lay_out(script: Script, card: Card) -> tuple[Side, Side]:
    front, back = Side(), Side()
    try:
        address_side(Typesetter(script, front), card.name, card.address, card.content)
        text_side(Typesetter(script, back), card.content)
    except MissingGlyph as missing:
        raise CardStopped(card.notice, "missing-glyph", missing.code) from None
    except TooLong:
        raise CardStopped(card.notice, "too-long") from None
    return front, back


def _drawn(font: str, common: Side, laid_out: Sequence[tuple[Side, Side]]) -> bytes:
    file = io.BytesIO()
    sheets = Sheets(file, font)
    sheets.keep("common", common)
    for front, back in laid_out:
        sheets.page(front)
        sheets.page(back, "common")
    sheets.save()
    return file.getvalue()
