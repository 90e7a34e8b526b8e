"""When applications are taken, and when the window may be closed (S01, S02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

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


class WindowRefused(Exception):
    """Not now: `code` is too-early, too-late, closed or not-yet-closable; `at` is the time that decides."""

    def __init__(self, code: str, at: datetime | None = None) -> None:
        super().__init__(code)
        self.code, self.at = code, at


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
    if window.late == "keep":
        return LATE
    raise WindowRefused("too-late", window.closes)


def postcard_verdict(programme: Programme, postmarked_on: date, received_on: date) -> Verdict:
    """A postcard counts when it was posted and came in time. It exists, so it is kept either way."""
    window = programme.window
    if postmarked_on < programme.local(window.opens).date():
        return EARLY
    if postmarked_on > window.postmarked_by:
        return LATE_POSTMARK
    return COUNTS if received_on <= window.received_by else LATE_RECEIPT


def postcard_date_faults(postmarked_on: date, received_on: date, today: date) -> list[Fault]:
    """Dates that cannot be: received before it was posted, or on a day that has not come."""
    if received_on > today:
        return [Fault("received_on", "date-to-come")]
    return [Fault("postmarked_on", "postmark-after-receipt")] if postmarked_on > received_on else []


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
