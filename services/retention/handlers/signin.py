"""Sign-in: an id and a password (S21); the same answer and the same work whatever was wrong (S24)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.retention import store
from services.retention.domain.lockout import PAUSE, AddressLimit, locks, may_be_checked
from services.retention.passwords import Passwords
from services.retention.signing import SigningKey
from shared.contracts.retention import SignInLocked, StaffDesignated
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.mongo import Database

log = logging.getLogger(__name__)


class SignInRefused(Exception):
    """Unknown id, wrong password, or locked: which one is not said."""


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
        now = datetime.now(UTC)
        wait = self.limit.wait(address, now)
        if wait is not None:
            raise TooManyTries(wait)
        # Every step is taken for ids that nobody has as well: neither answer nor time tells which there are.
        row = await self.database[store.STAFF].find_one({"_id": staff, "active": True})
        tries = await store.count_try(self.database, staff, now)
        right = await self.passwords.right(row["password_hash"] if row else None, password)
        if row is None or not right or tries is None or not may_be_checked(tries):
            self.limit.failed(address, now)
            if tries is not None and locks(tries):
                await self._lock(staff, now, known=row is not None)
            raise SignInRefused
        await store.forget_tries(self.database, staff)
        log.info("signed in: %s at %s", staff, service)
        return self.token(StaffDesignated.model_validate(row["designation"]), service)

    def token(self, designation: StaffDesignated, service: str) -> SignedIn:
        """A token for somebody whose password, or whose running session, was checked."""
        token, expires_at = self.key.token(designation.staff, service)
        return SignedIn(token, expires_at, designation)

    async def _lock(self, staff: str, now: datetime, *, known: bool) -> None:
        until = now + PAUSE

        async def work(tx: Transaction) -> None:
            if await store.lock(tx, staff, until) and known:
                tx.say(SignInLocked(staff=staff, until=until), subject=staff, programme="*", at=now)

        await self.transactions.run(work)
        if known:
            log.warning("locked after wrong passwords: %s", staff)
