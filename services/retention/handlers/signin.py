"""Sign-in: an id with a password, or with a PIN on an enrolled tablet (S21).

The same answer and the same work whatever was wrong (S24).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.retention import staff_store, store
from services.retention.domain.lockout import PAUSE, AddressLimit, locks, may_be_checked
from services.retention.domain.pins import SERVICES_BY_PIN
from services.retention.passwords import Passwords
from services.retention.signing import SigningKey
from shared.contracts.retention import SignInLocked, StaffDesignated
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.mongo import Database

log = logging.getLogger(__name__)


class SignInRefused(Exception):
    """Unknown id, wrong password or PIN, or locked: which one is not said."""


class NotEnrolled(Exception):
    """A PIN is worth nothing here: the device is not enrolled, or the service is not one of shared tablets."""


class TooManyTries(Exception):
    """Too many wrong passwords from one address; `wait` says how long the pause is."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many tries")
        self.wait = wait


@dataclass(frozen=True)
class SignedIn:
    """A token for one service, and whom it names."""

    token: str
    expires_at: datetime
    designation: StaffDesignated


@dataclass(frozen=True)
class SignIns:
    """Checks passwords and makes tokens."""

    database: Database
    transactions: Transactions
    passwords: Passwords
    key: SigningKey
    limit: AddressLimit

    async def sign_in(self, staff: str, password: str, service: str, address: str) -> SignedIn:
        """A token bound to `service`. Raises `SignInRefused`, `TooManyTries`."""
        designation = await self._checked(staff, password, address)
        log.info("signed in: %s at %s", staff, service)
        return SignedIn(*self.key.token(staff, service), designation)

    async def sign_in_by_pin(self, key: str, staff: str, pin: str, service: str) -> SignedIn:
        """A token bound to `service`, made on the tablet that has `key`.

        Wrong PINs are limited by person, whatever the tablet, and by tablet, whoever is tried. Raises `NotEnrolled`,
        `SignInRefused`, `TooManyTries`.
        """
        terminal = await staff_store.terminal(self.database, key)
        if terminal is None or service not in SERVICES_BY_PIN:
            raise NotEnrolled
        designation = await self._checked(staff, pin, f"terminal {terminal['_id']}", terminal["name"])
        await staff_store.used(self.database, terminal["_id"], datetime.now(UTC))
        log.info("signed in: %s at %s by PIN on %s", staff, service, terminal["name"])
        return SignedIn(*self.key.token(staff, service, terminal["_id"]), designation)

    async def set_pin(self, staff: str, password: str, pin: str, address: str) -> None:
        """Takes a PIN that its owner chose; an unattended session is not enough. Raises `SignInRefused`,
        `TooManyTries`.
        """
        await self._checked(staff, password, address)
        hashed = await self.passwords.hash(pin)
        await self.database[store.STAFF].update_one({"_id": staff, "active": True}, {"$set": {"pin_hash": hashed}})
        await store.forget_tries(self.database, staff, "pin")

    async def _checked(self, staff: str, typed: str, address: str, terminal: str | None = None) -> StaffDesignated:
        """The person whose password this is; with `terminal`, a tablet's name, whose PIN."""
        of: store.Tried = "pin" if terminal else "password"
        now = datetime.now(UTC)
        wait = self.limit.wait(address, now)
        if wait is not None:
            raise TooManyTries(wait)
        # Every step is taken for ids that nobody has as well: neither answer nor time tells which there are.
        row = await self.database[store.STAFF].find_one({"_id": staff, "active": True})
        tries = await store.count_try(self.database, staff, now, of)
        right = await self.passwords.right(row.get(f"{of}_hash") if row else None, typed)
        if row is None or not right or tries is None or not may_be_checked(tries):
            self.limit.failed(address, now)
            if tries is not None and locks(tries):
                await self._lock(staff, of, terminal, now, known=row is not None)
            raise SignInRefused
        await store.forget_tries(self.database, staff, of)
        return StaffDesignated.model_validate(row["designation"])

    async def _lock(
        self, staff: str, of: store.Tried, terminal: str | None, now: datetime, *, known: bool
    ) -> None:
        until = now + PAUSE

        async def work(tx: Transaction) -> None:
            if await store.lock(tx, staff, until, of) and known:
                tx.say(SignInLocked(staff=staff, until=until, terminal=terminal), subject=staff, programme="*", at=now)

        await self.transactions.run(work)
        if known:
            log.warning("locked after wrong tries of the %s: %s", of, staff)
