"""B01: Merkle tree hash and inclusion proofs of RFC 9162 §2.1."""

import hashlib
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.privacy.merkle import NoSuchLeaf, Tree, includes, leaf_hash, node_hash, root_of

# The reference leaves of the Certificate Transparency code, and the roots over the first 1 … 8 of them.
LEAVES = [bytes.fromhex(leaf) for leaf in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_reference(count: int, verifier: ModuleType) -> None:
    """B01."""
    leaves, root = LEAVES[:count], bytes.fromhex(ROOTS[count - 1])
    other = verifier.MerkleRoot()
    for leaf in leaves:
        other.add([leaf])
    assert root_of(leaves) == Tree(leaves).root == root
    assert other.hex() == root.hex()


def test_paths_are_those_of_the_rfc_example() -> None:
    """B01: RFC 9162 §2.1.5, seven leaves; the names are those of its picture."""
    leaves = LEAVES[:7]
    a, b, c, d, e, f, j = map(leaf_hash, leaves)
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, i_and_j = node_hash(g, h), node_hash(i, j)
    tree = Tree(leaves)
    assert tree.path(0) == [b, h, i_and_j]
    assert tree.path(3) == [c, g, i_and_j]
    assert tree.path(4) == [f, j, k]
    assert tree.path(6) == [i, k]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    """B01."""
    assert root_of([]) == hashlib.sha256(b"").digest()
    with pytest.raises(NoSuchLeaf):
        Tree([])


@given(st.integers(1, 40).flatmap(lambda count: st.tuples(st.just(count), st.integers(0, count - 1))))
def test_a_proof_holds_for_its_leaf_and_place_only(pair: tuple[int, int]) -> None:
    """B01."""
    count, index = pair
    leaves = [bytes([number]) for number in range(count)]
    tree = Tree(leaves)
    path = tree.path(index)
    assert includes(tree.root, count, index, leaves[index], path)
    assert not includes(tree.root, count, index, b"other", path)
    assert not includes(tree.root, count, index, leaves[index], [*path, b"\0" * 32])
    assert not includes(tree.root, count, count, leaves[index], path)
    for other in range(count):
        assert (other == index) == includes(tree.root, count, other, leaves[index], path)
    if path:
        assert not includes(tree.root, count, index, leaves[index], path[:-1])


def test_proofs_of_both_implementations_agree(verifier: ModuleType) -> None:
    """B01."""
    for count in range(1, 20):
        tree = Tree([bytes([number]) for number in range(count)])
        for index in range(count):
            path = [node.hex() for node in tree.path(index)]
            assert verifier.root_from_path(bytes([index]), index, count, path) == tree.root.hex()


@pytest.mark.parametrize("count", [1023, 1024, 1025, 2047, 2048, 2049, 3072, 5000])
def test_long_lists_have_the_same_root_in_both(count: int, verifier: ModuleType) -> None:
    """B01: also around the blocks in which the verifier works."""
    leaves = [number.to_bytes(2, "big") for number in range(count)]
    for part in (1, 700, count):
        other = verifier.MerkleRoot()
        for start in range(0, count, part):
            other.add(leaves[start : start + part])
        assert other.hex() == root_of(leaves).hex() == Tree(leaves).root.hex()


def test_no_proof_beyond_the_leaves() -> None:
    """B01."""
    with pytest.raises(NoSuchLeaf, match="no leaf 8 among 8"):
        Tree(LEAVES).path(8)
