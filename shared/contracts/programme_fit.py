"""Whether the parts of a programme fit together: what no single field can say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from shared.contracts.programme import Programme

MAX_PERIOD_DAYS = 400
"""A longer period is a slip of the pen."""

Standing = Literal["won", "waiting", "lost", "not-counted", "withdrawn", "struck"]
"""How an application came out: every outcome has a term of its own (S17)."""

_CHECKED = frozenset({"name", "address", "telephone"})

STANDINGS: tuple[Standing, ...] = get_args(Standing)


@dataclass(frozen=True)
class Misfit:
    """Parts of a programme that do not fit: the field's path, a code with words in retention, its values."""

    field: str
    code: str
    values: dict[str, str]


def misfits(programme: Programme) -> Iterator[Misfit]:
    """All that contradicts itself; nothing where the parts fit together."""
    yield from _out_of_order(programme)
    yield from _named_twice(programme)
    yield from _impossible_days(programme)
    yield from _impossible_seats(programme)
    yield from _impossible_previous(programme)
    if not programme.items_for("intake"):
        yield Misfit("data_items", "intake-reads-nothing", {})
    if programme.ages and programme.ages.at_most < programme.ages.at_least:
        yield Misfit("ages.at_most", "before", {"other": "ages.at_least"})
    if programme.cards and programme.cards.last < programme.cards.first:
        yield Misfit("cards.last", "before", {"other": "cards.first"})
    if programme.duplicates.companions == "show" and "companions" not in programme.items_for_purpose("duplicates"):
        yield Misfit("duplicates.companions", "companions-not-declared", {})
    yield from _unread_postcards(programme)
    yield from _impossible_erasure(programme)


def _out_of_order(programme: Programme) -> Iterator[Misfit]:
    window, timetable = programme.window, programme.draw.timetable
    commit_until = ("draw.timetable.commit_until", timetable.commit_until)
    freeze_from = ("draw.timetable.freeze_from", timetable.freeze_from)
    ordered = (
        ("window.opens", window.opens), ("window.closes", window.closes), freeze_from,
        ("draw.timetable.close_from", timetable.close_from),
        ("draw.timetable.promote_until", timetable.promote_until),
    )
    # A second draw is announced when its applications have long been in.
    first = (commit_until, freeze_from if programme.draw.previous else ordered[0])
    for (earlier, before), (later, after) in (first, *pairwise(ordered)):
        if before > after:
            yield Misfit(later, "before", {"other": earlier})
    if window.opens == window.closes:
        yield Misfit("window.closes", "not-after", {"other": "window.opens"})


def _named_twice(programme: Programme) -> Iterator[Misfit]:
    every: tuple[tuple[str, list[str]], ...] = (
        ("venues", [venue.id for venue in programme.venues]),
        ("times", [part.id for part in programme.times]),
        ("draw.witnesses", [witness.name for witness in programme.draw.witnesses]),
        ("data_items", [item.item for item in programme.data_items]),
        ("residency.towns", [town.name for town in programme.residency.towns] if programme.residency else []),
    )
    for field, names in every:
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Misfit(f"{field}.{names.index(name, names.index(name) + 1)}", "named-twice", {"name": name})


def _impossible_days(programme: Programme) -> Iterator[Misfit]:
    seen: set[date] = set()
    for index, period in enumerate(programme.periods):
        if period.last < period.first:
            yield Misfit(f"periods.{index}.last", "before", {"other": "first"})
        elif (period.last - period.first).days > MAX_PERIOD_DAYS:
            yield Misfit(f"periods.{index}.last", "period-too-long", {"days": str(MAX_PERIOD_DAYS)})
        else:
            if seen & set(period.days()):
                yield Misfit(f"periods.{index}", "day-twice", {})
            seen |= set(period.days())


def _impossible_seats(programme: Programme) -> Iterator[Misfit]:
    for index, slot in enumerate(programme.times):
        if slot.ends <= slot.starts:
            yield Misfit(f"times.{index}.ends", "not-after", {"other": "starts"})
        if slot.seats and slot.seats < programme.party.max_seats:
            values = {"party": str(programme.party.max_seats), "seats": str(slot.seats)}
            yield Misfit(f"times.{index}.seats", "party-does-not-fit", values)
    if not any(slot.seats for slot in programme.times):
        yield Misfit("times", "no-seats", {})


def _impossible_previous(programme: Programme) -> Iterator[Misfit]:
    """A second draw is another draw, and says in the programme's own words why there is one."""
    previous = programme.draw.previous
    if previous is None:
        return
    if previous.draw == programme.draw.id:
        yield Misfit("draw.previous.draw", "second-draw-itself", {})
    if previous.reason not in programme.reasons:
        yield Misfit("draw.previous.reason", "unknown-reason", {"reason": previous.reason})


def _unread_postcards(programme: Programme) -> Iterator[Misfit]:
    """Whoever checks a card must be allowed to read what decides on it."""
    readable = programme.items_for("intake") & programme.items_for_purpose("enquiry")
    for index, item in enumerate(programme.data_items):
        if programme.postcards.verify != "none" and item.item in _CHECKED - readable:
            yield Misfit(f"data_items.{index}.purposes", "check-without-enquiry", {"item": item.item})


def _impossible_erasure(programme: Programme) -> Iterator[Misfit]:
    """Each outcome has exactly one rule, and what is not returned was decided so by the ward."""
    named: set[str] = set()
    for index, rule in enumerate(programme.erasure):
        field = f"erasure.{index}"
        outcomes = (rule.outcomes or STANDINGS) if rule.subject == "applications" else rule.outcomes
        if rule.subject != "applications" and outcomes:
            yield Misfit(f"{field}.outcomes", "erasure-no-outcome", {"subject": rule.subject})
        elif named & set(outcomes):
            yield Misfit(field, "erasure-twice", {"outcomes": ", ".join(sorted(named & set(outcomes)))})
        named |= set(outcomes)
        if rule.after == "contract" and rule.days:
            yield Misfit(f"{field}.days", "erasure-after-contract", {})
        if rule.after == "withdrawal" and set(outcomes) != {"withdrawn"}:
            yield Misfit(f"{field}.after", "erasure-withdrawal", {})
        if rule.subject == "applications" and not rule.returned and rule.approval is None:
            yield Misfit(f"{field}.returned", "erasure-undecided", {})
    missing = [outcome for outcome in STANDINGS if outcome not in named]
    if any(rule.subject == "applications" for rule in programme.erasure) and missing:
        yield Misfit("erasure", "erasure-missing", {"outcomes": ", ".join(missing)})
