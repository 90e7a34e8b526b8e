"""The key that passes are signed with: made at the first start, kept as a file that only this service can read."""

from __future__ import annotations

import base64
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

FILE = "pass-signing.pem"


@dataclass(frozen=True)
class SigningKey:
    """The key, and what the public may know of it."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """What passes are checked with."""
        return self.private.public_key()

    def jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 8037)."""
        x = base64.urlsafe_b64encode(self.public.public_bytes_raw()).decode().rstrip("=")
        return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": x}


def load_or_make(folder: Path) -> SigningKey:
    """The key in `folder`. Raises `PermissionError` if others can read it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others: make it 0600")
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds another kind of key")
    return SigningKey(key)


def _make(path: Path) -> None:
    content = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    # A link is never half written, and of two replicas that start together only one makes it.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(scratch)
    scratch.unlink()
