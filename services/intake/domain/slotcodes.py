"""Short codes for wishes, typed in a second: `0723sa` is 23 July, Sumitomo, am (S03)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from shared.contracts.programme import Programme, Slot

_TYPED = re.compile(
    r"(?:(?P<month>[0-9]{1,2})[/月.](?P<day>[0-9]{1,2})日?|(?P<run>[0-9]{3,4}))[\s,・-]*(?P<rest>[a-z][a-z0-9\s,・-]*)?")
_BETWEEN = re.compile(r"[\s,・-]")


def slot_code(programme: Programme, slot: Slot) -> str:
    """The shortest code of a slot: month and day, then the letters that tell its venue and its part of the day."""
    return f"{slot.day:%m%d}{venue_letters(programme)[slot.venue]}{time_letters(programme)[_time_of(slot)]}"


def typed_slot(programme: Programme, typed: str) -> str | None:
    """The slot that was meant: a code, in any width and spacing, or the slot's own name; None for no slot or several.

    A venue may be left out where there is only one; more letters of a venue or a time than needed do no harm.
    """
    text = unicodedata.normalize("NFKC", typed).strip().lower()
    if text in programme.slot_by_id:
        return text
    found = _TYPED.fullmatch(text)
    if found is None:
        return None
    month, day = (int(found["month"]), int(found["day"])) if found["month"] else (
        int(found["run"][:-2]), int(found["run"][-2:]))
    rest = _BETWEEN.sub("", found["rest"] or "")
    meant = [slot.id for slot in programme.slots
             if slot.seats and (slot.day.month, slot.day.day) == (month, day) and _means(programme, slot, rest)]
    return meant[0] if len(meant) == 1 else None


def typed_day(typed: str, about: date) -> date | None:
    """A day typed as `0610`, `6/10` or `2021-06-10`; without a year, the one that is nearest to `about`."""
    text = unicodedata.normalize("NFKC", typed).strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    found = re.fullmatch(r"([0-9]{1,2})[/月.-]([0-9]{1,2})日?|([0-9]{1,2})([0-9]{2})", text)
    if found is None:
        return None
    month, day = (int(part) for part in found.groups() if part is not None)
    days = []
    for year in (about.year - 1, about.year, about.year + 1):
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return min(days, key=lambda one: abs((one - about).days), default=None)


def venue_letters(programme: Programme) -> dict[str, str]:
    """Each venue and the letters that tell it in a code: none where there is only one."""
    venues = [venue.id for venue in programme.venues]
    return {venues[0]: ""} if len(venues) == 1 else _shortest(venues)


def time_letters(programme: Programme) -> dict[str, str]:
    """Each part of a day that is drawn, and the letters that tell it in a code."""
    return _shortest([part.id for part in programme.times if part.seats])


def _means(programme: Programme, slot: Slot, rest: str) -> bool:
    venue, time = slot.venue.replace("-", ""), _time_of(slot).replace("-", "")
    shortest, at_least = venue_letters(programme)[slot.venue], len(time_letters(programme)[_time_of(slot)])
    for length in range(len(shortest), len(venue) + 1):
        head, tail = rest[:length], rest[length:]
        if head == venue[:length] and len(tail) >= at_least and time.startswith(tail):
            return True
    return False


def _time_of(slot: Slot) -> str:
    return slot.id.removeprefix(f"{slot.day.isoformat()}-{slot.venue}-")


def _shortest(names: Iterable[str]) -> dict[str, str]:
    """Each name's shortest beginning that no other name shares, without hyphens."""
    bare = {name: name.replace("-", "") for name in names}
    return {
        name: next((text[:length] for length in range(1, len(text) + 1)
                    if sum(other.startswith(text[:length]) for other in bare.values()) == 1), text)
        for name, text in bare.items()
    }
