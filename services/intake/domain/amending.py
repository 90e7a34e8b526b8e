"""What an applicant may change, and until when (B04): all of it while applications are taken, then only details."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal

from services.intake.domain.application import Application
from services.intake.domain.fault import Fault
from services.intake.domain.standing import Standing
from shared.contracts.programme import Programme

Scope = Literal["everything", "details"]
"""`details`: companions' names, address, telephone and e-mail; seats and wishes are frozen."""

MOST_A_DAY = 10
"""Each change is told to its applicant: more of them in a day is somebody who plays."""

_CONTACT = ("name", "address", "email")


@dataclass(frozen=True)
class Window:
    """How far the window is, as an officer moves it: open, being closed, closed."""

    open: bool
    closed: bool


def scope_of(
    programme: Programme, now: datetime, window: Window, standing: Standing, slots: Iterable[str]
) -> Scope | None:
    """What may be changed now; `slots` are those that the application holds, else those that it wishes.

    It follows from what its applicant may know of it, so that it tells nobody whether somebody else applied.
    """
    if not standing.may_withdraw:
        return None
    if window.open and (programme.amending.until == "closing" or now < programme.window.closes):
        return "everything"
    until = details_until(programme, slots)
    settled = window.open or window.closed
    return "details" if settled and until is not None and now < until else None


def details_until(programme: Programme, slots: Iterable[str]) -> datetime | None:
    """The moment from which on nothing may be changed; None where the programme allows nothing after the window."""
    days = programme.amending.details_days_before
    if days is None:
        return None
    known = (programme.slot_by_id[slot].day for slot in slots if slot in programme.slot_by_id)
    last = min(known, default=programme.last_day) - timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), programme.zone)


def details_faults(before: Application, after: Application, programme: Programme) -> list[Fault]:
    """Everything that goes beyond details, in the order of the form."""
    return list(_beyond_details(before, after, programme))


def _beyond_details(before: Application, after: Application, programme: Programme) -> Iterator[Fault]:
    office = {"telephone": programme.ward.telephone}
    for field in ("name", "age"):
        if getattr(before.party, field) != getattr(after.party, field):
            yield Fault(field, "frozen", office)
    if len(after.party.companions) > len(before.party.companions):
        yield Fault(f"companions.{len(before.party.companions) + 1}", "more-people", office)
    if before.seats != after.seats:
        yield Fault("seats", "frozen", office)
    if before.wishes != after.wishes:
        yield Fault("wishes.1", "frozen", office)


def touched(before: Application, after: Application) -> frozenset[str]:
    """The fields that differ: what nobody touched is not judged anew."""
    was, now = before.party.items(), after.party.items()
    fields = {item for item in was.keys() | now.keys() if was.get(item) != now.get(item)}
    fields |= {name for name in ("seats", "wishes") if getattr(before, name) != getattr(after, name)}
    return frozenset(fields)


def too_many(history: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """Whether as many changes were made within a day as may be."""
    lately = [entry for entry in history if entry["at"] > now - timedelta(days=1)]
    return len(lately) >= MOST_A_DAY


def letter_to(before: Application, programme: Programme) -> dict[str, Any]:
    """Whom a letter about a change goes to: whoever was reached before it, by what notifier may know of them."""
    held = programme.items_for("notifier")
    return {item: value for item, value in before.party.items().items() if item in _CONTACT and item in held}
