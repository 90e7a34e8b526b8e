"""Merkle tree hash of RFC 9162 §2.1: root, inclusion proofs and their check, with SHA-256.

The root over millions of leaves needs O(log n) memory (`RootBuilder`); a `Tree` keeps every level (64 bytes
a leaf) and then gives each applicant's proof in O(log n) time.
"""

import hashlib
from collections.abc import Iterable, Sequence

from services.lottery.domain.faults import Refused

HASH_SIZE = 32
_sha256 = hashlib.sha256


def leaf_hash(leaf: bytes) -> bytes:
    """`SHA-256(0x00 ‖ leaf)`."""
    return _sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """`SHA-256(0x01 ‖ left ‖ right)`."""
    return _sha256(b"\x01" + left + right).digest()


class RootBuilder:
    """The root of leaves that come one by one; keeps one hash for each 1 bit of their number."""

    def __init__(self) -> None:
        self.count = 0
        self._subtrees: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        node = _sha256(b"\x00" + leaf).digest()
        carry = self.count
        while carry & 1:
            node = _sha256(b"\x01" + self._subtrees.pop() + node).digest()
            carry >>= 1
        self._subtrees.append(node)
        self.count += 1

    def root(self) -> bytes:
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
            raise Refused("leaves", "a tree without leaves has no proofs")
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
            raise Refused("index", f"there is no leaf {index} among {self.count}")
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


def _level_above(level: bytes) -> bytes:
    above = bytearray()
    for start in range(0, len(level), 2 * HASH_SIZE):
        pair = level[start : start + 2 * HASH_SIZE]
        above += _sha256(b"\x01" + pair).digest() if len(pair) == 2 * HASH_SIZE else pair
    return bytes(above)
