"""Who may be designated for what (S19, S20, S33), and the passwords they get (S21)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.contracts.programme import Programme
from shared.contracts.retention import Role, StaffDesignated

EVERY_PROGRAMME = "*"
SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Begin of a designation for all programmes where time is simulated: each programme has a time of its own."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True)
class Fault:
    """What is wrong with a designation: the field, and a code whose words are in `words/ja.toml`."""

    field: str
    code: str


def faults(
    roles: Sequence[Role], programmes: Sequence[str], employer: str,
    *, known_programmes: Collection[str], employers: Collection[str], responsible: bool = False,
) -> Iterator[Fault]:
    """What speaks against a designation.

    Training is not among it: who is designated and not yet trained is on the register and gets nowhere (S20).
    """
    if not roles:
        yield Fault("roles", "no-role")
    if {"custodian", "tracer"} <= set(roles):
        # Two people must agree to open contact cards (B08): nobody may be both.
        yield Fault("roles", "both-keys")
    if responsible and "officer" not in roles:
        # Everybody who is refused is sent to the responsible person, who then must be able to designate.
        yield Fault("responsible", "responsible-without-office")
    if not programmes:
        yield Fault("programmes", "no-programme")
    if any(programme != EVERY_PROGRAMME and programme not in known_programmes for programme in programmes):
        yield Fault("programmes", "unknown-programme")
    if employer not in employers:
        # No re-entrusting (term 10): an employer is one that the ward has agreed to.
        yield Fault("employer", "employer-not-approved")


def valid_from(
    programmes: Sequence[Programme], *, everywhere: bool, simulated: bool, now: datetime
) -> datetime:
    """Since when a designation made now is valid.

    In a deployment with simulated time the machine's clock says nothing about a programme's: there it is
    valid from the day on which the first of its programmes' contracts began.
    """
    if not simulated:
        return now
    if everywhere or not programmes:
        return SINCE_EVER
    first = min(programme.contract.first for programme in programmes)
    return datetime(first.year, first.month, first.day, tzinfo=UTC)


def first_officer(staff: str, trained_on: date | None, since: datetime) -> StaffDesignated:
    """The officer whom the deployment names: somebody must be there to designate others.

    Without `trained_on` the deployment vouches that the training took place before.
    """
    return StaffDesignated(
        staff=staff, roles=("officer",), programmes=(EVERY_PROGRAMME,), trained_on=trained_on or since.date(),
        valid_from=since, employer="ward", vouched=trained_on is None,
    )


def covers(person: StaffDesignated, programme: str) -> bool:
    """Whether the person is designated for the programme."""
    return bool({programme, EVERY_PROGRAMME} & set(person.programmes))


def without_responsible(programmes: Collection[str], register: Collection[StaffDesignated]) -> tuple[str, ...]:
    """The programmes for which nobody is named as responsible (S19, ward measure 2)."""
    return tuple(
        programme for programme in programmes
        if not any(person.responsible and covers(person, programme) for person in register))


def leaves_an_officer(dismissed: str, register: Collection[StaffDesignated]) -> bool:
    """Whether somebody could still designate others after `dismissed` is gone."""
    return any("officer" in person.roles and person.staff != dismissed for person in register)


def new_password() -> str:
    """A password of 79 random bits, in groups, without letters that look alike: read out once, typed once."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
