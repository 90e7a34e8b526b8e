"""The state of handling (S28, term 14): what is held about how many, why, by whom, until when; who looked.

Made of counts that were gathered from facts: no personal data is opened for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from shared.contracts.programme import DataItem, Programme
from shared.contracts.programme_base import Words
from shared.contracts.retention import StaffDesignated

Stage = Literal["held", "ordered", "erased", "final"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""What became of the data of an application: "final" when no key is left that could open an old copy of it."""


@dataclass(frozen=True)
class SubjectCount:
    """How many applications, without the erased, came by `channel`, are reached by `contact` and are in `state`."""

    channel: str
    contact: str
    state: str
    count: int


@dataclass(frozen=True)
class AccessCount:
    """How often a service opened personal data for a purpose, or refused to, and when last."""

    service: str
    purpose: str
    role: str
    opened: int
    refused: int
    last_at: datetime | None


@dataclass(frozen=True)
class Counts:
    """Everything about one programme that retention counted from facts."""

    applications: tuple[SubjectCount, ...] = ()
    accesses: tuple[AccessCount, ...] = ()
    notices: Mapping[str, int] = field(default_factory=dict)
    passes: Mapping[str, int] = field(default_factory=dict)
    reception: Mapping[str, int] = field(default_factory=dict)
    cards: Mapping[str, int] = field(default_factory=dict)
    incidents: Mapping[str, int] = field(default_factory=dict)
    contacts: Mapping[str, int] = field(default_factory=dict)
    destroyed: Mapping[str, int] = field(default_factory=dict)
    postcards: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StandingCount:
    """How many applications of a standing are held, ordered to be erased, erased, and erased for good (S17)."""

    standing: str
    counts: Mapping[Stage, int]


@dataclass(frozen=True)
class HeldItem:
    """One data item: of how many it is held, why, by which services, until when, by which approval."""

    item: str
    subject: str
    held: int
    exact: bool
    purposes: tuple[str, ...]
    services: tuple[str, ...]
    medium: str
    until: Words
    approval: str


@dataclass(frozen=True)
class State:
    """The report. `designated` are staff ids with what they may do; names stay sealed."""

    programme: str
    items: tuple[HeldItem, ...]
    counts: Counts
    designated: tuple[StaffDesignated, ...]
    opened: int
    refused: int
    standings: tuple[StandingCount, ...] = ()


def state_of_handling(
    programme: Programme, counts: Counts, register: Collection[StaffDesignated],
    standings: tuple[StandingCount, ...] = (),
) -> State:
    """The state of handling of `programme`."""
    return State(
        programme=programme.id,
        items=tuple(_held(item, counts) for item in programme.data_items),
        counts=counts,
        designated=tuple(
            person for person in sorted(register, key=lambda person: person.staff)
            if {programme.id, "*"} & set(person.programmes)
        ),
        opened=sum(access.opened for access in counts.accesses),
        refused=sum(access.refused for access in counts.accesses),
        standings=standings,
    )


def _held(item: DataItem, counts: Counts) -> HeldItem:
    held = sum(row.count for row in counts.applications if _holds(item, row))
    return HeldItem(
        item=item.item, subject=item.subject, held=held,
        # How many companions a party names is known to nobody but intake: the facts hold seats only.
        exact=item.item != "companions",
        purposes=item.purposes, services=item.recipients, medium=item.medium, until=item.until,
        approval=item.approval,
    )


def _holds(item: DataItem, row: SubjectCount) -> bool:
    if row.channel not in item.channels:
        return False
    return item.item != "email" or row.contact == "mail"
