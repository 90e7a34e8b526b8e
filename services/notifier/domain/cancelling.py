"""Telling people that their slots or seats are gone: whom, in which way, and by when (B17).

Whoever holds a cancelled slot is told, before the draw whoever wishes one, and whoever lost a seat because there are
fewer. It is told within a day and before the first of the slots begins; where a card would come too late, whoever gave
no mail address is called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence, Set
from datetime import datetime, timedelta

from services.notifier.domain.application import Application, Cancelled, Letter, LetterCause
from services.notifier.domain.delivery import CARD_NEEDS
from services.notifier.domain.notices import Notice
from shared.contracts.envelope import Id, derived_id
from shared.contracts.notifier import Way
from shared.contracts.programme import Programme

WITHIN = timedelta(days=1)


def concerned_slots(
    application: Application, holds: Collection[str] | None, wishes: Collection[str], cancelled: Collection[str]
) -> tuple[tuple[str, ...], LetterCause]:
    """Those of the cancelled slots that the application holds, or before its result wishes; and which of both."""
    what: LetterCause = "cancelled-wished" if application.result is None else "cancelled-held"
    if application.withdrawn_at is not None:
        return (), what
    mine = (holds if holds is not None else application.result.won) if application.result else wishes
    return tuple(slot for slot in mine if slot in cancelled), what


def notice_id(programme: str, application: Id, decision: str) -> Id:
    """The id of the one notice of an application for one decision."""
    return derived_id("notice", programme, application, "cancelled", decision)


def cancellations_due(
    programme: Programme, application: Application, now: datetime, items: Set[str]
) -> Iterator[Notice]:
    """The notices that were not made yet; none before it is known how the applicant is reached."""
    if application.contact is None:
        return
    for cancelled in _told_once(application.cancelled):
        id_ = notice_id(programme.id, application.id, cancelled.decision)
        if id_ not in application.lettered:
            first = begins(programme, cancelled.slots)
            yield Notice(
                id=id_, about=application.id, to=application.id, kind="cancelled",
                due_by=min(cancelled.at + WITHIN, first),
                way=way_in_time("mail" if application.contact == "mail" else "post", first, now, items),
                slots=cancelled.slots, reason=cancelled.reason,
                letter=Letter(id_, cancelled.what, cancelled.at, application.contact))


def _told_once(cancelled: Sequence[Cancelled]) -> Iterator[Cancelled]:
    """All but the seats that were lost because their slot was cancelled: that was told when it was decided."""
    gone = {slot for one in cancelled if one.what != "revoked" for slot in one.slots}
    return (one for one in cancelled if one.what != "revoked" or not gone.issuperset(one.slots))


def begins(programme: Programme, slots: Collection[str]) -> datetime:
    """When the first of the slots begins."""
    known = [programme.slot_by_id[slot] for slot in slots]
    return min(datetime.combine(slot.day, slot.starts, programme.zone) for slot in known)


def way_in_time(way: Way, first_slot: datetime, now: datetime, items: Set[str]) -> Way:
    """The way itself, or a call instead of a card that would come too late, where a telephone number may be used."""
    return "call" if way == "post" and now > first_slot - CARD_NEEDS and "telephone" in items else way


def in_time(
    other: Way | None, failed: Way, first_slot: datetime, now: datetime, items: Set[str], tried: Set[str]
) -> Way | None:
    """What is left when `failed` has failed and `other` would follow: a call wherever a card comes too late."""
    if failed == "call":
        return "post" if "post" not in tried and now <= first_slot - CARD_NEEDS else None
    if other is None:
        return "call" if "telephone" in items and "call" not in tried else None
    return way_in_time(other, first_slot, now, items) if "call" not in tried else other
