"""What the public page shows, as plain values for its template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.lottery.domain.canonical import Json
from services.lottery.domain.faults import Refused
from services.lottery.handlers.auditing import Tally
from services.lottery.handlers.office import Office
from services.lottery.handlers.views import Point, timeline
from services.lottery.pages.fairness_view import fairness_of_page
from services.lottery.store import DrawState, result_of
from shared.contracts.lottery import DemandCounted
from shared.contracts.programme import Programme
from shared.platform.mongo import Document

ENTRY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class LookedUp:
    """The answer to "look up my entry": `state` names its words."""

    state: str
    entry: str = ""
    facts: tuple[Any, ...] = ()
    result: Json = None
    changed: bool = False


class Demand:
    """The latest snapshot of the wishes by slot, a programme."""

    def __init__(self) -> None:
        self._latest: dict[str, DemandCounted] = {}

    def apply(self, message: Any) -> None:
        """Takes a `DemandCounted`."""
        self._latest[message.programme] = message.data

    def of(self, programme: str) -> DemandCounted | None:
        """The latest one."""
        return self._latest.get(programme)


async def look_up(office: Office, state: DrawState, text: str) -> LookedUp:
    """One entry by its 32 digits, spaces and capitals forgiven."""
    entry = re.sub(r"[\s\-]", "", text).lower()
    if ENTRY.fullmatch(entry) is None:
        return LookedUp("wrong")
    if state.root is None:
        return LookedUp("early")
    if state.stage != "drawn":
        held = await office.transcripts.look(state)
        assert held.transcript.entries is not None
        try:
            held.transcript.entries.number(entry)
        except Refused:
            return LookedUp("unknown")
        return LookedUp("listed", entry)
    result = await result_of(office.database, state.id, entry)
    if result is None:
        return LookedUp("unknown")
    return LookedUp("drawn", entry, result=result, changed=result["holds"] != result["won"])


def page_of(
    programme: Programme, state: DrawState, now: datetime, demand: DemandCounted | None,
    fairness: Document | None = None, audit: Tally | None = None,
) -> dict[str, Any]:
    """The context of `draw.html`; `audit` is what auditors found, once the draw is done."""
    points = timeline(programme, state, now)
    current = next((point for point in points if point.condition in ("now", "failed")), None)
    return {
        "programme": programme, "state": state, "points": points, "current": current,
        "missed": any(point.condition == "failed" for point in points),
        "digests": digests(state), "fairness": fairness_of_page(programme, fairness),
        "demand": demand if demand is not None and state.root is None else None,
        "demand_days": by_day(programme, demand.first) if demand is not None and state.root is None else {},
        "slot_names": slot_names(programme), "next_at": _next_at(current), "audit_tally": audit,
    }


def digests(state: DrawState) -> list[tuple[str, str]]:
    """What there is to keep: name of its words, and the digest."""
    named = (
        ("announcement", state.announcement), ("root", state.root), ("closing", state.closing_digest),
        ("seed", state.seed), ("result", state.result_digest), ("transcript", state.digest),
    )
    return [(name, digest) for name, digest in named if digest]


def slot_names(programme: Programme, language: str = "ja") -> dict[str, str]:
    """`7/23（金）午前の部 新宿住友ビル` by slot id, for tables and lists."""
    weekdays = "月火水木金土日"
    return {
        slot.id: f"{slot.day.month}/{slot.day.day}（{weekdays[slot.day.weekday()]}）{slot.time_name.text(language)} "
                 f"{programme.venue_by_id[slot.venue].name.text(language)}"
        for slot in programme.slots
    }


def slot_kinds(programme: Programme, language: str = "ja") -> list[str]:
    """The slots of a day as calendars name them, in programme order."""
    return [f"{time.name.text(language)} {venue.name.text(language)}"
            for venue in programme.venues for time in programme.times]


def _next_at(current: Point | None) -> datetime | None:
    return current.at if current else None


def by_day(programme: Programme, figures: Mapping[str, int]) -> dict[date, list[int]]:
    """Figures by slot as a calendar wants them: a day's in programme order."""
    days: dict[date, list[int]] = {}
    for slot in programme.slots:
        days.setdefault(slot.day, []).append(figures.get(slot.id, 0))
    return days
