"""The return before the erasure: the ward's key by two people, and the ward's word that it opened the archive (S17)."""

from __future__ import annotations

import hashlib
import hmac
import re

from shared.contracts.envelope import Id, derived_id

WARD = "ward"
"""The employer whose officer acknowledges: nobody else can say that the ward has its data."""


def archive_id(batch: Id, replaced: int = 0) -> Id:
    """A batch's archive; `replaced` archives of it came before."""
    return derived_id("archive", batch, *([str(replaced)] if replaced else []))


def plain_fingerprint(typed: str) -> str:
    """A fingerprint as it was read out or typed, without groups and in small letters."""
    return re.sub(r"[\s:-]", "", typed).lower()


def confirming_fault(fingerprint: str, typed: str, registered_by: str, confirmed_by: str) -> str | None:
    """Why a key cannot be confirmed, as a code: same-person, fingerprint; None if it can."""
    if registered_by == confirmed_by:
        return "same-person"
    return None if plain_fingerprint(typed) == fingerprint else "fingerprint"


def opened_it(digest: str, confirmation: str) -> bool:
    """Whether `digest` is the plain digest, which only those know who opened every record."""
    return hmac.compare_digest(hashlib.sha256(bytes.fromhex(digest)).hexdigest(), confirmation)
