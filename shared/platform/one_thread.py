"""A transaction whose statements follow each other in one thread, not each through the event loop.

motor sends a statement by a thread and comes back through the loop. In a rush the loop is busy with requests: a dozen
would be served between two statements, while the transaction holds what the other replicas wait for. Here the same
coroutines run to their end without the loop, as all that they wait for is there when they ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from tenacity import Retrying

from shared.platform.mongo import COMMIT_AGAIN, Client, Database, Document, Session, start_transaction

T = TypeVar("T")
Work = Callable[[Database, Session], Coroutine[Any, Any, T]]


class OneThread:
    """Runs such transactions, one at a time."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client, self._statements = client.delegate, cast("Database", _Statements(database.delegate))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="transactions")

    async def commit(self, work: Work[T]) -> T:
        """Commits what `work` writes and returns its result. It may wait for statements and for nothing else."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, work)

    def _commit(self, work: Work[T]) -> T:
        with self._client.start_session() as session, start_transaction(session):
            result = at_once(work(self._statements, session))
            Retrying(**COMMIT_AGAIN)(session.commit_transaction)
        return result


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that has nothing to wait for; RuntimeError for one that has."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    work.close()
    raise RuntimeError("what a transaction in one thread waits for is no statement of its own")


class _Statements:
    """A database of PyMongo as motor's: collections by name."""

    def __init__(self, database: Any) -> None:
        self._database = database

    def __getitem__(self, name: str) -> _Collection:
        return _Collection(self._database[name])


class _Collection:
    """A collection whose answers are there when they are awaited."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    def find(self, *arguments: Any, **options: Any) -> _Found:
        """Documents, to be iterated over."""
        return _Found(self._collection.find(*arguments, **options))

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        statement = getattr(self._collection, name)

        async def answered(*arguments: Any, **options: Any) -> Any:
            return statement(*arguments, **options)

        return answered


class _Found:
    """Documents that a statement found."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    async def __aiter__(self) -> AsyncIterator[Document]:
        for document in self._cursor:
            yield document
