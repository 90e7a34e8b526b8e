"""The card that answers a held postcard: what could not be read, or that it takes no part (S07).

It is written on one side only. The other side is addressed by hand, from the postcard: nothing of it is typed in.
"""

from __future__ import annotations

import io

from shared.contracts.programme import Programme
from shared.paper.drawing import Sheets
from shared.paper.embedding import registered
from shared.paper.font import Script
from shared.paper.layout import Side, Typesetter
from shared.ui.language import t

_LEFT, _INNER, _TOP, _FOOT = 8.0, 84.0, 136.0, 34.0


def reply_card(programme: Programme, card: str, reason: str, given_up: bool) -> bytes:
    """One page of 100 x 148 mm, in the language being spoken: Japanese, as the desk's."""
    script, side = Script(), Side()
    _message(Typesetter(script, side), programme, card, reason, given_up)
    file = io.BytesIO()
    with registered(script) as font:
        sheets = Sheets(file, font)
        sheets.page(side)
        sheets.save()
    return file.getvalue()


def _message(setter: Typesetter, programme: Programme, card: str, reason: str, given_up: bool) -> None:
    ward = programme.ward
    what = "given-up" if given_up else "asks"
    setter.line(_LEFT, _TOP, 8.5, programme.title.ja, bold=True)
    y = setter.paragraph(_LEFT, _TOP - 8, 12, str(t(f"desk.reply.{what}-title")), _INNER, leading=1.5)
    setter.line(_LEFT, y - 2, 8.5, str(t("desk.reply.number", card=card)))
    y = setter.paragraph(_LEFT, y - 9, 9.5, str(t(f"desk.reply.{what}")), _INNER, leading=1.6)
    setter.line(_LEFT, y - 1, 9.5, str(t("desk.reply.reason", reason=reason)), bold=True)
    y -= 7
    todo = t(f"desk.reply.{what}-do", office=ward.office.ja, telephone=ward.telephone)
    setter.paragraph(_LEFT, y - 2, 9.5, str(todo), _INNER, leading=1.6)
    y = setter.paragraph(_LEFT, _FOOT, 6.5, f"{t('postcard.purpose')}{programme.purpose_of_use.ja}", _INNER,
                         leading=1.4)
    setter.paragraph(_LEFT, y - 0.5, 7.5, f"{ward.name.ja} {ward.office.ja}　{ward.telephone}", _INNER)
