"""Numbers of paper contact cards: `LS-00001`. Nothing else of a card is ever typed in (S09, S13)."""

from __future__ import annotations

import re
import unicodedata

from shared.contracts.programme import PaperCards

MOST_AT_ONCE = 200
_ONE = re.compile(r"^(?:([A-Z]{1,4})-?)?0*([0-9]{1,7})$")
# A keyboard's full-width mode types any of these for a hyphen.
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−ー〜~", "-"))


class UnknownCard(ValueError):
    """There is no card of that number in this programme."""


def written(cards: PaperCards, number: int) -> str:
    """The number as it is printed on the card."""
    if not cards.first <= number <= cards.last:
        raise UnknownCard(str(number))
    return f"{cards.numbers}-{number:05d}"


def number_of(card: str) -> int:
    """The plain number of a card that is written as `written` writes it."""
    return int(card.rpartition("-")[2])


def card_number(cards: PaperCards | None, typed: str) -> str:
    """The card that somebody typed as `LS-00012`, `ls12`, `１２` or `12`; raises `UnknownCard`."""
    match = _ONE.match(_plain(typed).replace(" ", ""))
    if cards is None or match is None or match[1] not in (None, cards.numbers):
        raise UnknownCard(typed[:20])
    return written(cards, int(match[2]))


def card_list(cards: PaperCards | None, typed: str) -> tuple[str, ...]:
    """Cards typed as numbers and ranges, `12-18, 20`; each once, in the order typed. Raises `UnknownCard`."""
    found: dict[str, None] = {}
    closed_up = re.sub(r"\s*-\s*", "-", _plain(typed).strip(", "))
    for part in re.split(r"[,、，\s]+", closed_up):
        found.update(dict.fromkeys(_range(cards, part)))
        if len(found) > MOST_AT_ONCE:
            raise UnknownCard(typed[:20])
    return tuple(found)


def card_span(cards: PaperCards, first: str, last: str, most: int) -> tuple[str, ...]:
    """All cards from one number to another, both typed; raises `UnknownCard`, also for more than `most`."""
    begins, ends = number_of(card_number(cards, first)), number_of(card_number(cards, last))
    if not 0 <= ends - begins < most:
        raise UnknownCard(f"{first[:20]}-{last[:20]}")
    return tuple(written(cards, number) for number in range(begins, ends + 1))


def _range(cards: PaperCards | None, part: str) -> tuple[str, ...]:
    prefix = cards.numbers if cards else ""
    ends = re.match(rf"^(?:{prefix}-?)?([0-9]{{1,7}})-(?:{prefix}-?)?([0-9]{{1,7}})$", part)
    if not ends or cards is None:
        return (card_number(cards, part),)
    first, last = int(ends[1]), int(ends[2])
    if not 0 <= last - first < MOST_AT_ONCE:
        raise UnknownCard(part[:20])
    return tuple(written(cards, number) for number in range(first, last + 1))


def _plain(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed.translate(_HYPHENS)).translate(_HYPHENS).upper()


def next_card(cards: PaperCards, last: int | None) -> str | None:
    """The card to hand out after number `last`; None when the pile is at its end."""
    number = cards.first if last is None else last + 1
    return written(cards, number) if number <= cards.last else None
