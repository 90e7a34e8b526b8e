"""Sealing a subject's data: one part a recipient, AES-256-GCM under a data key of its own, before the first write.

The data key is wrapped (AES key wrap, RFC 3394) under the pair key of owner and recipient. Subject, programme,
recipient and version are bound as associated data, so that a part cannot be moved to another record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from shared.contracts.envelope import Id
from shared.contracts.privacy import LETTERS, Part, PersonalRecord
from shared.contracts.programme import Programme
from shared.privacy.hpke import CannotOpen, bytes_of, text_of
from shared.privacy.keyring import KeyRing

DATA_KEY_BYTES = 32
NONCE_BYTES = 12
LETTERS_TO = frozenset({"intake", "notifier"})
PADDED_TO = 64

R = TypeVar("R", bound=PersonalRecord)


class UndeclaredItem(Exception):
    """The programme declares no such data item for this service's collecting (S13)."""


class Sealer:
    """Seals what this service collects, for those who need it."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def ready(self, programme: Programme) -> bool:
        """Whether the keys of all recipients of `programme` are there."""
        return self._ring.ready_for(programme.recipients)

    def epochs(self, programme: Programme) -> dict[str, int]:
        """Under which epochs a record of `programme` would be sealed now; raises `NoPairKey`."""
        return self._ring.sealing_epochs(programme.recipients)

    def seal(
        self, record_type: type[R], programme: Programme, subject: Id, version: int, items: dict[str, Any],
        letters: Sequence[dict[str, Any]] = (),
    ) -> R:
        """The record of `subject`; each recipient gets the items that the programme declares for it.

        `letters` (see `LETTERS`) go to whoever sends them, and to this service, which takes them out again.
        Raises `UndeclaredItem` for an item nobody is declared for, `NoPairKey` where a recipient's key is missing.
        """
        undeclared = items.keys() - {item.item for item in programme.data_items}
        if undeclared:
            raise UndeclaredItem(", ".join(sorted(undeclared)))
        shares = {
            recipient: {item: items[item] for item in sorted(items.keys() & programme.items_for(recipient))}
            for recipient in sorted(programme.recipients)
        }
        if letters:
            for recipient in shares.keys() & LETTERS_TO:
                shares[recipient][LETTERS] = list(letters)
        return self.seal_shares(record_type, programme.id, subject, version, shares)

    def seal_shares(
        self, record_type: type[R], programme: str, subject: Id, version: int, shares: dict[str, dict[str, Any]]
    ) -> R:
        """The record of `subject` with one part for each recipient of `shares`; an empty share makes no part."""
        parts = tuple(self._part(programme, subject, version, recipient, share)
                      for recipient, share in shares.items() if share)
        return record_type(subject=subject, version=version, parts=parts)

    def _part(self, programme: str, subject: Id, version: int, recipient: str, share: dict[str, Any]) -> Part:
        pair, pair_key = self._ring.pair_for(recipient)
        fresh = os.urandom(DATA_KEY_BYTES + NONCE_BYTES)
        data_key, nonce = fresh[:DATA_KEY_BYTES], fresh[DATA_KEY_BYTES:]
        bound = _bound(subject, programme, recipient, version)
        return Part(
            recipient=recipient, pair=pair, wrapped_key=text_of(aes_key_wrap(pair_key, data_key)),
            nonce=text_of(nonce), ciphertext=text_of(AESGCM(data_key).encrypt(nonce, _padded(share), bound)),
        )


def rewrap(ring: KeyRing, record: R) -> R:
    """The same record with each data key wrapped anew, under the pair keys that are sealed with now (rotation).

    No data is opened: ciphertexts stay as they are. Raises `NoPairKey` and `CannotOpen`.
    """
    parts = tuple(_rewrapped(ring, part) for part in record.parts)
    return record.model_copy(update={"parts": parts, "wrapping": record.wrapping + 1})


def _rewrapped(ring: KeyRing, part: Part) -> Part:
    pair, pair_key = ring.pair_for(part.recipient)
    try:
        data_key = aes_key_unwrap(ring.pair_key(part.pair), bytes_of(part.wrapped_key))
    except InvalidUnwrap as error:
        raise CannotOpen from error
    return part.model_copy(update={"pair": pair, "wrapped_key": text_of(aes_key_wrap(pair_key, data_key))})


def unseal(ring: KeyRing, part: Part, programme: str, subject: Id, version: int) -> dict[str, Any]:
    """The items of a part. Only the door calls this; a test over the syntax tree holds it (`tests/unit`).

    Raises `NoPairKey` and `CannotOpen`.
    """
    try:
        data_key = aes_key_unwrap(ring.pair_key(part.pair), bytes_of(part.wrapped_key))
        plain = AESGCM(data_key).decrypt(
            bytes_of(part.nonce), bytes_of(part.ciphertext), _bound(subject, programme, part.recipient, version))
    except (InvalidTag, InvalidUnwrap) as error:
        raise CannotOpen from error
    items: dict[str, Any] = json.loads(plain)
    return items


def _bound(subject: Id, programme: str, recipient: str, version: int) -> bytes:
    return orjson.dumps(["kujibiki-part/1", subject, programme, recipient, version])


def _padded(share: dict[str, Any]) -> bytes:
    """JSON padded with spaces, which JSON ignores, so that lengths say little."""
    plain = orjson.dumps(share)
    return plain + b" " * (-len(plain) % PADDED_TO)
