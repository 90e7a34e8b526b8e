"""Sign-in tokens: short-lived JWTs (RFC 7519) under Ed25519 (RFC 8037), each bound to one service."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.retention.keyfile import private_key
from shared.contracts.envelope import new_id

LIFETIME = timedelta(minutes=15)
_FILE = "sign-in.ed25519"


class SigningKey:
    """This replica's sign-in key: the private half stays in its file, the public one is published."""

    use: Literal["sign-in"] = "sign-in"

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_key = raw.hex()
        self.key_id = hashlib.sha256(raw).hexdigest()[:16]

    def token(self, staff: str, service: str, terminal: str | None = None) -> tuple[str, datetime]:
        """A token for `staff` at `service`, and when it ends, on the real clock.

        With `terminal` they signed in by PIN on that tablet: the token is good for less, and ends with the tablet.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        claims = {
            "iss": "retention", "sub": staff, "aud": service, "iat": now, "exp": now + LIFETIME,
            "jti": new_id(),
        }
        if terminal is not None:
            claims |= {"amr": ["pin"], "terminal": terminal}
        token = jwt.encode(claims, self._private, algorithm="EdDSA", headers={"kid": self.key_id})
        return token, now + LIFETIME


def load_or_make(keys_dir: Path) -> SigningKey:
    """The key in `keys_dir`; at the first start it is made, readable by this service's user only."""
    return SigningKey(private_key(keys_dir, _FILE))
