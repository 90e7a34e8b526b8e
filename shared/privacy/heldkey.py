"""A private key that a person keeps outside of the system: a file, wrapped by a passphrase (S17).

P-256, as DER (PKCS #8) under AES-256-GCM; the key for that follows from the passphrase by Argon2id with the parameters
of RFC 9106 §4 for little memory (64 MiB, 3 passes, 4 lanes). `docs/archive-format.md` describes the file.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from shared.privacy.hpke import bytes_of, public_text, text_of

FORMAT = "kujibiki-held-key/1"
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
PASSES, LANES, MEMORY_KIB = 3, 4, 64 * 1024
MOST_PASSES, MOST_MEMORY_KIB = 64, 4 * 1024 * 1024


class CannotUnwrap(Exception):
    """The passphrase is wrong, or the file is not a key file or was changed."""


@dataclass(frozen=True)
class HeldKey:
    """A pair: `file` is what its holder keeps, `public_key` what others seal to (uncompressed point, base64url)."""

    file: str
    public_key: str
    fingerprint: str


def fingerprint_of(public_key: str) -> str:
    """SHA-256 of the uncompressed point, 64 hex digits. Raises `ValueError` where it is no point of P-256."""
    point = bytes_of(public_key)
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    if len(point) != 65:  # a compressed point would be the same key under another fingerprint
        raise ValueError("not an uncompressed point")
    return hashlib.sha256(point).hexdigest()


def grouped(fingerprint: str) -> str:
    """The fingerprint in groups of four, to be read aloud and compared."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))


def make(passphrase: str) -> HeldKey:
    """A new pair, its private half wrapped by `passphrase`."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    public_key = public_text(private_key.public_key())
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    outside = {
        "format": FORMAT, "public_key": public_key, "fingerprint": fingerprint_of(public_key),
        "argon2id": {"salt": text_of(salt), "passes": PASSES, "lanes": LANES, "memory_kib": MEMORY_KIB},
    }
    der = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    sealed = AESGCM(_derived(passphrase, outside["argon2id"])).encrypt(nonce, der, _bound(outside))
    content = {**outside, "nonce": text_of(nonce), "sealed": text_of(sealed)}
    return HeldKey(json.dumps(content, indent=2) + "\n", public_key, fingerprint_of(public_key))


def unwrap(file: str, passphrase: str) -> ec.EllipticCurvePrivateKey:
    """The private key of a key file. Raises `CannotUnwrap`."""
    try:
        content = json.loads(file)
        nonce, sealed = bytes_of(content.pop("nonce")), bytes_of(content.pop("sealed"))
        if content["format"] != FORMAT:
            raise CannotUnwrap
        der = AESGCM(_derived(passphrase, content["argon2id"])).decrypt(nonce, sealed, _bound(content))
        private_key = load_der_private_key(der, None)
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotUnwrap from error
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        raise CannotUnwrap
    return private_key


def _derived(passphrase: str, told: Any) -> bytes:
    if not (told["passes"] <= MOST_PASSES and told["memory_kib"] <= MOST_MEMORY_KIB):
        raise CannotUnwrap  # a file from elsewhere could ask for all memory there is
    return Argon2id(
        salt=bytes_of(told["salt"]), length=KEY_BYTES, iterations=told["passes"], lanes=told["lanes"],
        memory_cost=told["memory_kib"],
    ).derive(passphrase.encode())


def _bound(outside: Any) -> bytes:
    return json.dumps(outside, sort_keys=True, separators=(",", ":")).encode()
