"""Passwords: Argon2id, off the event loop, and never more than two at once (each takes 19 MiB, RFC 9106)."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_AT_ONCE = 2


class Passwords:
    """Hashes and checks. Checking takes the same work whether or not there is such a person."""

    def __init__(self) -> None:
        # The parameters OWASP recommends; Argon2id is the library's default.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._nobody = self._hasher.hash("nobody has this password")
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The Argon2id hash, with its parameters and salt."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def right(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one that was hashed; with `kept` None the same work for a sure no."""
        async with self._room:
            found = await asyncio.to_thread(self._verify, kept or self._nobody, password)
        return found and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
