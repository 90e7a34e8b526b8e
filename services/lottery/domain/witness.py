"""Witnesses: their commitments, what they sign, and whether enough of them signed.

Signatures are Ed25519 as in RFC 8032 §5.1.7 without cofactor. OpenSSL (through `cryptography`) checks the
equation so and refuses an S that is not reduced; what it lets through, a key that is not canonical or of
small order, is refused here, because a key of small order "signs" messages that its holder never saw.
"""

import hmac
from collections.abc import Mapping, Sequence
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.lottery.domain.canonical import Json, canonical, sha256_hex
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import PROTOCOL, WitnessSignature

_FIELD_PRIME = 2**255 - 19
_SIGN_BIT = 1 << 255
_CURVE_D = -121665 * pow(121666, -1, _FIELD_PRIME) % _FIELD_PRIME
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# The y of the eight points of small order; both x of each are refused.
_SMALL_ORDER_Y = frozenset({0, 1, _FIELD_PRIME - 1, _ORDER_8_Y, _FIELD_PRIME - _ORDER_8_Y})


def commitment(draw: str, witness: str, secret: str) -> str:
    """What a witness publishes before the window opens, of its 32-byte `secret` (64 hex)."""
    return sha256_hex(canonical({"draw": draw, "protocol": PROTOCOL, "secret": secret, "witness": witness}))


def opens(committed: str, draw: str, witness: str, secret: str) -> bool:
    """Whether the secret is the one committed to."""
    return hmac.compare_digest(committed, commitment(draw, witness, secret))


def signed_message(record: Mapping[str, Json]) -> bytes:
    """The bytes that witnesses sign: the canonical record without its `signatures`."""
    return canonical({field: value for field, value in record.items() if field != "signatures"})


def closing_digest(closed: Mapping[str, Json]) -> str:
    """SHA-256 of the closing as signed: the digest that people keep."""
    return sha256_hex(signed_message(closed))


def check_key(key: str, field: str = "key") -> None:
    """Refuse a public key (64 hex) that is no canonical encoding of a point, or of one of small order."""
    y = int.from_bytes(bytes.fromhex(key), "little") & ~_SIGN_BIT
    # On the curve x² = (y² − 1) / (d·y² + 1); that is a square if numerator times denominator is one (Euler).
    square = (y * y - 1) * (_CURVE_D * y * y + 1)
    if y >= _FIELD_PRIME or pow(square, (_FIELD_PRIME - 1) // 2, _FIELD_PRIME) > 1:
        raise Refused(field, "is not a canonical Ed25519 key")
    if y in _SMALL_ORDER_Y:
        raise Refused(field, "is a key of small order, which proves nothing")


def is_signed_by(key: str, message: bytes, signature: str) -> bool:
    """Whether `signature` (128 hex) over `message` is by the holder of `key` (64 hex)."""
    check_key(key)
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
    except InvalidSignature:
        return False
    return True


def signatures_needed(witnesses: int) -> int:
    """Fewest signatures that are more than two thirds of the witnesses: 3 of 3, 3 of 4, 4 of 5."""
    return 2 * witnesses // 3 + 1


def check_signatures(record: Mapping[str, Json], keys: Mapping[str, str]) -> None:
    """Refuse a record whose `signatures` are unordered, by strangers, wrong or too few.

    `keys` are the announced witnesses' public keys by name. One wrong signature spoils the record.
    """
    signatures = [WitnessSignature.read(signature) for signature in record["signatures"]]
    names = [signature.witness for signature in signatures]
    if any(earlier >= later for earlier, later in pairwise(names)):
        raise Refused("signatures", "must ascend by witness, none twice")
    message = signed_message(record)
    for signature in signatures:
        key = keys.get(signature.witness)
        if key is None:
            raise Refused("signatures", f"{signature.witness} is not a witness of this draw")
        if not is_signed_by(key, message, signature.signature):
            raise Refused("signatures", f"the signature of {signature.witness} is not of this record")
    needed = signatures_needed(len(keys))
    if len(names) < needed:
        raise Refused("signatures", f"{len(names)} of {len(keys)} witnesses signed, {needed} are needed")


def with_signatures(
    unsigned: Mapping[str, Json], signatures: Mapping[str, str] | Sequence[Mapping[str, Json]]
) -> dict[str, Json]:
    """The record with its witnesses' signatures (hex by name, or the wire form) in their order; checked later."""
    if isinstance(signatures, Mapping):
        signatures = [{"witness": name, "signature": signature} for name, signature in signatures.items()]
    checked = [WitnessSignature.read(signature).plain() for signature in signatures]
    return {**unsigned, "signatures": sorted(checked, key=lambda signature: str(signature["witness"]))}
