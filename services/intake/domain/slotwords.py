"""A wish in words: the slot's code, or its day, part of the day and venue, as people write them on a postcard."""

from __future__ import annotations

import re
from functools import lru_cache

from services.intake.domain.writing import comparable
from shared.contracts.programme import Programme, Slot

_DAY = re.compile(r"(?:([0-9]{4})[年/\-.])?([0-9]{1,2})[月/\-.]([0-9]{1,2})日?(?:\([月火水木金土日](?:曜日?)?\))?")


def slot_in_words(text: str, programme: Programme) -> str | None:
    """The id of the slot that the words name, whatever their order; None for none or several."""
    bare = comparable(text)
    if bare in programme.slot_by_id:
        return bare
    found = _DAY.match(bare)
    if not found:
        return None
    place = bare[found.end():].replace("・", "").replace("~", "-").replace("〜", "-")
    year, month, day = (int(part) if part else None for part in found.groups())
    slots = [slot for slot in programme.slots
             if (slot.day.month, slot.day.day) == (month, day) and year in (None, slot.day.year) and slot.seats
             and place in _spellings_of(slot, programme)]
    return slots[0].id if len(slots) == 1 else None


def slot_words(slot: Slot, programme: Programme) -> str:
    """How a template writes it: `7/23 午前の部 新宿住友ビル`."""
    return f"{slot.day.month}/{slot.day.day} {slot.time_name.ja} {programme.venue_by_id[slot.venue].name.ja}"


def _spellings_of(slot: Slot, programme: Programme) -> frozenset[str]:
    venue = programme.venue_by_id[slot.venue].name.ja
    hours = f"{slot.starts:%H:%M}-{slot.ends:%H:%M}"
    return _spellings(slot.time_name.ja, hours, venue, len(programme.venues) == 1)


@lru_cache(maxsize=256)
def _spellings(time_name: str, hours: str, venue_name: str, only_venue: bool) -> frozenset[str]:
    name, venue = comparable(time_name), comparable(venue_name)
    times = {name, name.removesuffix("の部"), f"{name}{hours}", hours}
    spellings = {first + second for time in times for first, second in ((time, venue), (venue, time))}
    return frozenset(spellings | (times if only_venue else set()))
