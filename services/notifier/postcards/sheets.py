"""From cards to a PDF: laid out first, so that a missing character stops the batch before anything is drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier import wording
from services.notifier.domain.content import Content
from services.notifier.postcards.address_side import TooLong, address_side
from services.notifier.postcards.text_side import card_number, common_side, text_side
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


@dataclass(frozen=True)
class Half:
    """The reply half of a double postcard, which the applicant addressed; `card` is the number of the postcard."""

    notice: str
    card: str
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


def print_halves(halves: Sequence[Half]) -> bytes:
    """One page a reply half, with the number of its card: no name and no address. Raises `CardStopped`."""
    script, laid_out = Script(), []
    with wording.words():
        common = Side()
        common_side(Typesetter(script, common), halves[0].content)
        for half in halves:
            side = Side()
            try:
                text_side(Typesetter(script, side), half.content)
                card_number(Typesetter(script, side), half.card)
            except MissingGlyph as missing:
                raise CardStopped(half.notice, "missing-glyph", missing.code) from None
            laid_out.append(side)
    with registered(script) as font:
        return _drawn(font, common, [(side,) for side in laid_out])


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


def _drawn(font: str, common: Side, laid_out: Sequence[tuple[Side, ...]]) -> bytes:
    """The pages of each card; the last one is the side that says what all cards say."""
    file = io.BytesIO()
    sheets = Sheets(file, font)
    sheets.keep("common", common)
    for *fronts, back in laid_out:
        for front in fronts:
            sheets.page(front)
        sheets.page(back, "common")
    sheets.save()
    return file.getvalue()
