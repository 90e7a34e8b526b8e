"""When applications are taken, and when the window may be closed (S01, S02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from services.intake.domain.fault import Fault
from shared.contracts.programme import Programme

Phase = Literal["before", "open", "ended", "closed"]


@dataclass(frozen=True)
class Verdict:
    """Whether an application counts; `reason` is a code where it doesn't."""

    counted: bool
    reason: str | None = None


COUNTS = Verdict(True)
LATE = Verdict(False, "late")
LATE_POSTMARK = Verdict(False, "late-postmark")
LATE_RECEIPT = Verdict(False, "late-receipt")
EARLY = Verdict(False, "early")
NOT_RESIDENT = Verdict(False, "not-resident")
OTHER_AGE = Verdict(False, "age-rule")
_OF_THE_CARD = frozenset(
    verdict.reason for verdict in (LATE, LATE_POSTMARK, LATE_RECEIPT, EARLY, NOT_RESIDENT, OTHER_AGE))


class WindowRefused(Exception):
    """Not now: `code` is too-early, too-late, closed, not-yet-closable, desk-unfinished or `closing-…` (it takes two).

    `at` is the time that decides; `values` are the figures that the words quote.
    """

    def __init__(self, code: str, at: datetime | None = None, **values: Any) -> None:
        super().__init__(code)
        self.code, self.at, self.values = code, at, values


def phase(programme: Programme, now: datetime, closed: bool) -> Phase:
    """Where the window stands for somebody who looks at it."""
    if closed:
        return "closed"
    if now < programme.window.opens:
        return "before"
    return "open" if now < programme.window.closes else "ended"


def web_verdict(programme: Programme, now: datetime) -> Verdict:
    """An application by web counts from `opens` until before `closes`.

    Raises `WindowRefused` outside of it, except where the programme keeps late ones as not counted.
    """
    window = programme.window
    if now < window.opens:
        raise WindowRefused("too-early", window.opens)
    if now < window.closes:
        return COUNTS
    if keeps_late_now(programme, now):
        return LATE
    raise WindowRefused("too-late", window.closes)


def keeps_late_now(programme: Programme, now: datetime) -> bool:
    """Whether what comes by web now is kept, but late and so not in the draw."""
    return now >= programme.window.closes and programme.window.late == "keep"


def postcard_verdict(
    programme: Programme, postmarked_on: date | None, received_on: date, by_hand: bool = False
) -> Verdict:
    """A postcard counts when it was posted and came in time. It exists, so it is kept either way.

    What was handed in counts by that day as if posted on it. Where no postmark can be read, nobody can say that it was
    posted late: the day of receipt decides.
    """
    window = programme.window
    if (postmarked_on or received_on) < programme.local(window.opens).date():
        return EARLY
    if by_hand:
        return COUNTS if received_on <= window.postmarked_by else LATE
    if postmarked_on is not None and postmarked_on > window.postmarked_by:
        return LATE_POSTMARK
    return COUNTS if received_on <= window.received_by else LATE_RECEIPT


def decided_by_desk(reason: str | None) -> bool:
    """Whether the reason follows from the card alone: when it is corrected, it is decided anew."""
    return reason in _OF_THE_CARD


def postcard_date_faults(
    programme: Programme, postmarked_on: date | None, received_on: date, today: date, by_hand: bool = False
) -> list[Fault]:
    """Dates that cannot be: received before it was posted, or on a day that has not come; a missing postmark."""
    if received_on > today:
        return [Fault("received_on", "date-to-come")]
    if postmarked_on is None:
        held = programme.postcards.missing_postmark == "hold" and not by_hand
        return [Fault("postmarked_on", "postmark-missing")] if held else []
    if by_hand:
        return [Fault("postmarked_on", "postmark-by-hand")]
    return [Fault("postmarked_on", "postmark-after-receipt")] if postmarked_on > received_on else []


def came_at(programme: Programme, taken_at: datetime, received_on: str | None) -> datetime:
    """When an application reached the ward: by web when it was taken, a postcard in the morning of its day."""
    if received_on is None:
        return taken_at
    return datetime.combine(date.fromisoformat(received_on), time(), programme.zone)


def keying_allowed(programme: Programme, now: datetime) -> None:
    """Postcards may be keyed in from the opening until an officer closes the window."""
    if now < programme.window.opens:
        raise WindowRefused("too-early", programme.window.opens)


def closable_from(programme: Programme) -> datetime:
    """The first moment at which nothing that counts can still come in."""
    if not takes_postcards(programme):
        return programme.window.closes
    next_day = programme.window.received_by + timedelta(days=1)
    return max(programme.window.closes, datetime.combine(next_day, time(), programme.zone))


def check_closable(programme: Programme, now: datetime) -> None:
    """Raises `WindowRefused` before `closable_from`: closing early would shut somebody out."""
    if now < closable_from(programme):
        raise WindowRefused("not-yet-closable", closable_from(programme))


def takes_postcards(programme: Programme) -> bool:
    """Whether anything may be collected by postcard at all."""
    return any("postcard" in item.channels for item in programme.data_items)
