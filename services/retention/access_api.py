"""Proofs over the access log, for auditors (S25): checkpoints, inclusion of a line, consistency of two checkpoints."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from services.retention import access_store, store
from shared.contracts.erasure import CheckpointSigned
from shared.contracts.privacy import Access
from shared.contracts.topics import TOPIC
from shared.platform.mongo import Database
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.privacy.checkpoints import digest, statement
from shared.privacy.merkle import consistency_path, inclusion_path

Auditor = Annotated[Person, Depends(staff("officer", "auditor"))]
Partition = Annotated[int, Path(ge=0, lt=TOPIC[Access.TOPIC].partitions)]
Number = Annotated[int, Query(ge=1)]


def router(database: Database) -> APIRouter:
    """Routes under `/retention/api/access-log`. Hashes are hex; lines and leaves are numbered from 0."""
    routes = APIRouter(prefix="/api/access-log")

    @routes.get("/checkpoints")
    async def checkpoints(
        _: Auditor, partition: Annotated[int | None, Query(ge=0)] = None,
        most: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> dict[str, Any]:
        found = await access_store.checkpoints(database, Access.TOPIC, partition, most)
        return {"topic": Access.TOPIC, "keys": await store.seal_keys(database),
                "checkpoints": [_shown(one) for one in found]}

    @routes.get("/{partition}/{index}/proof")
    async def inclusion(
        partition: Partition, index: Annotated[int, Path(ge=0)], _: Auditor,
        checkpoint: Annotated[int | None, Query(ge=1)] = None,
    ) -> dict[str, Any]:
        under = await _checkpoint(database, partition, checkpoint)
        if index >= under.size:
            raise Problem(404, "not-covered", "No checkpoint covers this line yet",
                          f"Checkpoint {under.number} covers the lines 0 to {under.size - 1}. Ask again in a while.")
        tiles = await access_store.tiles(database, Access.TOPIC, partition, index, under.size - 1)
        path = inclusion_path(index, under.size, tiles.hash_of)
        return {"index": index, "leaf_hash": tiles.hash_of(index, index + 1).hex(),
                "path": [node.hex() for node in path], "checkpoint": _shown(under)}

    @routes.get("/{partition}/consistency")
    async def consistency(
        partition: Partition, _: Auditor, old: Number, new: Annotated[int | None, Query(ge=1)] = None
    ) -> dict[str, Any]:
        later, earlier = await _checkpoint(database, partition, new), await _checkpoint(database, partition, old)
        if earlier.size > later.size:
            raise Problem(422, "wrong-order", "The checkpoint `old` is the later one", "Exchange `old` and `new`.")
        tiles = await access_store.tiles(database, Access.TOPIC, partition, earlier.size - 1, later.size - 1)
        path = consistency_path(earlier.size, later.size, tiles.hash_of)
        return {"old": _shown(earlier), "new": _shown(later), "path": [node.hex() for node in path]}

    return routes


async def _checkpoint(database: Database, partition: int, number: int | None) -> CheckpointSigned:
    found = await access_store.checkpoint(database, Access.TOPIC, partition, number)
    if found is None:
        raise Problem(404, "no-such-checkpoint", "There is no such checkpoint",
                      "Look for its number under /retention/api/access-log/checkpoints.")
    return found


def _shown(one: CheckpointSigned) -> dict[str, Any]:
    return {**one.model_dump(mode="json"), "statement": statement(one).decode(), "digest": digest(one)}
