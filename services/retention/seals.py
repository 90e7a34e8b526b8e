"""Retention's seal: the Ed25519 key that signs what outsiders check, checkpoints and certificates (S18, S25).

Another key than the sign-in key, so that no token can pass for a statement nor a statement for a token.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.retention.keyfile import private_key

_FILE = "seal.ed25519"


class SealKey:
    """This replica's seal: the private half stays in its file, the public one is published.

    `public_key` is 64 hex digits; `key_id` the first 16 of the SHA-256 of the raw public key.
    """

    use: Literal["seal"] = "seal"

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_key = raw.hex()
        self.key_id = hashlib.sha256(raw).hexdigest()[:16]

    def sign(self, statement: bytes) -> str:
        """The Ed25519 signature (RFC 8032) over `statement`: 128 hex digits."""
        return self._private.sign(statement).hex()


def load_or_make(keys_dir: Path) -> SealKey:
    """The key in `keys_dir`; at the first start it is made, readable by this service's user only."""
    return SealKey(private_key(keys_dir, _FILE))
