"""One MongoDB transaction for a state change, its outgoing events and the id of the event that caused it (ADR 0001).

Requests that wait at the same time share one transaction (group commit): the commit's wait for the journal is what
costs, not the writes.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from tenacity import AsyncRetrying

from shared.contracts.envelope import Event, Id, encoded, new_id
from shared.contracts.partitions import partition_of
from shared.contracts.topics import TOPIC
from shared.platform.mongo import (
    COMMIT_AGAIN,
    Client,
    Database,
    Document,
    Session,
    is_duplicate,
    is_transient,
    is_unreachable,
    start_transaction,
)
from shared.platform.one_thread import OneThread
from shared.platform.telemetry import current_traceparent

OUTBOX = "outbox"
MOST_BYTES = 1024 * 1024
"""Of values in one document of the outbox; a transaction that says more writes several."""
MAX_GROUP = 128
MAX_WAITING = 2000
ATTEMPTS = 24
LONGEST_PAUSE = 0.25
GROUP_SECONDS = 5.0

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[["Transaction"], Awaitable[T]]
Note = Callable[["Transaction"], T]
Hook = Callable[["Transaction"], Awaitable[None]]


class Busy(Exception):
    """Too many requests wait for a commit; the caller should come again in a few seconds."""


class _OrderClock:
    """Hands out ascending numbers that stay close to the machine's nanoseconds, also when that clock steps back."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return self._last


_order = _OrderClock()


class Transaction:
    """What a handler writes and says; all of it is committed together or not at all.

    `scratch` holds what several handlers of one transaction collect for a hook.
    """

    def __init__(self, database: Database, session: Session, source: str) -> None:
        self.database = database
        self.session = session
        self.scratch: dict[str, Any] = {}
        self._source = source
        self._inserts: dict[str, list[Document]] = defaultdict(list)
        self._said: list[Document] = []
        self._hooks: dict[str, Hook] = {}

    def insert(self, collection: str, document: Document) -> None:
        """Buffers `document`; each collection gets one `insert_many` at the commit."""
        self._inserts[collection].append(document)

    def say(
        self, event: Event, *, subject: str, programme: str, at: datetime,
        topic: str | None = None, event_id: Id | None = None, traceparent: str | None = None,
    ) -> Id:
        """Puts `event` into the outbox under the record key `subject`; returns its id.

        Raises `PermissionError` for a topic that is not this service's to write, before a broker would.
        """
        name = topic or event.TOPIC
        if self._source not in TOPIC[name].writers:
            raise PermissionError(f"{self._source} may not write {name}")
        name_of_event = event_id or new_id()
        self._row(name_of_event, name, subject, encoded(
            event, source=self._source, subject=subject, programme=programme, at=at, event_id=name_of_event,
            traceparent=traceparent or current_traceparent(),
        ))
        return name_of_event

    def erase(self, topic: str, subject: str) -> None:
        """Puts a tombstone for `subject` into the outbox: a null value, after which compaction forgets the key."""
        self._row(new_id(), topic, subject, None)

    def before_commit(self, hook: Hook, key: str) -> None:
        """Runs `hook` once a `key` when all handlers of the transaction are through."""
        self._hooks.setdefault(key, hook)

    def _row(self, event_id: Id, topic: str, key: str, value: bytes | None) -> None:
        self._said.append({
            "id": event_id, "topic": topic, "partition": partition_of(key, topic), "key": key, "value": value,
        })

    async def flush(self) -> bool:
        """Writes what was buffered; returns whether there is anything for the relay."""
        for hook in list(self._hooks.values()):
            await hook(self)
        for collection, documents in self._inserts.items():
            await self.database[collection].insert_many(documents, session=self.session)
        if self._said:
            await self.database[OUTBOX].insert_many(list(_outbox(self._said)), session=self.session)
        return bool(self._said)


def _outbox(said: list[Document]) -> Iterator[Document]:
    """`{_id, order, events: [{id, topic, partition, key, value}]}`: few documents, as each costs time of its own."""
    events: list[Document] = []
    size = 0
    for one in said:
        if events and size + len(one["value"] or b"") > MOST_BYTES:
            yield {"_id": events[0]["id"], "order": _order.next(), "events": events}
            events, size = [], 0
        events.append(one)
        size += len(one["value"] or b"")
    yield {"_id": events[0]["id"], "order": _order.next(), "events": events}


@dataclass
class _Waiting:
    """What waits for a group, in the context of its request; `begun`: when the last try at the group began.

    `notes`: its work only notes what is to be written.
    """

    work: Work[Any] | Note[Any]
    result: asyncio.Future[Any]
    notes: bool = False
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    begun: float = 0.0


class Transactions:
    """Runs work in transactions, alone or in groups.

    `pace`: at least so many seconds from one shared group to the next. A transaction takes some ten requests of
    whatever size, so that small groups would cost most. By it replicas that met over a document fall out of step: who
    came second counts from when it got through.
    """

    def __init__(
        self, client: Client, database: Database, source: str, wake: Callable[[], None], *, pace: float = 0.0,
    ) -> None:
        self._client, self._database, self._source, self._wake = client, database, source, wake
        self._one_thread = OneThread(client, database)
        self._pace, self._next_group = pace, 0.0
        self._waiting: deque[_Waiting] = deque()
        self._drain: asyncio.Task[None] | None = None

    async def run(self, work: Work[T]) -> T:
        """Runs `work` in a transaction of its own. It may run several times: nothing outside may depend on it."""
        (result,) = await self._attempt([_Waiting(work, asyncio.get_running_loop().create_future())])
        return result  # type: ignore[no-any-return]

    async def grouped(self, work: Work[T]) -> T:
        """Runs `work` in a transaction that it shares with what waits at the same time.

        Raises `Busy` when more than `MAX_WAITING` wait, or when others had the same documents open all the time. A
        failure of one leaves the others untouched.
        """
        return await self._wait(work)  # type: ignore[no-any-return]

    async def noted(self, note: Note[T]) -> T:
        """As `grouped`, for work that only notes what is to be written and said: it waits for nothing.

        A group of such work is committed in a thread: so it holds what it writes for the shortest time.
        """
        return await self._wait(note, notes=True)  # type: ignore[no-any-return]

    async def _wait(self, work: Work[Any] | Note[Any], *, notes: bool = False) -> Any:
        if len(self._waiting) >= MAX_WAITING:
            raise Busy
        waiting = _Waiting(work, asyncio.get_running_loop().create_future(), notes)
        self._waiting.append(waiting)
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._drain_waiting(), context=contextvars.Context())
        return await waiting.result

    async def _drain_waiting(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._next_group - time.monotonic())
            group = [self._waiting.popleft() for _ in range(min(MAX_GROUP, len(self._waiting)))]
            await self._commit_group(group)
            self._next_group = group[0].begun + self._pace if len(group) > 1 else 0.0

    async def _commit_group(self, group: list[_Waiting]) -> None:
        try:
            results = await self._attempt(group, GROUP_SECONDS)
        except BaseException as error:
            if len(group) == 1 or not isinstance(error, Exception) or is_transient(error) or is_unreachable(error):
                # The store failed and nobody in the group did: one after the other, they would wait for minutes.
                for waiting in group:
                    _settle(waiting, error=Busy() if is_transient(error) else error)
                return
            # Somebody in the group failed: each alone, so that only that one hears of it.
            for waiting in group:
                await self._commit_group([waiting])
            return
        for waiting, result in zip(group, results, strict=True):
            _settle(waiting, result=result)

    async def _attempt(self, group: list[_Waiting], patience: float = math.inf) -> list[Any]:
        began = time.monotonic()
        for attempt in range(ATTEMPTS):
            try:
                return await self._once(group)
            except Exception as error:
                if not is_transient(error) or attempt == ATTEMPTS - 1 or time.monotonic() - began > patience:
                    raise
                # Replicas that met over a document are not to meet again.
                longest = min(LONGEST_PAUSE, 0.005 * 1.3**attempt)
                await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311  # nobody guesses at it
        raise AssertionError("unreachable")

    async def _once(self, group: list[_Waiting]) -> list[Any]:
        group[0].begun = time.monotonic()
        if all(waiting.notes for waiting in group):
            results, said = await self._one_thread.commit(partial(self._written, group))
        else:
            async with await self._client.start_session() as session, start_transaction(session):
                results, said = await self._written(group, self._database, session)
                async for attempt in AsyncRetrying(**COMMIT_AGAIN):
                    with attempt:
                        await session.commit_transaction()
        if said:
            self._wake()
        return results

    async def _written(self, group: list[_Waiting], database: Database, session: Session) -> tuple[list[Any], bool]:
        transaction = Transaction(database, session, self._source)
        results = [await _in_context(waiting, transaction) for waiting in group]
        return results, await transaction.flush()


async def _in_context(waiting: _Waiting, transaction: Transaction) -> Any:
    """Runs the work in its request's context, so that its events carry its request's trace."""
    context = waiting.context.copy()
    result = context.run(waiting.work, transaction)
    if not asyncio.iscoroutine(result):
        return result
    return await asyncio.get_running_loop().create_task(result, context=context)


def _settle(waiting: _Waiting, *, result: Any = None, error: BaseException | None = None) -> None:
    if waiting.result.done():
        return
    if error is None:
        waiting.result.set_result(result)
    else:
        waiting.result.set_exception(error)


__all__ = ["OUTBOX", "Busy", "Transaction", "Transactions", "is_duplicate"]
