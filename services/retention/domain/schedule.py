"""When what is due (S17, B10): the calendar that follows from a programme's rules and from the day of its draw.

A duty falls due when its day begins at the event's offset, so that the day itself is there to carry it out. Nothing is
due later than the contract's last day; what depends on a draw that did not take place falls due then. What counts from
the event's last day counts from the last one that is held (B17); cards stay as they were announced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from shared.contracts.programme import ErasureRule, Programme
from shared.contracts.programme_fit import STANDINGS

WARN_DAYS = (30, 14, 3)
"""So many days before a duty somebody is told of it."""

REMOVED_WITHIN = timedelta(days=7)
"""An order is carried out by every service within this time, and never later than the contract's end."""

FINAL_WITHIN = timedelta(days=45)
"""The keys rotate monthly: what is removed is final by then, and at the contract's end at the latest."""

ROTATE_AFTER = timedelta(days=30)

UNDECIDED = "undecided"
"""The standing of an application that nothing was decided about: it goes at the contract's end."""


@dataclass(frozen=True)
class Cancellation:
    """The slots that are not held, and when the last of them was cancelled (B17)."""

    slots: frozenset[str]
    at: datetime

    def and_then(self, slots: Collection[str], at: datetime) -> Cancellation:
        """With what was cancelled later."""
        return Cancellation(self.slots | set(slots), max(self.at, at))


What = Literal["erase", "cards", "staff", "return", "certificate", "keys"]

_EVERYTHING = ErasureRule(after="contract")
_LEFT_OVER = "erase.left-over"

CONTRACT_END = "contract-end"
"""The code of all that is due on the contract's last day."""


@dataclass(frozen=True)
class Duty:
    """What is due at `due_at`. Of an erasure: which standings it takes, and whether the ward gets an archive first.

    `waits_for_draw` says that `due_at` is the latest day only, as the draw that it counts from did not take place yet.
    With `each_after_days` an application's own withdrawal counts, so many days back.
    """

    code: str
    what: What
    due_at: datetime
    standings: tuple[str, ...] = ()
    returned: bool = False
    approval: str | None = None
    after: str = "contract"
    days: int = 0
    waits_for_draw: bool = False
    each_after_days: int | None = None


def rules_of(programme: Programme) -> tuple[ErasureRule, ...]:
    """The programme's rules for applications; all at the contract's end and returned where it names none."""
    return tuple(rule for rule in programme.erasure if rule.subject == "applications") or (_EVERYTHING,)


def standings_of(rule: ErasureRule) -> tuple[str, ...]:
    """Which applications a rule is about."""
    return rule.outcomes or STANDINGS


def calendar(
    programme: Programme, drawn_at: datetime | None, cancelled: Cancellation | None = None
) -> tuple[Duty, ...]:
    """Every duty of the programme, the earliest first."""
    last = start_of(programme, programme.contract.last)
    duties = [_erasure(programme, rule, drawn_at, cancelled) for rule in rules_of(programme)]
    duties.append(Duty(_LEFT_OVER, "erase", _left_over(programme, drawn_at, cancelled), (UNDECIDED,), returned=True))
    duties.extend(_cards(programme))
    duties.extend(
        Duty("staff", "staff", last, days=rule.days) for rule in programme.erasure if rule.subject == "staff")
    if any(duty.returned and duty.standings != (UNDECIDED,) for duty in duties):
        duties.append(Duty("return", "return", last))
    duties.extend((Duty("keys", "keys", last), Duty("certificate", "certificate", last)))
    return tuple(sorted(duties, key=lambda duty: duty.due_at))


def event_ends(programme: Programme, cancelled: Cancellation | None = None) -> date:
    """The event's last day that is held; where nothing of it is held, the day on which that was decided."""
    gone = cancelled.slots if cancelled else frozenset()
    held = [slot.day for slot in programme.slots if slot.id not in gone]
    return max(held) if held or cancelled is None else programme.local(cancelled.at).date()


def erased_on(
    programme: Programme, rule: ErasureRule, drawn_at: datetime | None, cancelled: Cancellation | None = None
) -> date:
    """The day on which a rule's data goes; of a rule that counts from each withdrawal, the first possible one."""
    bases = {
        "draw": programme.local(drawn_at).date() if drawn_at else programme.contract.last,
        "withdrawal": programme.local(programme.window.opens).date(),
        "event": event_ends(programme, cancelled),
        "contract": programme.contract.last,
    }
    return bases[rule.after] + timedelta(days=rule.days)


def start_of(programme: Programme, day: date) -> datetime:
    """Midnight at the beginning of `day` where the event is held."""
    return datetime.combine(day, time(), programme.zone).astimezone(UTC)


def contract_end(programme: Programme) -> datetime:
    """The midnight that ends the contract's last day."""
    return start_of(programme, programme.contract.last + timedelta(days=1))


def next_look(programme: Programme, now: datetime) -> datetime:
    """When a duty is looked at again for what was kept back or came later: when the next day begins."""
    return start_of(programme, programme.local(now).date() + timedelta(days=1))


def withdrawn_before(programme: Programme, days: int, now: datetime) -> datetime:
    """Whoever withdrew before this moment did so at least `days` days ago, counted in days of the event's place."""
    return start_of(programme, programme.local(now).date() - timedelta(days=days - 1))


def removed_by(programme: Programme, due_at: datetime) -> datetime:
    """By when an order that falls due at `due_at` must be carried out by every service."""
    return _by(programme, due_at, REMOVED_WITHIN)


def final_by(programme: Programme, due_at: datetime) -> datetime:
    """By when no leftover copy may be readable any more."""
    return _by(programme, due_at, FINAL_WITHIN)


@dataclass(frozen=True)
class Near:
    """At `at`, `days` days before `due_at`, somebody is told that `code` is near."""

    code: str
    days: int
    at: datetime
    due_at: datetime


def warnings(programme: Programme, duties: Collection[Duty]) -> tuple[Near, ...]:
    """Who must be told of what before; all that falls together on the contract's last day is one thing to be told.

    A duty without its day yet warns nobody, nor does one that each withdrawal makes anew.
    """
    last = start_of(programme, programme.contract.last)
    near = {CONTRACT_END if duty.due_at == last else duty.code: duty.due_at for duty in duties
            if duty.each_after_days is None and not duty.waits_for_draw}
    return tuple(Near(code, days, due_at - timedelta(days=days), due_at)
                 for code, due_at in near.items() for days in WARN_DAYS)


def _by(programme: Programme, due_at: datetime, within: timedelta) -> datetime:
    end = contract_end(programme)
    # Ordered after the contract's end (a hold was lifted, say), it has the usual time from then on.
    return min(due_at + within, end) if due_at < end else due_at + within


def _left_over(programme: Programme, drawn_at: datetime | None, cancelled: Cancellation | None) -> datetime:
    """When applications go that nothing was decided about: at the contract's end.

    Where the whole event was cancelled and needs no draw any more, they go as those would who did not win in a draw on
    the day of that decision.
    """
    last = programme.contract.last
    if drawn_at is not None or cancelled is None or cancelled.slots < {slot.id for slot in programme.slots}:
        return start_of(programme, last)
    rule = next((rule for rule in rules_of(programme) if "lost" in standings_of(rule)), _EVERYTHING)
    return start_of(programme, min(erased_on(programme, rule, cancelled.at, cancelled), last))


def _erasure(
    programme: Programme, rule: ErasureRule, drawn_at: datetime | None, cancelled: Cancellation | None
) -> Duty:
    waits = rule.after == "draw" and drawn_at is None
    day = programme.contract.last if waits else erased_on(programme, rule, drawn_at, cancelled)
    return Duty(
        code=f"erase.{rule.after}.{'+'.join(standings_of(rule))}", what="erase",
        due_at=start_of(programme, min(day, programme.contract.last)), standings=standings_of(rule),
        returned=rule.returned, approval=rule.approval, after=rule.after, days=rule.days, waits_for_draw=waits,
        each_after_days=rule.days if rule.after == "withdrawal" else None,
    )


def _cards(programme: Programme) -> Iterator[Duty]:
    if programme.cards:
        days = programme.cards.destroyed_days_after_event
        yield Duty("cards", "cards", start_of(programme, programme.last_day + timedelta(days=days)), after="event",
                   days=days)
