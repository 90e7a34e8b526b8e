"""The Merkle tree of one partition of the access log, as it grows, and what proofs are made of (S25)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.envelope import moment_text
from shared.contracts.erasure import CheckpointSigned
from shared.privacy.checkpoints import NO_FORMER, digest, signed_text
from shared.privacy.merkle import HASH_SIZE, NoSuchLeaf, RootBuilder, leaf_hash, node_hash, split

TILE = 256
"""Leaf hashes are kept in tiles of so many: a power of two, so that a full tile is a subtree."""


@dataclass(frozen=True)
class Standing:
    """What is stored of a partition: how far its tree reaches, and its last checkpoint (number 0: none yet)."""

    size: int = 0
    frontier: tuple[bytes, ...] = ()
    number: int = 0
    previous: str = NO_FORMER


@dataclass
class GrowingTree:
    """The tree of one partition, from its stored standing on. `tiles` are those that changed since the last checkpoint.

    `last_tile` holds the leaf hashes of the tile that isn't full yet, end to end.
    """

    topic: str
    partition: int
    standing: Standing
    last_tile: bytes = b""
    tiles: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._builder = RootBuilder(self.standing.size, self.standing.frontier)
        if len(self.last_tile) != self.standing.size % TILE * HASH_SIZE:
            raise ValueError("the last tile doesn't hold the tree's last leaves")

    @property
    def size(self) -> int:
        """How many lines the tree holds: the offset of the next one."""
        return self._builder.count

    @property
    def unsigned(self) -> int:
        """How many lines no checkpoint covers yet."""
        return self.size - self.standing.size

    def add(self, value: bytes | None) -> None:
        """Takes the next line, byte for byte."""
        hashed = leaf_hash(value or b"")
        number = self._builder.count // TILE
        self._builder.add_hash(hashed)
        self.last_tile += hashed
        self.tiles[number] = self.last_tile
        if len(self.last_tile) == TILE * HASH_SIZE:
            self.last_tile = b""

    def checkpoint(self, at: datetime, key_id: str, sign: Callable[[bytes], str]) -> CheckpointSigned:
        """The checkpoint over all lines so far; nothing changes until `signed`."""
        number, root, previous = self.standing.number + 1, self._builder.root().hex(), self.standing.previous
        text = signed_text(self.topic, self.partition, number, self.size, root, previous, moment_text(at), key_id)
        return CheckpointSigned(
            topic=self.topic, partition=self.partition, number=number, size=self.size, root=root, previous=previous,
            at=at, key_id=key_id, signature=sign(text))

    def after(self, checkpoint: CheckpointSigned) -> Standing:
        """The standing to store with `checkpoint`."""
        return Standing(self.size, self._builder.frontier, checkpoint.number, digest(checkpoint))

    def signed(self, standing: Standing) -> None:
        """The checkpoint is committed."""
        self.standing = standing
        self.tiles.clear()


def tile_root(tile: bytes) -> bytes:
    """The Merkle tree hash of a tile's leaves."""
    builder = RootBuilder()
    for start in range(0, len(tile), HASH_SIZE):
        builder.add_hash(tile[start : start + HASH_SIZE])
    return builder.root()


@dataclass(frozen=True)
class Tiles:
    """Hashes of parts of a tree out of its tiles: `roots` of all full ones, the leaves of those that a proof cuts."""

    roots: Sequence[bytes]
    leaves: Mapping[int, bytes]

    def hash_of(self, start: int, end: int) -> bytes:
        """The Merkle tree hash of the leaves start … end - 1. Raises `NoSuchLeaf` where a tile is missing."""
        number, first = divmod(start, TILE)
        if first == 0 and end - start == TILE and number < len(self.roots):
            return self.roots[number]
        if first + end - start <= TILE:
            return tile_root(self._leaves(number)[first * HASH_SIZE : (first + end - start) * HASH_SIZE])
        middle = start + split(end - start)
        return node_hash(self.hash_of(start, middle), self.hash_of(middle, end))

    def _leaves(self, number: int) -> bytes:
        try:
            return self.leaves[number]
        except KeyError:
            raise NoSuchLeaf(f"tile {number} isn't at hand") from None
