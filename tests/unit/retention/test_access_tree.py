"""S25: the growing tree goes on from what was stored, and proofs come out of tiles alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.retention.domain.access_tree import TILE, GrowingTree, Standing, Tiles, tile_root
from shared.privacy.merkle import (
    HASH_SIZE,
    NoSuchLeaf,
    consistency_path,
    consistent,
    includes,
    inclusion_path,
    leaf_hash,
    root_of,
)

NOON = datetime(2021, 6, 1, 3, tzinfo=UTC)
LINES = [str(number).encode() for number in range(4 * TILE)]
HASHES = b"".join(map(leaf_hash, LINES))


def tiles(size: int, *cut: int) -> Tiles:
    """What the store keeps of the first `size` lines."""
    step = TILE * HASH_SIZE
    kept = [HASHES[: size * HASH_SIZE][start : start + step] for start in range(0, size * HASH_SIZE, step)]
    return Tiles([tile_root(tile) for tile in kept if len(tile) == step],
                 {index // TILE: kept[index // TILE] for index in cut})


sizes = st.integers(1, len(LINES))


@given(st.tuples(sizes, sizes, sizes).map(sorted))
@settings(deadline=None, max_examples=60)
def test_s25_inclusion_proofs_come_out_of_tiles(numbers: list[int]) -> None:
    index, size, stored = numbers[0] - 1, numbers[1], numbers[2]
    kept = tiles(stored, index, size - 1)
    path = inclusion_path(index, size, kept.hash_of)
    assert includes(root_of(LINES[:size]), size, index, LINES[index], path)
    assert kept.hash_of(index, index + 1) == leaf_hash(LINES[index])


@given(st.tuples(sizes, sizes, sizes).map(sorted))
@settings(deadline=None, max_examples=60)
def test_s25_consistency_proofs_come_out_of_tiles(numbers: list[int]) -> None:
    old, new, stored = numbers
    path = consistency_path(old, new, tiles(stored, old - 1, new - 1).hash_of)
    assert consistent(old, root_of(LINES[:old]), new, root_of(LINES[:new]), path)


def test_s25_a_missing_tile_is_no_proof() -> None:
    with pytest.raises(NoSuchLeaf, match="tile 0"):
        Tiles([], {}).hash_of(0, 1)


@pytest.mark.parametrize("first", [0, 1, TILE - 1, TILE, TILE + 3])
def test_s25_a_tree_goes_on_from_its_stored_standing(first: int) -> None:
    tree, kept = GrowingTree("log", 0, Standing()), {}
    for line in LINES[:first]:
        tree.add(line)
    kept |= tree.tiles
    if first:
        tree.signed(tree.after(tree.checkpoint(NOON, "key", lambda _: "00")))
    again = GrowingTree("log", 0, tree.standing, tree.last_tile)
    for line in LINES[first : 2 * TILE + 9]:
        again.add(line)
    kept |= again.tiles
    checkpoint = again.checkpoint(NOON, "key", lambda _: "00")
    assert checkpoint.root == root_of(LINES[: 2 * TILE + 9]).hex()
    assert (checkpoint.number, checkpoint.previous == "0" * 64) == ((2, False) if first else (1, True))
    assert b"".join(kept[number] for number in sorted(kept)) == HASHES[: (2 * TILE + 9) * HASH_SIZE]


def test_s25_a_standing_without_its_last_leaves_is_refused() -> None:
    tree = GrowingTree("log", 0, Standing())
    tree.add(b"line")
    with pytest.raises(ValueError, match="last tile"):
        GrowingTree("log", 0, tree.after(tree.checkpoint(NOON, "key", lambda _: "00")))
