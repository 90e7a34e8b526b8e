"""What the public page shows, as plain values for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from services.lottery.domain.days import Day
from services.lottery.domain.witness import signatures_needed
from services.lottery.handlers.auditing import Tally
from services.lottery.handlers.views import timeline
from services.lottery.pages.fairness_view import fairness_of_page
from services.lottery.pages.record_view import (
    chances,
    decisions_of,
    digests_to_keep,
    ends_at,
    reasons_in,
    said_value,
    totals,
    witnesses_of,
)
from services.lottery.store import DrawState
from shared.contracts.lottery import DemandCounted
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.ui.formats import short_day


@dataclass(frozen=True)
class Record:
    """What the page shows of the record beside the draw's state: decisions, days after the draw, fairness, audit."""

    decisions: list[dict[str, Any]] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    fairness: Document | None = None
    audit: Tally | None = None
    handovers: int = 0
    refused: int = 0


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


def page_of(
    programme: Programme, state: DrawState, now: datetime, demand: DemandCounted | None, record: Record, language: str
) -> dict[str, Any]:
    """The context of `draw.html`; within `speaking`, as names of slots carry weekdays."""
    points = timeline(programme, state, now)
    current = next((point for point in points if point.condition in ("now", "failed")), None)
    wished = demand if demand is not None and state.root is None else None
    return {
        "programme": programme, "state": state, "points": points, "current": current,
        "missed": any(point.condition == "failed" for point in points), "next_at": current.at if current else None,
        "offset": timedelta(minutes=programme.utc_offset_minutes),
        "total_seats": sum(slot.seats for slot in programme.slots),
        "reserve": sum(slot.reserve for slot in programme.slots),
        "digests": digests_to_keep(state, points),
        "fairness": fairness_of_page(programme, record.fairness),
        "needed": signatures_needed(len(programme.draw.witnesses)),
        "witnesses": witnesses_of(programme, state, language),
        "chances": chances(programme, state),
        "value": said_value(state), "decisions": decisions_of(record.decisions),
        "days": record.days, "totals": totals, "ends_at": lambda day: ends_at(day, programme),
        "handovers": record.handovers, "refused": record.refused, "audit_tally": record.audit,
        "reason": reasons_in(programme, language),
        "demand": wished, "demand_days": by_day(programme, wished.first) if wished else {},
        "slot_names": slot_names(programme, language),
        "waiting_open": programme.draw.waiting_list and now <= programme.draw.timetable.promote_until,
    }


def digests(state: DrawState) -> list[tuple[str, str]]:
    """What there is to keep: name of its words, and the digest."""
    named = (
        ("announcement", state.announcement), ("root", state.root), ("closing", state.closing_digest),
        ("seed", state.seed), ("result", state.result_digest), ("transcript", state.digest),
    )
    return [(name, digest) for name, digest in named if digest]


def slot_names(programme: Programme, language: str = "ja") -> dict[str, str]:
    """`7/23（金）午前の部 新宿住友ビル` by slot id, for tables and lists; weekdays in the language being spoken."""
    between = " " if language == "en" else ""
    return {
        slot.id: f"{short_day(slot.day)}{between}{slot.time_name.text(language)} "
                 f"{programme.venue_by_id[slot.venue].name.text(language)}"
        for slot in programme.slots
    }


def slot_kinds(programme: Programme, language: str = "ja") -> list[str]:
    """The slots of a day as calendars name them, in programme order."""
    return [f"{time.name.text(language)} {venue.name.text(language)}"
            for venue in programme.venues for time in programme.times]


def by_day(programme: Programme, figures: Mapping[str, int]) -> dict[date, list[int]]:
    """Figures by slot as a calendar wants them: a day's in programme order."""
    days: dict[date, list[int]] = {}
    for slot in programme.slots:
        days.setdefault(slot.day, []).append(figures.get(slot.id, 0))
    return days
