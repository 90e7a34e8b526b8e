"""When paper cards may be destroyed, by whom, before whom, and how they are counted (S16)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from services.checkin.domain.cards import number_of, written
from shared.contracts.checkin import EarlyReason, Place
from shared.contracts.programme import PaperCards, Programme

WARD = "ward"
"""The employer code of the ward's own staff: one of them is the witness."""

MOST_AT_ONCE = 2000
"""A batch is one transaction, and one pile that two people can count."""

Why = Literal[
    "no-cards", "too-many", "count", "too-early", "reason-not-needed", "same-person", "witness-not-ward",
    "not-destroyable", "concerned",
]


@dataclass(frozen=True)
class Batch:
    """What is to be destroyed: who did it, before whom, what they counted, and why before the term, if it is."""

    destroyed_by: tuple[str, str]
    witnessed_by: str
    counted: int
    reason: EarlyReason | None = None


@dataclass(frozen=True)
class Refused:
    """Why a batch cannot be recorded as destroyed; nothing was. `cards` are examples."""

    why: Why
    expected: int | None = None
    cards: tuple[str, ...] = ()
    since: date | None = None


def destroyable_from(programme: Programme) -> date | None:
    """The day from which cards are destroyed: so many days after the event's last; None without cards."""
    if programme.cards is None:
        return None
    return programme.last_day + timedelta(days=programme.cards.destroyed_days_after_event)


def is_due(programme: Programme, now: datetime) -> bool:
    """Whether the term is reached."""
    since = destroyable_from(programme)
    return since is not None and programme.local(now).date() >= since


def check_batch(
    programme: Programme, batch: Batch, places: Mapping[str, Place], *, taken_from: Place,
    witness_employer: str | None, concerned: Collection[str], now: datetime,
) -> Refused | None:
    """Whether the cards, each with its place in the ledger, may be destroyed like this.

    `taken_from` is the case or the stock: no card of the pile may be anywhere else by the ledger.
    `concerned` are the cards of incidents that are not closed yet: they may still be needed.
    """
    refused = _check_people(batch, witness_employer) or _check_term(programme, batch, now)
    if refused:
        return refused
    if not places:
        return Refused("no-cards")
    if len(places) > MOST_AT_ONCE:
        return Refused("too-many", MOST_AT_ONCE)
    elsewhere = tuple(card for card, place in places.items() if place != taken_from)
    if elsewhere:
        return Refused("not-destroyable", cards=elsewhere[:5])
    needed = tuple(card for card in places if card in concerned)
    if needed:
        return Refused("concerned", cards=needed[:5])
    return Refused("count", len(places)) if batch.counted != len(places) else None


def _check_people(batch: Batch, witness_employer: str | None) -> Refused | None:
    if len({*batch.destroyed_by, batch.witnessed_by}) < 3:
        return Refused("same-person")
    return None if witness_employer == WARD else Refused("witness-not-ward")


def _check_term(programme: Programme, batch: Batch, now: datetime) -> Refused | None:
    due = is_due(programme, now)
    if due and batch.reason:
        return Refused("reason-not-needed")
    return None if due or batch.reason else Refused("too-early", since=destroyable_from(programme))


def ranges(cards: PaperCards, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of first and last of consecutive numbers, ascending: every card is named by them."""
    found: list[tuple[int, int]] = []
    for number in sorted(number_of(name) for name in names):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple((written(cards, first), written(cards, last)) for first, last in found)
