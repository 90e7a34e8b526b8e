"""What retention keeps of the access log's trees (S25): how far each reaches, its leaf hashes, its checkpoints.

authoritative   access_trees         one a partition: size, frontier, last checkpoint
                access_tiles         leaf hashes, 256 a document
                access_checkpoints   what was signed
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from services.retention.domain.access_tree import TILE, GrowingTree, Standing, Tiles, tile_root
from shared.contracts.erasure import CheckpointSigned
from shared.messaging.transaction import OUTBOX, Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database
from shared.privacy.merkle import HASH_SIZE, NoSuchLeaf

TREES, TILES, CHECKPOINTS = "access_trees", "access_tiles", "access_checkpoints"

_CHECKED = "held to the access log itself by `kujibiki audit`, which reads topic and checkpoints anew"
COLLECTIONS: tuple[Declared, ...] = (
    Declared(TREES, "authoritative", not_rebuilt=_CHECKED),
    Declared(TILES, "authoritative", not_rebuilt=_CHECKED),
    Declared(CHECKPOINTS, "authoritative", not_rebuilt=_CHECKED),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (TILES, [("topic", 1), ("partition", 1), ("tile", 1)], {"unique": True}),
    (CHECKPOINTS, [("topic", 1), ("partition", 1), ("number", 1)], {"unique": True}),
)


class Overtaken(Exception):
    """Another replica has signed meanwhile: what this one holds is out of date."""


async def tree(database: Database, topic: str, partition: int) -> GrowingTree:
    """The tree of a partition as it was stored last."""
    row = await database[TREES].find_one({"_id": _key(topic, partition)})
    if row is None or not row["number"]:
        return GrowingTree(topic, partition, Standing())
    standing = Standing(row["size"], tuple(map(bytes, row["frontier"])), row["number"], row["previous"])
    number, open_leaves = divmod(standing.size, TILE)
    last = await _leaves(database, topic, partition, number) if open_leaves else b""
    return GrowingTree(topic, partition, standing, last)


async def keep(tx: Transaction, grown: GrowingTree, checkpoint: CheckpointSigned, event_id: str) -> None:
    """Stores a checkpoint with the tree that it covers. Raises `Overtaken`."""
    standing = grown.after(checkpoint)
    fields = {"size": standing.size, "frontier": list(standing.frontier), "number": standing.number,
              "previous": standing.previous}
    await _exists(tx, grown.topic, grown.partition)
    kept = await tx.database[TREES].update_one(
        {"_id": _key(grown.topic, grown.partition), "number": checkpoint.number - 1}, {"$set": fields},
        session=tx.session)
    if not kept.matched_count:
        raise Overtaken
    for number, leaves in grown.tiles.items():
        full = len(leaves) == TILE * HASH_SIZE
        await tx.database[TILES].update_one(
            {"topic": grown.topic, "partition": grown.partition, "tile": number},
            {"$set": {"leaves": leaves, "root": tile_root(leaves) if full else None}}, upsert=True, session=tx.session)
    tx.insert(CHECKPOINTS, {"_id": event_id, **checkpoint.model_dump(mode="json")})


async def tells(tx: Transaction, topic: str, partition: int, alarm: str) -> bool:
    """Whether this alarm about a partition is told for the first time."""
    await _exists(tx, topic, partition)
    result = await tx.database[TREES].update_one(
        {"_id": _key(topic, partition), "told": {"$ne": alarm}}, {"$push": {"told": alarm}}, session=tx.session)
    return bool(result.modified_count)


async def _exists(tx: Transaction, topic: str, partition: int) -> None:
    await tx.database[TREES].update_one(
        {"_id": _key(topic, partition)}, {"$setOnInsert": {"number": 0}}, upsert=True, session=tx.session)


async def checkpoints(
    database: Database, topic: str, partition: int | None = None, most: int = 1000
) -> list[CheckpointSigned]:
    """The newest checkpoints first."""
    query = {"topic": topic} if partition is None else {"topic": topic, "partition": partition}
    rows = database[CHECKPOINTS].find(query).sort([("at", -1), ("number", -1)]).limit(most)
    return [CheckpointSigned.model_validate(row) async for row in rows]


async def checkpoint(
    database: Database, topic: str, partition: int, number: int | None = None
) -> CheckpointSigned | None:
    """A checkpoint by its number; the latest without one."""
    query = {"topic": topic, "partition": partition, **({} if number is None else {"number": number})}
    row = await database[CHECKPOINTS].find_one(query, sort=[("number", -1)])
    return CheckpointSigned.model_validate(row) if row else None


async def latest_said(database: Database, topic: str, partition: int) -> CheckpointSigned | None:
    """The latest checkpoint that the relay has sent."""
    async for row in database[CHECKPOINTS].find({"topic": topic, "partition": partition}).sort("number", -1):
        if await database[OUTBOX].find_one({"events.id": row["_id"]}, {"_id": 1}) is None:
            return CheckpointSigned.model_validate(row)
    return None


async def hashes(database: Database, topic: str, partition: int) -> AsyncIterator[bytes]:
    """All leaf hashes that were kept, in their order."""
    query = {"topic": topic, "partition": partition}
    async for row in database[TILES].find(query, {"leaves": 1}).sort("tile", 1):
        leaves = bytes(row["leaves"])
        for start in range(0, len(leaves), HASH_SIZE):
            yield leaves[start : start + HASH_SIZE]


async def tiles(database: Database, topic: str, partition: int, *cut: int) -> Tiles:
    """What proofs need that cut the tree before or at the leaves `cut`."""
    query = {"topic": topic, "partition": partition, "root": {"$ne": None}}
    rows = database[TILES].find(query, {"root": 1}).sort("tile", 1)
    roots = [bytes(row["root"]) async for row in rows]
    numbers = {index // TILE for index in cut}
    return Tiles(roots, {number: await _leaves(database, topic, partition, number) for number in sorted(numbers)})


async def _leaves(database: Database, topic: str, partition: int, number: int) -> bytes:
    row = await database[TILES].find_one({"topic": topic, "partition": partition, "tile": number}, {"leaves": 1})
    if row is None:
        raise NoSuchLeaf(f"tile {number} of partition {partition} isn't stored")
    return bytes(row["leaves"])


def _key(topic: str, partition: int) -> str:
    return f"{topic}/{partition}"
