"""S25: a stored frontier goes on, and what was logged once stays: consistency proofs of RFC 9162 §2.1.4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.privacy.merkle import (
    NoSuchLeaf,
    RootBuilder,
    Tree,
    consistency_path,
    consistent,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
)
from tests.unit.lottery.test_merkle import LEAVES, ROOTS

# (old size, new size, proof): the vectors of the Certificate Transparency code over the reference leaves.
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (6, 8, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 5, [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip


def hash_of(start: int, end: int) -> bytes:
    return root_of(LEAVES[start:end])


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_s25_consistency_proofs_are_those_of_the_reference(old: int, new: int, proof: list[str]) -> None:
    path = consistency_path(old, new, hash_of)
    assert [node.hex() for node in path] == proof
    assert consistent(old, bytes.fromhex(ROOTS[old - 1]), new, bytes.fromhex(ROOTS[new - 1]), path)


def test_s25_consistency_proofs_are_those_of_the_rfc_example() -> None:
    """RFC 9162 §2.1.5: seven leaves; the names are those of its picture."""
    a, b, c, d, e, f, j = map(leaf_hash, LEAVES[:7])
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, i_and_j = node_hash(g, h), node_hash(i, j)
    assert consistency_path(3, 7, hash_of) == [c, d, g, i_and_j]
    assert consistency_path(4, 7, hash_of) == [i_and_j]
    assert consistency_path(6, 7, hash_of) == [i, j, k]


@given(st.integers(1, 70).flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new))))
def test_s25_only_a_log_that_was_added_to_is_consistent(sizes: tuple[int, int]) -> None:
    old, new = sizes
    leaves = [bytes([number]) for number in range(new)]
    path = consistency_path(old, new, lambda start, end: root_of(leaves[start:end]))
    old_root, new_root = root_of(leaves[:old]), root_of(leaves)
    assert consistent(old, old_root, new, new_root, path)
    changed = root_of([b"changed", *leaves[1:old]])
    assert not consistent(old, changed, new, new_root, path)
    assert not consistent(old, old_root, new, root_of([b"changed", *leaves[1:]]), path)
    assert not consistent(old, old_root, new, new_root, [*path, b"\0" * 32])
    if path:
        assert not consistent(old, old_root, new, new_root, path[:-1])
    if old < new:
        assert not consistent(old, old_root, old, new_root, path)


@given(st.integers(1, 70).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_s25_paths_from_hashes_are_those_of_the_whole_tree(pair: tuple[int, int]) -> None:
    index, size = pair
    leaves = [bytes([number]) for number in range(size)]
    assert inclusion_path(index, size, lambda start, end: root_of(leaves[start:end])) == Tree(leaves).path(index)


@given(st.integers(0, 70), st.integers(0, 70))
def test_s25_a_restored_frontier_goes_on_as_if_nothing_had_been(before: int, after: int) -> None:
    leaves = [bytes([number]) for number in range(before + after)]
    first = RootBuilder()
    for leaf in leaves[:before]:
        first.add(leaf)
    second = RootBuilder(first.count, first.frontier)
    for leaf in leaves[before:]:
        second.add(leaf)
    assert second.root() == root_of(leaves)
    assert first.root() == root_of(leaves[:before])


@given(st.lists(st.integers(0, 40), max_size=8))
def test_s25_many_leaves_at_once_are_one_after_the_other(portions: list[int]) -> None:
    leaves = [bytes([number % 256]) for number in range(sum(portions))]
    builder = RootBuilder()
    for portion in portions:
        builder.add_many(leaves[builder.count : builder.count + portion])
    assert (builder.count, builder.root()) == (len(leaves), root_of(leaves))


def test_s25_a_frontier_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="frontier of 3 leaves is 2 hashes"):
        RootBuilder(3, [b"\0" * 32])
    for old, new in ((0, 3), (4, 3)):
        with pytest.raises(NoSuchLeaf):
            consistency_path(old, new, hash_of)
