"""The orders to erase, in a temporary database on disk: an audit's memory does not grow with them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from shared.contracts.envelope import Id

AT_ONCE = 500


class Orders:
    """Whose erasure was ordered. Use as a context: the database is removed at its end."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # a file of its own that nobody else sees, and that goes when it is closed
        self._database.execute("PRAGMA cache_size = -8192")
        self._database.execute("CREATE TABLE orders (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("CREATE TABLE subjects (id TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def add(self, order: Id, kind: str, subjects: Iterable[Id]) -> None:
        """One order."""
        self._database.execute("INSERT OR IGNORE INTO orders VALUES (?)", (order,))
        self._database.executemany("INSERT OR IGNORE INTO subjects VALUES (?, ?)", ((one, kind) for one in subjects))

    @property
    def count(self) -> int:
        """How many orders."""
        return int(self._database.execute("SELECT count(*) FROM orders").fetchone()[0])

    @property
    def subjects(self) -> int:
        """How many subjects in all."""
        return int(self._database.execute("SELECT count(*) FROM subjects").fetchone()[0])

    def digest(self) -> str:
        """The SHA-256 of the orders' ids, sorted, joined by line feeds."""
        hasher, first = hashlib.sha256(), True
        for (order,) in self._database.execute("SELECT id FROM orders ORDER BY id"):
            hasher.update(order.encode() if first else b"\n" + order.encode())
            first = False
        return hasher.hexdigest()

    def among(self, subjects: Sequence[Id]) -> set[Id]:
        """Those of `subjects` who are erased."""
        query = "SELECT id FROM subjects WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._database.execute(query, (json.dumps(list(subjects)),))}

    def of_kind(self, kind: str) -> Iterator[list[Id]]:
        """Everybody of a kind, some at a time."""
        cursor = self._database.execute("SELECT id FROM subjects WHERE kind = ? ORDER BY id", (kind,))
        while rows := cursor.fetchmany(AT_ONCE):
            yield [row[0] for row in rows]
