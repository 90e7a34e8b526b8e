"""What a programme must hold beyond the shape of each part, before it may be published.

The programme model refuses parts that contradict each other; here stand the rules of the draw's timetable, of
the contract with the ward and of the data items. Each misfit names the field, so that its line can be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise, product

from services.retention.domain.beacons import MOST_ROUNDS, beacon_source, beacon_time
from services.retention.domain.schedule import erased_on, standings_of
from shared.contracts.programme import DataItem, ErasureRule, Misfit, Programme
from shared.contracts.programme_draw import DrandBeacon

BEFORE_BEACON = timedelta(hours=1)
MOST_SLOTS = 5000
"""The rules of a draw are one transcript line of at most 1 MiB."""

_READERS = {"notice": "notifier", "reception": "checkin", "eligibility": "intake", "duplicates": "intake"}


def misfits(programme: Programme) -> Iterator[Misfit]:
    """All that must be put right before `programme` may be published; nothing where it fits."""
    for rule in _RULES:
        yield from rule(programme)


def _beacons(programme: Programme) -> Iterator[Misfit]:
    beacons = programme.draw.beacons
    for index, beacon in enumerate(beacons):
        if isinstance(beacon, DrandBeacon) and beacon.round > MOST_ROUNDS:
            yield Misfit(f"draw.beacons.{index}.round", "round-too-far", {})
            return
    sources = [beacon_source(beacon) for beacon in beacons]
    for index, source in enumerate(sources):
        if source in sources[:index]:
            yield Misfit(f"draw.beacons.{index}", "beacon-twice", {})
    times = [beacon_time(beacon) for beacon in beacons]
    for index, (before, after) in enumerate(pairwise(times), start=1):
        if after <= before:
            values = _times(programme, at=after, before=before)
            yield Misfit(_beacon_field(programme, index), "beacon-order", values)
    yield from _beacons_and_closing(programme, times)


def _beacons_and_closing(programme: Programme, times: list[datetime]) -> Iterator[Misfit]:
    close_from, last = programme.draw.timetable.close_from, len(times) - 1
    if times[0] <= close_from:
        values = _times(programme, at=times[0], close_from=close_from)
        yield Misfit(_beacon_field(programme, 0), "beacon-before-closing", values)
    elif times[last] < close_from + BEFORE_BEACON:
        values = _times(programme, at=times[last], close_from=close_from)
        yield Misfit(_beacon_field(programme, last), "beacon-too-soon", values)
    if programme.local(times[last]).date() >= programme.first_day:
        yield Misfit(_beacon_field(programme, last), "beacon-after-start", _times(programme, at=times[last]))


def _beacon_field(programme: Programme, index: int) -> str:
    own_time = "round" if isinstance(programme.draw.beacons[index], DrandBeacon) else "at"
    return f"draw.beacons.{index}.{own_time}"


def _times(programme: Programme, **moments: datetime) -> dict[str, str]:
    return {name: f"{programme.local(moment):%Y-%m-%d %H:%M:%S}" for name, moment in moments.items()}


def _timetable(programme: Programme) -> Iterator[Misfit]:
    window, timetable = programme.window, programme.draw.timetable
    if window.received_by < window.postmarked_by:
        yield Misfit("window.received_by", "before", {"other": "window.postmarked_by"})
    if window.postmarked_by < programme.local(window.opens).date():
        yield Misfit("window.postmarked_by", "before", {"other": "window.opens"})
    if window.received_by > programme.local(timetable.freeze_from).date():
        yield Misfit("window.received_by", "cards-after-freeze", {})
    if programme.local(timetable.promote_until).date() > programme.last_day:
        yield Misfit("draw.timetable.promote_until", "after", {"other": "periods"})


def _contract(programme: Programme) -> Iterator[Misfit]:
    contract = programme.contract
    if contract.last < contract.first:
        yield Misfit("contract.last", "before", {"other": "contract.first"})
        return
    for index, period in enumerate(programme.periods):
        if period.first < contract.first or period.last > contract.last:
            yield Misfit(f"periods.{index}", "outside-contract", {})
    if programme.local(programme.window.opens).date() < contract.first:
        yield Misfit("window.opens", "outside-contract", {})
    cards, days_left = programme.cards, (contract.last - programme.last_day).days
    if cards and cards.destroyed_days_after_event > days_left:
        yield Misfit("cards.destroyed_days_after_event", "cards-after-contract", {"last": str(contract.last)})


def _slots(programme: Programme) -> Iterator[Misfit]:
    days = sum((period.last - period.first).days + 1 for period in programme.periods)
    slots = days * len(programme.venues) * len(programme.times)
    if slots > MOST_SLOTS:
        yield Misfit("times", "too-many-slots", {"slots": f"{slots:,}", "most": f"{MOST_SLOTS:,}"})
    for (_, one), (index, other) in combinations(enumerate(programme.times), 2):
        if one.starts < other.ends and other.starts < one.ends:
            yield Misfit(f"times.{index}.starts", "times-overlap", {"other": one.id})


def _data_items(programme: Programme) -> Iterator[Misfit]:
    for index, item in enumerate(programme.data_items):
        yield from _item(item, f"data_items.{index}")
    notices = {item.item for item in programme.data_items if "notice" in item.purposes}
    for needed in ("name", "address"):
        if needed not in notices:
            yield Misfit("data_items", "notice-needs", {"item": needed})
    declared = {item.item for item in programme.data_items}
    if programme.residency and "address" not in programme.items_for_purpose("eligibility"):
        yield Misfit("residency", "residency-needs-address", {})
    if programme.ages and "age" not in programme.items_for_purpose("eligibility"):
        yield Misfit("ages", "ages-need-age", {})
    if programme.party.max_companions and "companions" not in declared:
        yield Misfit("party.max_companions", "companions-undeclared", {})


def _item(item: DataItem, field: str) -> Iterator[Misfit]:
    if (item.item == "companions") != (item.subject == "companions"):
        yield Misfit(f"{field}.subject", "wrong-subject", {"item": item.item})
    if item.item == "email" and "postcard" in item.channels:
        yield Misfit(f"{field}.channels", "email-on-postcard", {})
    if "intake" not in item.recipients:
        yield Misfit(f"{field}.recipients", "collector-missing", {})
    for purpose, reader in _READERS.items():
        if purpose in item.purposes and reader not in item.recipients:
            yield _mismatch(field, "purpose-without-reader", purpose, reader)
    for reader, purpose in (("notifier", "notice"), ("checkin", "reception")):
        if reader in item.recipients and purpose not in item.purposes:
            yield _mismatch(field, "reader-without-purpose", purpose, reader)


def _mismatch(field: str, code: str, purpose: str, reader: str) -> Misfit:
    return Misfit(f"{field}.recipients", code, {"purpose": purpose, "reader": reader})


def _erasure(programme: Programme) -> Iterator[Misfit]:
    """Losers before winners, and nothing after the contract (S17), as the days stand if the last beacon draws."""
    last, drawn_at = programme.contract.last, max(beacon_time(beacon) for beacon in programme.draw.beacons)
    days: dict[str, tuple[date, int]] = {}
    for index, rule in enumerate(programme.erasure):
        if rule.subject == "cards" and not _fits_cards(programme, rule):
            yield Misfit(f"erasure.{index}", "erasure-cards", {})
        if rule.subject != "applications" or rule.after == "withdrawal":
            continue
        day = erased_on(programme, rule, drawn_at)
        days |= dict.fromkeys(standings_of(rule), (day, index))
        if day > last:
            yield Misfit(f"erasure.{index}", "erasure-too-late", {"day": str(day), "last": str(last)})
    for winner, loser in product(("won", "waiting"), ("lost", "not-counted", "struck")):
        if winner in days and loser in days and days[winner][0] < days[loser][0]:
            (day, index), (other, _) = days[winner], days[loser]
            values = {"winner": winner, "loser": loser, "day": str(day), "other": str(other)}
            yield Misfit(f"erasure.{index}", "erasure-winners-first", values)
            return


def _fits_cards(programme: Programme, rule: ErasureRule) -> bool:
    """Cards have their term beside their numbers too: both say the same."""
    cards = programme.cards
    return cards is not None and rule.after == "event" and rule.days == cards.destroyed_days_after_event


def _languages(programme: Programme) -> Iterator[Misfit]:
    if "ja" not in programme.languages:
        yield Misfit("languages", "no-japanese", {})
    if programme.utc_offset_minutes % 15:
        yield Misfit("utc_offset_minutes", "odd-offset", {})


_RULES: tuple[Callable[[Programme], Iterator[Misfit]], ...] = (
    _timetable, _beacons, _contract, _slots, _data_items, _erasure, _languages,
)
