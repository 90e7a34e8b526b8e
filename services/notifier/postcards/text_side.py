"""The side with the result (通信面)."""

from __future__ import annotations

from collections.abc import Sequence

from services.notifier import wording
from services.notifier.domain.content import Content, Visit, legible, short_digest
from shared.paper.layout import POINT, WIDTH, Box, Code, Side, Tone, Typesetter
from shared.ui import formats
from shared.ui.language import t

_LEFT, _INNER = 8.0, 84.0
_LINK_SIDE = 15.0
_MOST_LOST = 6
"""So many cancelled slots stand on a card; the others are on My application."""
_FOOT = 43.0
"""Everything under this height says how to check, whom to ask and what the data is for."""


def text_side(setter: Typesetter, content: Content) -> None:
    """Sets what differs from card to card."""
    y = setter.paragraph(_LEFT, 140.0, 9, content.title, _INNER, tone="quiet")
    setter.line(_LEFT, y - 0.5, 12.5, wording.heading(content), bold=True)
    y = _result(setter, content)
    if content.visits:
        _visits(setter, content.visits, y)
    elif content.lost:
        _lost(setter, content, y)
    elif content.secret:
        _receipt(setter, content, content.secret, y)
    setter.line(_LEFT, _FOOT + 4, 6.5, f"{t('notice.receipt')} {content.receipt}　{t('notice.entry')} {content.entry}",
                tone="quiet")


def card_number(setter: Typesetter, card: str) -> None:
    """Sets the number of the postcard that the reply half belongs to: by it the halves are laid in order."""
    setter.line(WIDTH - _LEFT, 143, 7, str(t("card.number", card=card)), tone="quiet", align="right")


def common_side(setter: Typesetter, content: Content) -> None:
    """Sets what all cards of a programme share: made once a print run."""
    setter.side.boxes.append(Box(_LEFT, _FOOT + 1.5, _INNER, 0, "quiet", 0.2))
    _check(setter, content)
    _contact(setter, content)


def _result(setter: Typesetter, content: Content) -> float:
    tone: Tone = "accent" if content.kind == "won" else "ink"
    top, size = 126.0, 9.0 if content.visits or content.secret or content.lost else 10.5
    said = [wording.sentence(content), *([f"{t('notice.reason')}：{content.reason}"] if content.reason else [])]
    lines = [line for text in said for line in setter.wrapped(text, size, _INNER - 8)]
    height = 13 + len(lines) * size * POINT * 1.5
    setter.side.boxes.append(Box(_LEFT, top - height, _INNER, height, tone, 0.5, 2))
    setter.line(_LEFT + 4, top - 9, 19, wording.result(content), tone=tone, bold=True)
    y = top - 15
    for text in said:
        y = setter.paragraph(_LEFT + 4, y, size, text, _INNER - 8)
    return top - height - 3


def _visits(setter: Typesetter, visits: tuple[Visit, ...], top: float) -> None:
    if len(visits) == 1:
        _one(setter, visits[0], top)
        return
    width = _INNER / len(visits)
    side = min(width - 4, top - _FOOT - 30)
    for number, visit in enumerate(visits):
        left = _LEFT + number * width
        setter.side.codes.append(Code(left, top - side - 1, side, visit.token))
        setter.line(left, top - side - 4, 7, visit.code)
        _when(setter, visit, left, top - side - 8, width - 2, 7.5)


def _one(setter: Typesetter, visit: Visit, top: float) -> None:
    side = min(36.0, top - _FOOT - 9)
    left = _LEFT + _INNER - side
    setter.side.codes.append(Code(left, top - side - 1, side, visit.token))
    setter.line(left, top - side - 4, 7.5, visit.code)
    width = _INNER - side - 5
    y = _when(setter, visit, _LEFT, top - 4, width, 9.5)
    y -= 1.5
    setter.line(_LEFT, y, 7.5, str(t("notice.bring")), tone="quiet")
    setter.paragraph(_LEFT, y - 4, 7.5, str(t("notice.brings.card")), width, leading=1.4)


def _receipt(setter: Typesetter, content: Content, secret: str, top: float) -> None:
    """The new number and secret, to be read by a telephone or typed."""
    side = min(34.0, top - _FOOT - 9)
    left = _LEFT + _INNER - side
    setter.side.codes.append(Code(left, top - side - 1, side, content.receipt_url))
    y, width = top - 5, _INNER - side - 5
    half = len(secret) // 2
    for label, lines in ((t("notice.receipt"), [content.receipt]),
                         (t("notice.secret"), [f"{legible(secret[:half])}-", legible(secret[half:])])):
        setter.line(_LEFT, y, 7.5, str(label), tone="quiet")
        y -= 5
        for line in lines:
            y = setter.paragraph(_LEFT, y, 10.5, line, width, leading=1.35)
        y -= 1.5
    setter.paragraph(_LEFT, y, 6.5, f"{t('notice.mine-code')} {content.mine_url}", width, leading=1.3)


def _lost(setter: Typesetter, content: Content, top: float) -> None:
    """The cancelled slots; then, as far as there is room, the same in the applicant's language."""
    y = top - 3
    setter.line(_LEFT, y, 7.5, str(t("notice.lost")), tone="quiet")
    shown = wording.lost_slots(content.lost[:_MOST_LOST])
    if len(content.lost) > _MOST_LOST:
        shown.append(str(t("notice.lost-more", count=len(content.lost) - _MOST_LOST)))
    y = _fitting(setter, y - 4.5, [shown], (8.5, 7.5, 6.5))
    abroad = wording.abroad(content)
    if abroad:
        _fitting(setter, y - 1, [abroad, [abroad[0], abroad[-1]], abroad[:1]], (7.0, 6.0))


def _fitting(setter: Typesetter, top: float, choices: Sequence[Sequence[str]], sizes: Sequence[float]) -> float:
    """Sets the first of `choices` in the first of `sizes` that stays above the foot; nothing where none does."""
    for lines in choices:
        for size in sizes:
            wrapped = [part for line in lines for part in setter.wrapped(line, size, _INNER)]
            step = size * POINT * 1.35
            if top - step * (len(wrapped) - 1) >= _FOOT + 8:
                for number, line in enumerate(wrapped):
                    setter.line(_LEFT, top - step * number, size, line)
                return top - step * len(wrapped)
    return top


def _when(setter: Typesetter, visit: Visit, x: float, y: float, width: float, size: float) -> float:
    said = (
        formats.day(visit.day), f"{wording.hour(visit.starts)}〜{wording.hour(visit.ends)}（{visit.time_name}）",
        visit.venue, f"{t('notice.party')} {formats.unit(visit.seats, 'people')}",
    )
    for text in said:
        y = setter.paragraph(x, y, size, text, width, leading=1.45)
    return y


def _check(setter: Typesetter, content: Content) -> None:
    top = _FOOT - 2
    setter.side.codes.append(Code(_LEFT, top - _LINK_SIDE, _LINK_SIDE, content.draw_url))
    x = _LEFT + _LINK_SIDE + 4
    setter.line(x, top - 2.5, 7, str(t("card.link")), bold=True)
    y = setter.paragraph(x, top - 6, 6.5, content.draw_url, WIDTH - 8 - x, leading=1.3)
    setter.line(x, y, 6, str(t("card.short")), tone="quiet")
    for label, digest in wording.digests(content):
        y -= 2.9
        setter.line(x, y, 6, label)
        setter.line(x + 22, y, 6, short_digest(digest))


def _contact(setter: Typesetter, content: Content) -> None:
    y = setter.paragraph(
        _LEFT, 19, 6.5, f"{t('notice.contact')}　{content.ward} {content.office}　{content.telephone}", _INNER,
        leading=1.35,
    )
    purpose = f"{t('notice.purpose')}　{content.purpose}"
    setter.paragraph(_LEFT, y - 0.2, 5.5, purpose, _INNER, tone="quiet", leading=1.3)


__all__ = ["Side", "card_number", "common_side", "text_side"]
