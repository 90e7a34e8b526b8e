"""How often a password may be tried (S21, S24): five wrong ones, then a quarter of an hour's pause."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

FREE_TRIES = 5
PAUSE = timedelta(minutes=15)


def may_be_checked(tries: int) -> bool:
    """Whether a try may be checked at all; `tries` includes it. Tries are counted before they are checked."""
    return tries <= FREE_TRIES


def locks(tries: int) -> bool:
    """Whether this wrong try is the one that locks."""
    return tries >= FREE_TRIES


class AddressLimit:
    """Wrong passwords by client address, in memory only: addresses are never stored.

    Successes don't count, so that a whole office behind one address can sign in.
    """

    def __init__(
        self, most: int = 20, within: timedelta = timedelta(minutes=5), addresses: int = 10_000
    ) -> None:
        self._most, self._within, self._addresses = most, within, addresses
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, address: str, now: datetime) -> timedelta | None:
        """How long `address` has to wait before its next try; None if it needn't."""
        failures = self._failures.get(address)
        while failures and failures[0] <= now - self._within:
            failures.popleft()
        if not failures or len(failures) < self._most:
            return None
        return failures[0] + self._within - now

    def failed(self, address: str, now: datetime) -> None:
        """A try from `address` was wrong."""
        self._failures.setdefault(address, deque(maxlen=self._most)).append(now)
        self._failures.move_to_end(address)
        if len(self._failures) > self._addresses:
            self._failures.popitem(last=False)
