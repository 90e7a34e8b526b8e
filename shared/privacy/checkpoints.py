"""Signed checkpoints over a log: what the signature covers, and how anybody checks the log against them (row S25).

A leaf of a partition's Merkle tree (RFC 9162 §2.1) is a record's value, byte for byte as it lies on Kafka, at the index
of its offset: the log is kept for good and written without transactions, so that offsets are 0, 1, 2 … without a gap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.contracts.envelope import moment_text
from shared.contracts.erasure import AccessLogFault, CheckpointSigned
from shared.privacy.merkle import RootBuilder, leaf_hash

NO_FORMER = "0" * 64


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong with a partition.

    line-changed        the line is another one than the one whose hash was kept
    line-missing        the log goes on with a later offset
    truncated           the log ends before the line that a checkpoint counted
    root-differs        some line of these was changed, taken out or put in
    checkpoint-missing  the chain of checkpoints has a gap, or ends before one that is known
    checkpoint-forged   signature, key, order, or kept digest do not fit
    """

    partition: int
    code: AccessLogFault
    checkpoint: int
    first_line: int
    last_line: int


def statement(checkpoint: CheckpointSigned) -> bytes:
    """What is signed: nine lines of ASCII, each ended by a line feed."""
    return signed_text(
        checkpoint.topic, checkpoint.partition, checkpoint.number, checkpoint.size, checkpoint.root,
        checkpoint.previous, moment_text(checkpoint.at), checkpoint.key_id)


def signed_text(
    topic: str, partition: int, number: int, size: int, root: str, previous: str, at: str, key_id: str
) -> bytes:
    """The statement's bytes out of its parts; `root` and `previous` in hex, `at` as `YYYY-MM-DDTHH:MM:SSZ`."""
    parts = ("kujibiki-checkpoint/1", topic, partition, number, size, root, previous, at, key_id)
    return "".join(f"{part}\n" for part in parts).encode("ascii")


def digest(checkpoint: CheckpointSigned) -> str:
    """The SHA-256 of the statement, hex: the next checkpoint's `previous`."""
    return hashlib.sha256(statement(checkpoint)).hexdigest()


class Check:
    """Checks one partition, line by line, in memory of O(log n).

    `checkpoints` in their order; `keys` are the trusted public keys by id (hex); `kept` is a checkpoint that was
    written down at an earlier visit, which must still be in the chain. Feed `hear`, then ask `end`; `fault` is the
    first thing found.
    """

    def __init__(
        self, partition: int, checkpoints: Iterable[CheckpointSigned], keys: Mapping[str, str], *,
        kept: CheckpointSigned | None = None,
    ) -> None:
        self.partition = partition
        self.fault: Fault | None = None
        self._checkpoints, self._keys, self._kept = iter(checkpoints), keys, kept
        self._tree = RootBuilder()
        self._last: CheckpointSigned | None = None
        self._next = self._following()

    @property
    def lines(self) -> int:
        """How many lines were heard."""
        return self._tree.count

    @property
    def covered(self) -> int:
        """How many of the lines heard so far stand under a checkpoint."""
        return min(self._last.size, self.lines) if self._last else 0

    def hear(self, offset: int, value: bytes | None, known: bytes | None = None) -> Fault | None:
        """The next record; a fault ends the check. `known` is its leaf hash, where it was kept."""
        if self.fault is not None:
            return self.fault
        line = self._tree.count
        if offset != line:
            return self._found("line-missing", line, max(line, offset - 1))
        hashed = leaf_hash(value or b"")
        if known is not None and known != hashed:
            return self._found("line-changed", line, line)
        self._tree.add_hash(hashed)
        if self._next is not None and self._tree.count == self._next.size:
            if self._tree.root().hex() != self._next.root:
                return self._found("root-differs", self._last.size if self._last else 0, line)
            self._last = self._next
            self._next = self._following()
        return self.fault

    def end(self) -> Fault | None:
        """No record is left."""
        if self.fault is None and self._next is not None:
            return self._found("truncated", self._tree.count, self._next.size - 1)
        last = self._last.number if self._last else 0
        if self.fault is None and self._kept is not None and last < self._kept.number:
            return self._found("checkpoint-missing", self.covered, self._kept.size - 1, last + 1)
        return self.fault

    def _following(self) -> CheckpointSigned | None:
        """The next checkpoint, checked against the one before it."""
        found = next(self._checkpoints, None)
        while found is not None and found == self._last:  # said twice by a relay that was killed
            found = next(self._checkpoints, None)
        if found is None or self.fault is not None:
            return None
        number = self._last.number + 1 if self._last else 1
        code: AccessLogFault | None = None
        if found.number > number:
            code = "checkpoint-missing"
        elif found.number < number or found.partition != self.partition or not self._genuine(found):
            code = "checkpoint-forged"
        if code is None:
            return found
        self._found(code, self.covered, found.size - 1, number)
        return None

    def _genuine(self, found: CheckpointSigned) -> bool:
        former = digest(self._last) if self._last else NO_FORMER
        if found.previous != former or found.size <= (self._last.size if self._last else 0):
            return False
        if self._kept is not None and found.number == self._kept.number and digest(found) != digest(self._kept):
            return False
        key = self._keys.get(found.key_id)
        return key is not None and signed_by(key, found)

    def _found(self, code: AccessLogFault, first: int, last: int, checkpoint: int | None = None) -> Fault:
        if checkpoint is None:
            checkpoint = self._next.number if self._next else 0
        self.fault = Fault(self.partition, code, checkpoint, first, max(first, last))
        return self.fault


def signed_by(public_key: str, checkpoint: CheckpointSigned) -> bool:
    """Whether the signature is that of the Ed25519 key (64 hex digits)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(checkpoint.signature), statement(checkpoint))
    except (InvalidSignature, ValueError):
        return False
    return True


def verify(
    partition: int, records: Iterable[tuple[int, bytes | None]], checkpoints: Iterable[CheckpointSigned],
    keys: Mapping[str, str], *, kept: CheckpointSigned | None = None, hashes: Iterable[bytes] = (),
) -> Fault | None:
    """The first thing that is wrong with a partition's (offset, value) records under its checkpoints, or None.

    `hashes` are the leaf hashes, where they were kept: they name the very line that was changed.
    """
    check, known = Check(partition, checkpoints, keys, kept=kept), iter(hashes)
    for offset, value in records:
        if check.hear(offset, value, next(known, None)) is not None:
            break
    return check.end()
