"""The staff register as retention publishes it: each service checks by itself (S19, S20, S21)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.contracts.envelope import Envelope
from shared.contracts.retention import (
    RegisterAffirmed,
    Shift,
    SigningKeyPublished,
    StaffDesignated,
    StaffDismissed,
    TerminalEnrolled,
    TerminalRevoked,
)

STALE_AFTER_SECONDS = 60.0
SHIFT_TOLERANCE = timedelta(minutes=30)
"""Before a shift begins and after it ends: who opens the desk and who hands it over must act as well."""
NOT_BY_SHIFT = frozenset({"officer"})
"""Roles that no shift limits: an incident asks for the officer at any hour."""


@dataclass(frozen=True)
class Person:
    """A signed-in member of staff."""

    staff: str
    roles: frozenset[str]
    programmes: frozenset[str]
    employer: str = ""


class Register:
    """Who is designated and trained, for what, until when; and the keys of sign-in tokens.

    `offset` says what a programme's local time is ahead of UTC: days of training and shifts are local.
    """

    def __init__(self, offset: Callable[[str], timedelta] = lambda _: timedelta(0)) -> None:
        self._offset = offset
        self._terminals: set[str] = set()
        self._people: dict[str, StaffDesignated] = {}
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._heard: float | None = None

    @property
    def fresh(self) -> bool:
        """Whether the register was affirmed lately: without that, nobody's dismissal could be known."""
        return self._heard is not None and time.monotonic() - self._heard < STALE_AFTER_SECONDS

    def key(self, key_id: str) -> Ed25519PublicKey | None:
        """The public key that tokens named `key_id` are checked with."""
        return self._keys.get(key_id)

    def terminal_in_use(self, terminal: str) -> bool:
        """Whether the tablet is enrolled, and not revoked."""
        return terminal in self._terminals

    def person(self, staff: str) -> Person | None:
        """The person, if designated."""
        entry = self._people.get(staff)
        return Person(staff, frozenset(entry.roles), frozenset(entry.programmes), entry.employer) if entry else None

    def refusal(self, staff: str, roles: Collection[str], programme: str | None, now: datetime) -> str | None:
        """Why `staff` may not act in any of `roles` now, as a code; None if they may.

        Codes: register-stale, not-designated, role, programme, not-trained, outside-term, outside-shift. What concerns
        no programme in particular is not limited by shift.
        """
        entry = self._people.get(staff)
        if not self.fresh:
            return "register-stale"
        if entry is None:
            return "not-designated"
        acting = set(roles) & set(entry.roles)
        if not acting:
            return "role"
        if programme is not None and not {programme, "*"} & set(entry.programmes):
            return "programme"
        local = (now + self._offset(programme or "*")).replace(tzinfo=None)
        if entry.trained_on is None or entry.trained_on > local.date():
            return "not-trained"
        if now < entry.valid_from or (entry.valid_until is not None and now >= entry.valid_until):
            return "outside-term"
        if entry.shifts is not None and programme is not None and not acting & NOT_BY_SHIFT and not any(
                shift.programme == programme and on_shift(shift, local) for shift in entry.shifts):
            return "outside-shift"
        return None

    def apply(self, message: Envelope[Any]) -> None:
        """Takes an event of `retention.staff.v1`."""
        match message.data:
            case StaffDesignated() as entry:
                self._people[entry.staff] = entry
            case StaffDismissed(staff=staff):
                self._people.pop(staff, None)
            case SigningKeyPublished(key_id=key_id, public_key=public_key, use="sign-in"):
                self._keys[key_id] = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
            case TerminalEnrolled(terminal=terminal):
                self._terminals.add(terminal)
            case TerminalRevoked(terminal=terminal):
                self._terminals.discard(terminal)
            case RegisterAffirmed(at=at):
                age = (datetime.now(UTC) - at).total_seconds()
                if age < STALE_AFTER_SECONDS:
                    self._heard = time.monotonic() - max(0.0, age)


def on_shift(shift: Shift, local: datetime) -> bool:
    """Whether `local`, a naive time of the shift's programme, is within the shift or its tolerance."""
    begins, ends = datetime.combine(shift.day, shift.begins), datetime.combine(shift.day, shift.ends)
    return begins - SHIFT_TOLERANCE <= local <= ends + SHIFT_TOLERANCE
