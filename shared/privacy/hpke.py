"""HPKE (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, single-shot, bound by `info`."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class CannotOpen(Exception):
    """The ciphertext is not for this key, or not for this purpose, or was changed."""


def text_of(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_text(key: ec.EllipticCurvePublicKey) -> str:
    """An uncompressed point, base64url."""
    return text_of(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def seal(plaintext: bytes, public_key: str, info: bytes) -> str:
    """Encapsulated key and ciphertext for the holder of `public_key`, base64url."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(public_key))
    return text_of(_SUITE.encrypt(plaintext, key, info=info))


def open_sealed(sealed: str, private_key: ec.EllipticCurvePrivateKey, info: bytes) -> bytes:
    """The plaintext; raises `CannotOpen`."""
    try:
        return _SUITE.decrypt(bytes_of(sealed), private_key, info=info)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen from error
