"""Receipt number and secret: the only keys an applicant needs (B04).

The number is for reading aloud and ends in a check character; the secret is 128 random bits. Stored is
the SHA-256 of both, so that the store alone opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from shared.contracts.programme import Programme

# 31 signs without 0/O, 1/I/L: with a prime count, weights 1…8 catch each wrong sign and each swap of two.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SECRET = re.compile(r"[0-9a-f]{32}")
_RANDOM_SIGNS = 7
_UNWRITTEN = re.compile(r"[\s\-‐‑‒–—―−ー]+")


def receipt_number(programme: Programme, randomness: bytes) -> str:
    """Such as `LS-4F7K-9QXD`: the programme's letters, seven random signs, one check sign.

    `randomness`: 16 bytes or more, so that no sign is likelier than another.
    """
    rest, signs = int.from_bytes(randomness), ""
    for _ in range(_RANDOM_SIGNS):
        rest, value = divmod(rest, len(ALPHABET))
        signs += ALPHABET[value]
    signs += _check_sign(signs)
    return f"{_letters(programme.id)}-{signs[:4]}-{signs[4:]}"


def as_issued(typed: str) -> str | None:
    """The number as it was issued, from however it was typed; None when its check sign is wrong."""
    bare = _UNWRITTEN.sub("", unicodedata.normalize("NFKC", typed)).upper()
    letters, signs = bare[:-8], bare[-8:]
    if not letters.isalnum() or len(signs) < _RANDOM_SIGNS + 1 or any(sign not in ALPHABET for sign in signs):
        return None
    return f"{letters}-{signs[:4]}-{signs[4:]}" if _check_sign(signs[:-1]) == signs[-1] else None


def secret_of(typed: str) -> str | None:
    """The secret from however it was typed or copied; None when it cannot be one."""
    bare = _UNWRITTEN.sub("", unicodedata.normalize("NFKC", typed)).lower()
    return bare if SECRET.fullmatch(bare) else None


def legible(secret: str) -> str:
    """The secret in groups of four, to be copied by hand; `secret_of` takes it back."""
    return "-".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def proof(receipt: str, secret: str) -> str:
    """SHA-256 of number and secret, hex: what is stored in place of the secret."""
    return hashlib.sha256(f"{receipt}.{secret}".encode()).hexdigest()


def proves(receipt: str, secret: str, stored: str | None) -> bool:
    """Whether number and secret are the stored ones, in the same time whether or not anything is stored."""
    return hmac.compare_digest(proof(receipt, secret), stored if stored is not None else "0" * 64)


def _check_sign(signs: str) -> str:
    weighted = sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(signs, 1))
    return ALPHABET[weighted % len(ALPHABET)]


def _letters(programme_id: str) -> str:
    initials = "".join(word[0] for word in programme_id.split("-") if word[:1].isalpha())
    return (initials[:3] or "K").upper()
