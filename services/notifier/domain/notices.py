"""Which notice an application gets, on which way, and by when (S07, B05).

One result notice an application: its id follows from programme and application, so that no replay, restart or
late fact can make a second one. A promotion from the waiting list is told by a notice of its own, and so is each
change of the application: by a letter, in the way that held before the change (B04).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.notifier.domain.application import Application, Letter, LetterCause, Pass
from shared.contracts.envelope import Id, derived_id
from shared.contracts.intake import Contact
from shared.contracts.notifier import Kind, Way, second_draw_id

LETTER_WITHIN = timedelta(days=1)
"""Each change of an entry is told within a day, so that whoever did not make it can object (LOTTERY: Trust); and so is
a second draw, which every applicant hears of before it freezes."""

_KIND_OF_LETTER: Mapping[LetterCause, Kind] = {"receipt": "receipt", "second-draw": "second-draw"}

Missing = Literal["application", "draw", "passes", "addressee"]


@dataclass(frozen=True)
class Draw:
    """What every notice carries of the draw: the digests that people keep, and when it was drawn (B01)."""

    announcement: str | None = None
    closing: str | None = None
    result: str | None = None
    drawn_at: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """A notice that is to be made. `about` is the application, `to` the one whose contact hears of it."""

    id: Id
    about: Id
    to: Id
    kind: Kind
    way: Way
    due_by: datetime
    slots: tuple[str, ...] = ()
    passes: tuple[Pass, ...] = ()
    promotion: bool = False
    reason: str | None = None
    letter: Letter | None = None


@dataclass(frozen=True)
class Waits:
    """Something is to be told, but `missing` has not come yet."""

    missing: Missing


def result_notice_id(programme: str, application: Id, redrawn: str | None = None) -> Id:
    """The id of the one result notice of an application, and of the one of each second draw (`redrawn`)."""
    return derived_id("notice", programme, application, *_of_draw(redrawn))


def promotion_notice_id(programme: str, application: Id, slot: str, redrawn: str | None = None) -> Id:
    """The id of the notice of a promotion into `slot`."""
    return derived_id("notice", programme, application, "promoted", slot, *_of_draw(redrawn))


def _of_draw(redrawn: str | None) -> tuple[str, ...]:
    return ("draw", redrawn) if redrawn else ()


def withdrawal_letter_id(programme: str, application: Id) -> Id:
    """The id of the letter that confirms a withdrawal after the result was told."""
    return derived_id("notice", programme, application, "withdrawn")


def letters_due(programme: str, application: Application) -> list[Notice]:
    """The letters that were not made yet; none before it is known how the applicant is reached."""
    if not application.taken or application.contact is None:
        return []
    letters = list(application.letters)
    if application.withdrawn_at is not None and application.told_kind not in (None, "withdrawn"):
        letters.append(Letter(withdrawal_letter_id(programme, application.id), "withdrawn", application.withdrawn_at,
                              application.contact))
    second = application.second_draw
    if second is not None and application.takes_part:
        letters.append(Letter(second_draw_id(programme, application.id, second.draw), "second-draw", second.at,
                              application.contact, second.draw))
    return [_letter(application, letter) for letter in letters if letter.notice not in application.lettered]


def _letter(application: Application, letter: Letter) -> Notice:
    return Notice(
        id=letter.notice, about=application.id, to=application.id,
        kind=_KIND_OF_LETTER.get(letter.what, "changed"), way=_way_of(letter.contact),
        due_by=letter.at + LETTER_WITHIN, letter=letter,
    )


def next_notice(
    programme: str, application: Application, draw: Draw, addressee: Application | None, within_days: int
) -> Notice | Waits | None:
    """What the application is to be told next: a notice, what that waits for, or None if nothing is open.

    `addressee` is the application of `application.addressee`, or None if nothing of it was heard yet.
    """
    told_of = result_notice_id(programme, application.id, application.redrawn)
    # Whoever withdrew was told so, and hears no more of draws.
    if told_of in application.told or (application.withdrawn_at is not None and application.told):
        return _promotion(programme, application, draw, within_days)
    kind = kind_of(application)
    if kind is None:
        return None
    missing = _missing(kind, application, draw, addressee)
    if missing:
        return Waits(missing)
    assert addressee is not None and addressee.contact is not None
    slots = application.result.won if application.result and kind == "won" else ()
    return Notice(
        id=told_of, about=application.id, to=addressee.id, kind=kind,
        way=way_for(addressee), due_by=_due_by(kind, application, draw, within_days), slots=slots,
        passes=application.passes_for(slots), reason=application.reason if kind == "not-counted" else None,
    )


def reply_card(programme: str, notice: Notice, addressee: Application) -> str | None:
    """The card whose reply half carries the notice: an application's one result, told to its own applicant by post."""
    is_result = notice.id == result_notice_id(programme, notice.about, addressee.redrawn) and not addressee.told
    return addressee.reply_card if is_result and notice.way == "post" and notice.to == notice.about else None


def kind_of(application: Application) -> Kind | None:
    """What there is to tell. Withdrawing comes first: whoever withdrew is not told of a draw."""
    if application.withdrawn_at is not None:
        return "withdrawn"
    if application.counted is False:
        return "not-counted"
    return application.result.outcome if application.result else None


def way_for(addressee: Application) -> Way:
    """By mail where the applicant gave an address for it, else by post."""
    return _way_of(addressee.contact)


def _way_of(contact: Contact | None) -> Way:
    return "mail" if contact == "mail" else "post"


def other_way(way: Way, contact: str, items: Set[str], tried: Set[str] = frozenset()) -> Way | None:
    """The channel that opens when `way` has failed for good, None if there is none that was not tried (B05).

    `contact` is how the applicant asked to be told; `items` are the data items that the programme lets this
    service use.
    """
    if way == "mail":
        return "post" if {"name", "address"} <= items and "post" not in tried else None
    return "mail" if contact == "mail" and "email" in items and "mail" not in tried else None


def _promotion(programme: str, application: Application, draw: Draw, within_days: int) -> Notice | Waits | None:
    if application.withdrawn_at is not None or draw.drawn_at is None:
        return None
    for promotion in application.promoted:
        notice = promotion_notice_id(programme, application.id, promotion.slot, application.redrawn)
        slots = (promotion.slot,)
        if notice in application.told:
            continue
        passes = application.passes_for(slots)
        if not passes:
            return Waits("passes")
        return Notice(
            id=notice, about=application.id, to=application.id, kind="won", way=way_for(application),
            due_by=promotion.at + timedelta(days=within_days), slots=slots, passes=passes, promotion=True,
        )
    return None


def _missing(kind: Kind, application: Application, draw: Draw, addressee: Application | None) -> Missing | None:
    if not application.taken:
        return "application"
    if kind != "withdrawn" and draw.drawn_at is None:
        return "draw"
    if kind == "won" and application.result:
        won = application.result.won
        if len(application.passes_for(won)) < len(won):
            return "passes"
    return None if addressee is not None and addressee.taken else "addressee"


def _due_by(kind: Kind, application: Application, draw: Draw, within_days: int) -> datetime:
    if kind == "withdrawn":
        assert application.withdrawn_at is not None
        return application.withdrawn_at + LETTER_WITHIN
    assert draw.drawn_at is not None
    return draw.drawn_at + timedelta(days=within_days)
