"""The key ring: pair keys between an owner and each recipient, heard on `privacy.recipients.v1`.

HPKE costs once a pair and epoch, not once a subject: data keys travel under the pair key (RFC 3394).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from shared.contracts.envelope import Envelope, Id, new_id
from shared.contracts.privacy import PairKeySent, RecipientKeyPublished, SealedCopy
from shared.privacy.epochkeys import EpochKeys
from shared.privacy.hpke import CannotOpen, open_sealed, seal

PAIR_KEY_BYTES = 32


class NoPairKey(Exception):
    """The pair key is not known (yet), or its epoch is over."""


class KeyRing:
    """What a service needs to seal for others, and to open what was sealed for it."""

    def __init__(self, service: str, epochs: dict[int, EpochKeys]) -> None:
        self.service = service
        self._epochs = epochs
        self._recipients: dict[str, tuple[int, str]] = {}
        self._pairs: dict[Id, bytes] = {}
        self._current: dict[str, tuple[int, Id]] = {}

    @property
    def current(self) -> EpochKeys:
        """The epoch under which new keys are addressed to this service."""
        return self._epochs[max(self._epochs)]

    @property
    def published(self) -> bool:
        """Whether the others can know our current public key."""
        return self._recipients.get(self.service) == (self.current.epoch, self.current.public_key)

    def publication(self) -> RecipientKeyPublished:
        """Our public key, to be said."""
        return RecipientKeyPublished(
            service=self.service, epoch=self.current.epoch, public_key=self.current.public_key)

    def missing(self, recipients: Iterable[str]) -> tuple[str, ...]:
        """Those of `recipients` for whose current epoch there is no pair key yet, though their key is known."""
        return tuple(
            name for name in sorted(set(recipients))
            if name in self._recipients and self._current.get(name, (0, ""))[0] != self._recipients[name][0]
        )

    def ready_for(self, recipients: Iterable[str]) -> bool:
        """Whether we can seal for each of `recipients`."""
        return all(name in self._current for name in recipients)

    def new_pair(self, recipient: str) -> PairKeySent:
        """A fresh pair key for `recipient`, sealed to both of us; it is used once it was heard back."""
        pair, key = new_id(), secrets.token_bytes(PAIR_KEY_BYTES)
        holders = {recipient: self._recipients[recipient]}
        holders[self.service] = (self.current.epoch, self.current.public_key)
        copies = tuple(
            SealedCopy(holder=holder, epoch=epoch, sealed=seal(key, public_key, _info(pair, self.service, recipient)))
            for holder, (epoch, public_key) in sorted(holders.items())
        )
        return PairKeySent(pair=pair, owner=self.service, recipient=recipient, copies=copies)

    def pair_for(self, recipient: str) -> tuple[Id, bytes]:
        """The pair to seal with for `recipient`; raises `NoPairKey`."""
        if recipient not in self._current:
            raise NoPairKey(recipient)
        pair = self._current[recipient][1]
        return pair, self._pairs[pair]

    def pair_key(self, pair: Id) -> bytes:
        """The key of `pair`; raises `NoPairKey`."""
        try:
            return self._pairs[pair]
        except KeyError:
            raise NoPairKey(pair) from None

    def apply(self, message: Envelope[Any]) -> None:
        """Takes an event of `privacy.recipients.v1`."""
        match message.data:
            case RecipientKeyPublished(service=service, epoch=epoch, public_key=public_key):
                if epoch >= self._recipients.get(service, (0, ""))[0]:
                    self._recipients[service] = (epoch, public_key)
            case PairKeySent() as sent:
                self._take(sent)

    def _take(self, sent: PairKeySent) -> None:
        for copy in sent.copies:
            keys = self._epochs.get(copy.epoch)
            if copy.holder != self.service or keys is None:
                continue
            try:
                key = open_sealed(copy.sealed, keys.private_key, _info(sent.pair, sent.owner, sent.recipient))
            except CannotOpen:
                continue  # sealed to a key of ours that was destroyed or replaced: its records stay shut
            self._pairs[sent.pair] = key
            if sent.owner == self.service:
                epoch = next((c.epoch for c in sent.copies if c.holder == sent.recipient), copy.epoch)
                if epoch >= self._current.get(sent.recipient, (0, ""))[0]:
                    self._current[sent.recipient] = (epoch, sent.pair)


def _info(pair: Id, owner: str, recipient: str) -> bytes:
    return f"kujibiki-pair/1 {pair} {owner} {recipient}".encode()
