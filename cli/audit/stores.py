"""Counting rows of erased subjects in the services' stores, and key files in their folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from cli.audit.orders import Orders
from shared.contracts.audit import FilesSeen, StoreSeen
from shared.contracts.holdings import HOLDINGS, Holding


def stores_seen(uri: str, orders: Orders) -> Iterator[StoreSeen]:
    """Each collection that may hold something of a subject: all its rows, and those of erased subjects."""
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=10_000) as client:
        for holding in HOLDINGS:
            collection = client[holding.service][holding.collection]
            left = sum(collection.count_documents(_query(holding, some)) for some in orders.of_kind(holding.kind))
            yield StoreSeen(service=holding.service, collection=holding.collection,
                            rows=collection.count_documents({}), erased=left)


def _query(holding: Holding, subjects: list[str]) -> dict[str, Any]:
    query: dict[str, Any] = {holding.field: {"$in": subjects}}
    if holding.clears:
        query["$or"] = [{name: {"$exists": True}} for name in holding.clears]
    return query


def key_files_seen(folders: dict[str, Path], destroyed: dict[str, dict[int, Any]]) -> Iterator[FilesSeen]:
    """The key files that can be seen; `left` are those of epochs that were said to be destroyed."""
    for service, folder in sorted(folders.items()):
        epochs = [int(path.stem.removeprefix("epoch-")) for path in folder.glob("epoch-*.json")]
        last = max(destroyed.get(service, {}), default=0)
        yield FilesSeen(place=f"key files of {service}", files=len(epochs), left=sum(epoch <= last for epoch in epochs))
