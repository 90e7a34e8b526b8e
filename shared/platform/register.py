"""The staff register as retention publishes it: each service checks by itself (S19, S20, S21)."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.contracts.envelope import Envelope
from shared.contracts.retention import RegisterAffirmed, SigningKeyPublished, StaffDesignated, StaffDismissed

STALE_AFTER_SECONDS = 60.0


@dataclass(frozen=True)
class Person:
    """A signed-in member of staff."""

    staff: str
    roles: frozenset[str]
    programmes: frozenset[str]


class Register:
    """Who is designated and trained, for what, until when; and the keys of sign-in tokens."""

    def __init__(self) -> None:
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

    def person(self, staff: str) -> Person | None:
        """The person, if designated."""
        entry = self._people.get(staff)
        return Person(staff, frozenset(entry.roles), frozenset(entry.programmes)) if entry else None

    def refusal(self, staff: str, roles: Collection[str], programme: str | None, now: datetime) -> str | None:
        """Why `staff` may not act in any of `roles` now, as a code; None if they may.

        Codes: register-stale, not-designated, role, programme, not-trained, outside-term.
        """
        entry = self._people.get(staff)
        if not self.fresh:
            return "register-stale"
        if entry is None:
            return "not-designated"
        if not set(roles) & set(entry.roles):
            return "role"
        if programme is not None and not {programme, "*"} & set(entry.programmes):
            return "programme"
        if entry.trained_on is None or entry.trained_on > now.date():
            return "not-trained"
        if now < entry.valid_from or (entry.valid_until is not None and now >= entry.valid_until):
            return "outside-term"
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
            case RegisterAffirmed(at=at):
                age = (datetime.now(UTC) - at).total_seconds()
                if age < STALE_AFTER_SECONDS:
                    self._heard = time.monotonic() - max(0.0, age)
