"""A cluster: which cards are concerned, who may open them, what becomes of each, until all are counted (S10, B08)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Literal

from services.checkin.domain.seating import seat_number
from shared.contracts.checkin import ContactOutcome, LeftReason, Place, Result, SlotScope

OPENS: tuple[str, ...] = ("officer", "tracer")
"""Roles that may open an incident."""
RELEASES, CALLS = "custodian", "tracer"
"""The two roles that only together get at a card; nobody holds both (see the staff register)."""

OUT_AT_MOST = timedelta(hours=4)
"""A card that is out longer is an alarm, also where calls go on."""
COMPLETE_OUT_AT_MOST = timedelta(minutes=30)
"""So long after its contact is complete a card may still be out (S10: as soon as)."""

COMPLETE: frozenset[ContactOutcome] = frozenset({"reached", "handed-to-authority"})
TRIED_AGAIN: frozenset[ContactOutcome] = frozenset({"no-answer", "call-later"})

State = Literal["opened", "released", "closed"]
CardState = Literal["locked", "out", "closed"]
Dropped = Literal["release-refused", "withdrawn"]
Why = Literal[
    "nobody-seated", "over-limit", "same-person", "not-released", "already-released", "incident-closed",
    "card-not-concerned", "not-in-case", "card-not-out", "card-out", "card-closed", "contact-complete",
    "next-attempt-needed", "next-attempt-not-needed", "next-attempt-past", "try-first", "reason-not-needed",
    "cards-open", "not-yours", "not-one-of-two",
]


@dataclass(frozen=True)
class Refused:
    """Why a step cannot be made; `values` for its words. Nothing was recorded."""

    why: Why
    values: Mapping[str, object]


@dataclass(frozen=True)
class SeatedGroup:
    """A walk-in group of a slot: the seats it was given, and its card."""

    slot: str
    seats: tuple[int, ...]
    card: str


@dataclass(frozen=True)
class Incident:
    """What the rules need to know of an incident."""

    state: State
    opened_by: str
    cards: tuple[str, ...]


@dataclass(frozen=True)
class CardFile:
    """A card of an incident: where it stands, what the last call came to, since when it is out or complete."""

    card: str
    state: CardState
    outcome: ContactOutcome | None = None
    result: Result | None = None
    reason: LeftReason | None = None
    out_since: datetime | None = None
    complete_since: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether its group was reached, by us or by the authority."""
        return self.outcome in COMPLETE


@dataclass(frozen=True)
class Progress:
    """All cards of an incident, counted: contacted, left with a reason, out, and waiting under lock."""

    cards: int
    contacted: int
    left: Mapping[str, int]
    out: int
    waiting: int

    @property
    def done(self) -> int:
        """Cards that need nothing any more."""
        return self.contacted + sum(self.left.values())


def concerned(scope: Sequence[SlotScope], groups: Iterable[SeatedGroup]) -> tuple[str, ...]:
    """The cards of all groups that `scope` touches, each once, by number.

    A chosen seat stands for its whole group: the radius is counted from every seat of it.
    """
    seated = list(groups)
    found: set[str] = set()
    for one in scope:
        of_slot = [group for group in seated if group.slot == one.slot]
        reach = _reach(one, of_slot)
        found |= {group.card for group in of_slot if reach is None or not reach.isdisjoint(group.seats)}
    return tuple(sorted(found))


def _reach(scope: SlotScope, groups: Sequence[SeatedGroup]) -> frozenset[int] | None:
    """The seat numbers that `scope` covers; None for all."""
    if not scope.seats:
        return None
    named = {seat_number(name) for name in scope.seats}
    seats = named.union(*(group.seats for group in groups if not named.isdisjoint(group.seats)))
    return frozenset(near for seat in seats for near in range(seat - scope.radius, seat + scope.radius + 1))


def check_opening(cards: Collection[str], limit: int) -> Refused | None:
    """Whether an incident over `cards` may be asked for."""
    if not cards:
        return _refused("nobody-seated")
    return _refused("over-limit", cards=len(cards), limit=limit) if len(cards) > limit else None


def check_release(incident: Incident, by: str) -> Refused | None:
    """Whether `by`, a custodian, may release the cards."""
    if incident.state != "opened":
        return _refused("incident-closed" if incident.state == "closed" else "already-released")
    return _refused("same-person", by=by) if by == incident.opened_by else None


def check_drop(incident: Incident, by: str, custodian: bool) -> Refused | Dropped:
    """Ends an incident before its release: a custodian refuses it, who opened it takes it back."""
    if incident.state != "opened":
        return _refused("incident-closed" if incident.state == "closed" else "already-released")
    if by == incident.opened_by:
        return "withdrawn"
    return "release-refused" if custodian else _refused("not-yours", by=incident.opened_by)


def check_taking_out(incident: Incident, card: CardFile | None, place: Place) -> Refused | None:
    """Whether a card that the ledger has at `place` may be taken out."""
    refused = _check_step(incident, card)
    if refused or card is None:
        return refused
    if card.state == "out":
        return _refused("card-out", card=card.card)
    return _refused("not-in-case", card=card.card, place=place) if place != "case" else None


def check_contact(
    incident: Incident, card: CardFile | None, outcome: ContactOutcome, next_at: datetime | None, now: datetime
) -> Refused | None:
    """Whether the outcome of a call fits; a call that came to nothing says when the next one is."""
    refused = _check_step(incident, card)
    if refused or card is None:
        return refused
    if card.state != "out":
        return _refused("card-not-out", card=card.card)
    if card.complete:
        return _refused("contact-complete", card=card.card)
    if outcome not in TRIED_AGAIN:
        return _refused("next-attempt-not-needed") if next_at else None
    if next_at is None:
        return _refused("next-attempt-needed")
    return _refused("next-attempt-past") if next_at <= now else None


def check_closing(
    incident: Incident, card: CardFile | None, reason: LeftReason | None, place: Place
) -> Refused | Result:
    """With what result a card goes back under lock; `place` is where the ledger has it now.

    A card that cannot be taken out, because it isn't where it should be, is left without having been out.
    """
    refused = _check_step(incident, card)
    if refused or card is None:
        return refused or _refused("card-not-concerned")
    if card.state == "locked":
        if reason is None:
            return _refused("card-not-out", card=card.card)
        return _refused("try-first", card=card.card) if place in ("case", "opened") else "left"
    if card.complete:
        return _refused("reason-not-needed", card=card.card) if reason else "contacted"
    return "left" if reason else "later"


def check_end(incident: Incident, cards: Iterable[CardFile]) -> Refused | Progress:
    """Whether an incident is counted to 100 %."""
    if incident.state != "released":
        return _refused("incident-closed" if incident.state == "closed" else "not-released")
    counted = progress(cards)
    open_cards = counted.cards - counted.done
    return _refused("cards-open", open=open_cards, cards=counted.cards) if open_cards else counted


def progress(cards: Iterable[CardFile]) -> Progress:
    """The count of an incident's cards."""
    files = list(cards)
    closed = [one for one in files if one.state == "closed"]
    left = Counter(str(one.reason) for one in closed if one.result == "left")
    return Progress(
        cards=len(files), contacted=sum(one.result == "contacted" for one in closed), left=dict(sorted(left.items())),
        out=sum(one.state == "out" for one in files), waiting=sum(one.state == "locked" for one in files))


def is_out_too_long(card: CardFile, now: datetime) -> bool:
    """Whether a card should long be under lock again."""
    if card.state != "out" or card.out_since is None:
        return False
    complete_too_long = card.complete_since is not None and now - card.complete_since > COMPLETE_OUT_AT_MOST
    return complete_too_long or now - card.out_since > OUT_AT_MOST


def next_attempts(now: datetime, zone: timezone) -> dict[str, datetime]:
    """The times that a next call can be set to, by code; only those that are still to come."""
    local = now.astimezone(zone)
    evening = datetime.combine(local.date(), time(18), zone)
    morning = datetime.combine(local.date() + timedelta(days=1), time(10), zone)
    times = {"in-1-hour": now + timedelta(hours=1), "in-3-hours": now + timedelta(hours=3), "evening": evening,
             "tomorrow": morning}
    return {code: at for code, at in times.items() if at > now}


def _check_step(incident: Incident, card: CardFile | None) -> Refused | None:
    if incident.state == "closed":
        return _refused("incident-closed")
    if card is None:
        return _refused("card-not-concerned")
    if incident.state != "released":
        return _refused("not-released")
    return _refused("card-closed", card=card.card) if card.state == "closed" else None


def _refused(why: Why, **values: object) -> Refused:
    return Refused(why, values)
