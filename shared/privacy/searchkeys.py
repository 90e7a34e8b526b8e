"""Search keys: keyed hashes under the service's local key; equality is found without a name in the store."""

from __future__ import annotations

import hmac

from shared.privacy.keyring import KeyRing


class SearchKeys:
    """HMAC-SHA-256 under the local key of the current epoch. Without the key, telephone numbers can't be guessed."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def of(self, purpose: str, text: str) -> str:
        """The key of `text`, 64 hex digits; keys of different purposes never meet."""
        return hmac.digest(self._ring.current.local_key, f"{purpose}\x1f{text}".encode(), "sha256").hex()
