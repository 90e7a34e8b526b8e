"""Merkle trees of RFC 9162 §2.1 with SHA-256: root, proofs of inclusion and of consistency, and their check (B01, S25).

The root over millions of leaves needs O(log n) memory (`RootBuilder`, whose frontier can be stored and restored); a
`Tree` keeps every level (64 bytes a leaf) and then gives each leaf's proof in O(log n) time. Who keeps only some hashes
makes proofs by `inclusion_path` and `consistency_path`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_SIZE = 32
_sha256 = hashlib.sha256

HashOf = Callable[[int, int], bytes]
"""`hash_of(start, end)`: the Merkle tree hash of the leaves start … end - 1."""


class NoSuchLeaf(ValueError):
    """A proof was asked for what the tree does not hold."""


def leaf_hash(leaf: bytes) -> bytes:
    """`SHA-256(0x00 ‖ leaf)`."""
    return _sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """`SHA-256(0x01 ‖ left ‖ right)`."""
    return _sha256(b"\x01" + left + right).digest()


class RootBuilder:
    """The root of leaves that come one by one; keeps one hash for each 1 bit of their number.

    `RootBuilder(count, frontier)` goes on where another stood.
    """

    def __init__(self, count: int = 0, frontier: Sequence[bytes] = ()) -> None:
        if len(frontier) != count.bit_count() or any(len(node) != HASH_SIZE for node in frontier):
            raise ValueError(f"the frontier of {count} leaves is {count.bit_count()} hashes of {HASH_SIZE} bytes")
        self.count = count
        self._subtrees = list(frontier)

    @property
    def frontier(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees, the largest first."""
        return tuple(self._subtrees)

    def add(self, leaf: bytes) -> None:
        """Takes the next leaf."""
        self.add_hash(_sha256(b"\x00" + leaf).digest())

    def add_hash(self, node: bytes) -> None:
        """Takes the next leaf, of which only `leaf_hash(leaf)` is known."""
        self._add_subtree(node, 1)

    def add_many(self, leaves: Sequence[bytes]) -> None:
        """Takes leaves as `add` does one after the other, with a call a subtree and not a call a leaf."""
        start = 0
        while start < len(leaves):
            size = 1 << (len(leaves) - start).bit_length() - 1
            while self.count % size:
                size //= 2
            level = [_sha256(b"\x00" + leaf).digest() for leaf in leaves[start : start + size]]
            while len(level) > 1:
                level = [_sha256(b"\x01" + left + right).digest()
                         for left, right in zip(level[::2], level[1::2], strict=True)]
            self._add_subtree(level[0], size)
            start += size

    def _add_subtree(self, node: bytes, size: int) -> None:
        carry = self.count // size
        while carry & 1:
            node = _sha256(b"\x01" + self._subtrees.pop() + node).digest()
            carry >>= 1
        self._subtrees.append(node)
        self.count += size

    def root(self) -> bytes:
        """The Merkle tree hash of the leaves so far (32 bytes)."""
        if not self._subtrees:
            return _sha256(b"").digest()
        *rest, root = self._subtrees
        for subtree in reversed(rest):
            root = node_hash(subtree, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Merkle tree hash of the leaves in their order (32 bytes)."""
    builder = RootBuilder()
    for leaf in leaves:
        builder.add(leaf)
    return builder.root()


class Tree:
    """All levels of the tree, for proofs. `levels[0]` holds the leaf hashes end to end."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = bytearray()
        for leaf in leaves:
            level += leaf_hash(leaf)
        if not level:
            raise NoSuchLeaf("a tree without leaves has no proofs")
        self.levels = [bytes(level)]
        while len(self.levels[-1]) > HASH_SIZE:
            self.levels.append(_level_above(self.levels[-1]))

    @property
    def count(self) -> int:
        return len(self.levels[0]) // HASH_SIZE

    @property
    def root(self) -> bytes:
        return self.levels[-1]

    def path(self, index: int) -> list[bytes]:
        """Inclusion proof of the leaf at `index` (from 0), RFC 9162 §2.1.3.1, sibling of the leaf first."""
        if not 0 <= index < self.count:
            raise NoSuchLeaf(f"there is no leaf {index} among {self.count}")
        path = []
        for level in self.levels[:-1]:
            sibling = (index ^ 1) * HASH_SIZE
            if sibling < len(level):  # the last node of an odd level has none and moves up as it is
                path.append(level[sibling : sibling + HASH_SIZE])
            index >>= 1
        return path


def includes(root: bytes, count: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether `leaf` stands at `index` under `root` of `count` leaves: RFC 9162 §2.1.3.2."""
    if not 0 <= index < count:
        return False
    node_index, last, node = index, count - 1, leaf_hash(leaf)
    for sibling in path:
        if last == 0:
            return False
        if node_index & 1 or node_index == last:
            node = node_hash(sibling, node)
            while not node_index & 1 and node_index:
                node_index >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        node_index >>= 1
        last >>= 1
    return last == 0 and node == root


def inclusion_path(index: int, size: int, hash_of: HashOf) -> list[bytes]:
    """Inclusion proof of the leaf at `index` among the first `size`: RFC 9162 §2.1.3.1, sibling of the leaf first."""
    if not 0 <= index < size:
        raise NoSuchLeaf(f"there is no leaf {index} among {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(hash_of(middle, end))
            end = middle
        else:
            path.append(hash_of(start, middle))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, hash_of: HashOf) -> list[bytes]:
    """Proof that the first `old` of `new` leaves are what they were: RFC 9162 §2.1.4.1."""
    if not 0 < old <= new:
        raise NoSuchLeaf(f"{old} leaves are not the beginning of {new}")
    path, start, end, whole = [], 0, new, True
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            path.append(hash_of(middle, end))
            end = middle
        else:
            path.append(hash_of(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(hash_of(start, end))
    return path[::-1]


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of `new` leaves only adds to the tree of `old` leaves: RFC 9162 §2.1.4.2."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    nodes = [old_root, *path] if old.bit_count() == 1 else list(path)
    if not nodes:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_node = new_node = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_node, new_node = node_hash(node, old_node), node_hash(node, new_node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_node = node_hash(new_node, node)
        place, last = place >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root


def split(size: int) -> int:
    """The largest power of two below `size`, where RFC 9162 parts a tree of `size` > 1 leaves."""
    return 1 << (size - 1).bit_length() - 1


def _level_above(level: bytes) -> bytes:
    above = bytearray()
    for start in range(0, len(level), 2 * HASH_SIZE):
        pair = level[start : start + 2 * HASH_SIZE]
        above += _sha256(b"\x01" + pair).digest() if len(pair) == 2 * HASH_SIZE else pair
    return bytes(above)
