"""The key ring: pair keys between an owner and each recipient, heard on `privacy.recipients.v1`.

HPKE costs once a pair and epoch, not once a subject: data keys travel under the pair key (RFC 3394).
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import Envelope, Id, new_id
from shared.contracts.erasure import EpochDestroyed
from shared.contracts.privacy import PairKeySent, RecipientKeyPublished, SealedCopy
from shared.privacy.epochkeys import EpochKeys
from shared.privacy.hpke import CannotOpen, open_sealed, seal

PAIR_KEY_BYTES = 32
Epochs = Mapping[int, EpochKeys]


class NoPairKey(Exception):
    """The pair key is not known (yet), or its epoch is over."""


@dataclass(frozen=True)
class Pair:
    """A pair key, and the epochs of ours and of the recipient's that it was made in."""

    pair: Id
    key: bytes
    owner: str
    recipient: str
    own_epoch: int
    recipient_epoch: int


class KeyRing:
    """What a service needs to seal for others, and to open what was sealed for it.

    `reload` reads the service's living epochs anew: another replica may have begun one.
    """

    def __init__(self, service: str, epochs: Epochs, reload: Callable[[], Epochs] | None = None) -> None:
        self.service = service
        self._epochs = dict(epochs)
        self._reload = reload
        self._recipients: dict[str, tuple[int, str]] = {}
        self._rotations: dict[str, set[Id]] = defaultdict(set)
        self._pairs: dict[Id, Pair] = {}
        self._current: dict[str, Pair] = {}

    @property
    def current(self) -> EpochKeys:
        """The epoch under which new keys are addressed to this service."""
        return self._epochs[max(self._epochs)]

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs whose keys are still in memory."""
        return tuple(sorted(self._epochs))

    @property
    def published(self) -> bool:
        """Whether the others can know our current public key."""
        return self._recipients.get(self.service) == (self.current.epoch, self.current.public_key)

    @property
    def introduced(self) -> bool:
        """Whether the others know a public key of ours; in a rotation it is for a moment not yet the newest."""
        return self.service in self._recipients

    def publication(self) -> RecipientKeyPublished:
        """Our public key, to be said."""
        return RecipientKeyPublished(
            service=self.service, epoch=self.current.epoch, public_key=self.current.public_key,
            rotation=self.current.rotation)

    def missing(self, recipients: Iterable[str]) -> tuple[str, ...]:
        """Those of `recipients` whose key is known, but with whom we share no pair key of both current epochs."""
        return tuple(
            name for name in sorted(set(recipients))
            if name in self._recipients and not self._is_current(self._current.get(name))
        )

    def _is_current(self, pair: Pair | None) -> bool:
        return (pair is not None and pair.own_epoch == self.current.epoch
                and pair.recipient_epoch == self._recipients[pair.recipient][0])

    def ready_for(self, recipients: Iterable[str]) -> bool:
        """Whether we can seal for each of `recipients`."""
        return all(name in self._current for name in recipients)

    def sealing_epochs(self, recipients: Iterable[str]) -> dict[str, int]:
        """What is sealed for `recipients` now is under these epochs of theirs and of ours, and so are search keys.

        Raises `NoPairKey`.
        """
        names = sorted(recipients)
        if missing := [name for name in names if name not in self._current]:
            raise NoPairKey(", ".join(missing))
        pairs = [self._current[name] for name in names]
        theirs = {pair.recipient: pair.recipient_epoch for pair in pairs}
        return {**theirs, self.service: min([self.current.epoch, *(pair.own_epoch for pair in pairs)])}

    def rotated(self, rotation: Id, recipients: Iterable[str]) -> bool:
        """Whether all of `recipients` began their epoch of `rotation`, and what is sealed now is under such keys."""
        names = set(recipients)
        return all(rotation in self._rotations[name] for name in names) and not self.missing(names)

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
        pair = self._current[recipient]
        return pair.pair, pair.key

    def pair_key(self, pair: Id) -> bytes:
        """The key of `pair`; raises `NoPairKey`."""
        return self._pair(pair).key

    def is_old(self, pair: Id) -> bool:
        """Whether the pair was made before the current epoch of either side; a pair of ours that is unknown is old."""
        try:
            known = self._pair(pair)
        except NoPairKey:
            return True
        if known.owner == self.service:
            return not self._is_current(known)
        return known.own_epoch < self.current.epoch

    def _pair(self, pair: Id) -> Pair:
        try:
            return self._pairs[pair]
        except KeyError:
            raise NoPairKey(pair) from None

    def use(self, epochs: Epochs) -> None:
        """Takes the epochs that live now: a new one becomes the current one."""
        self._epochs = dict(epochs)

    def forget_before(self, epoch: int) -> None:
        """Drops the keys of all epochs before `epoch`, and every pair key that was sealed to them."""
        self._epochs = {number: keys for number, keys in self._epochs.items() if number >= epoch}
        self._pairs = {name: pair for name, pair in self._pairs.items() if pair.own_epoch >= epoch}
        self._current = {name: pair for name, pair in self._current.items() if pair.own_epoch >= epoch}

    def apply(self, message: Envelope[Any]) -> None:
        """Takes an event of `privacy.recipients.v1`."""
        match message.data:
            case RecipientKeyPublished() as published:
                self._publish(published)
            case PairKeySent() as sent:
                self._take(sent)
            case EpochDestroyed(service=service, epoch=epoch) if service == self.service and epoch < max(self._epochs):
                self.forget_before(epoch + 1)

    def _publish(self, published: RecipientKeyPublished) -> None:
        service, epoch = published.service, published.epoch
        if published.rotation is not None:
            self._rotations[service].add(published.rotation)
        if epoch >= self._recipients.get(service, (0, ""))[0]:
            self._recipients[service] = (epoch, published.public_key)
        if service == self.service and epoch > max(self._epochs) and self._reload is not None:
            self.use(self._reload())

    def _take(self, sent: PairKeySent) -> None:
        epochs = {copy.holder: copy.epoch for copy in sent.copies}
        for copy in sent.copies:
            keys = self._epochs.get(copy.epoch)
            if copy.holder != self.service or keys is None:
                continue
            try:
                key = open_sealed(copy.sealed, keys.private_key, _info(sent.pair, sent.owner, sent.recipient))
            except CannotOpen:
                continue  # sealed to a key of ours that was destroyed or replaced: its records stay shut
            pair = Pair(sent.pair, key, sent.owner, sent.recipient, copy.epoch, epochs.get(sent.recipient, copy.epoch))
            self._pairs[sent.pair] = pair
            if sent.owner == self.service:
                self._prefer(pair)

    def _prefer(self, pair: Pair) -> None:
        """A pair of later epochs is the one to seal with."""
        known = self._current.get(pair.recipient)
        if known is None or (pair.own_epoch, pair.recipient_epoch) >= (known.own_epoch, known.recipient_epoch):
            self._current[pair.recipient] = pair


def _info(pair: Id, owner: str, recipient: str) -> bytes:
    return f"kujibiki-pair/1 {pair} {owner} {recipient}".encode()
