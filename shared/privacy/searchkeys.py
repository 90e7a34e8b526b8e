"""Search keys: keyed hashes under the service's local key; equality is found without a name in the store."""

from __future__ import annotations

import hmac

from shared.privacy.keyring import KeyRing


class SearchKeys:
    """HMAC-SHA-256 under the local key of the current epoch. Without the key, telephone numbers can't be guessed."""

    def __init__(self, ring: KeyRing, naming_key: bytes) -> None:
        self._ring, self._naming_key = ring, naming_key

    def of(self, purpose: str, text: str) -> str:
        """The key of `text`, 64 hex digits; keys of different purposes never meet."""
        return _hmac(self._ring.current.local_key, purpose, text)

    def name_of(self, purpose: str, text: str) -> str:
        """What `text`, chosen by a client and about nobody, is called here: the same across changes of keys."""
        return _hmac(self._naming_key, purpose, text)


def keyed(secret: str, purpose: str, text: str) -> str:
    """The key of `text` under a secret that only its owner has."""
    return _hmac(secret.encode(), purpose, text)


def _hmac(key: bytes, purpose: str, text: str) -> str:
    return hmac.digest(key, f"{purpose}\x1f{text}".encode(), "sha256").hex()
