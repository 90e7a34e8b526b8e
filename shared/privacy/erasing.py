"""Erasing in a service: an order is carried out, seen to be carried out, attested, and applied again at each start.

Order → rows of `shared.contracts.holdings` go, and tombstones on the own personal topic, in one transaction → the
service looks again; the owner of a personal topic waits until not even ciphertext is left on it → receipt (B09, B10).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError

from shared.contracts.envelope import Envelope, Id, MalformedEvent, UnknownEvent, decode, derived_id
from shared.contracts.erasure import ErasureOrdered, OrdersReapplied, SubjectsErased
from shared.contracts.holdings import Holding, holdings_of
from shared.messaging import kafka
from shared.messaging.consumer import Subscription
from shared.messaging.lease import Lease
from shared.messaging.rereading import Left, every_record, what_is_left
from shared.messaging.transaction import Transaction, Transactions
from shared.messaging.waking import woken
from shared.platform.clock import Clock
from shared.platform.mongo import Database, Document, StoreError
from shared.platform.settings import Settings
from shared.privacy.markers import mark
from shared.privacy.records import ERASED

ERASURES = "erasures"
OWNED = {"intake": ("application", "intake.personal.v1"), "retention": ("staff", "retention.personal.v1")}
LEASE_SECONDS = 30.0
ORDERS_AT_ONCE = 200

log = logging.getLogger(__name__)
Hook = Callable[[Transaction, Envelope[ErasureOrdered]], Awaitable[None]]
Attested = Callable[[Transaction, Document], Awaitable[None]]


class Erasing:
    """The orders to this service.

    `erasures`: `{_id: order, batch, programme, kind, subjects, rows, state}`; `erased`: `{_id: subject}` of all.
    """

    def __init__(self, settings: Settings, database: Database, transactions: Transactions, clock: Clock) -> None:
        self._settings, self._database, self._transactions = settings, database, transactions
        self._clock = clock
        self.service = settings.service
        self._holdings = holdings_of(self.service)
        self._kind: str | None
        self._topic: str | None
        self._kind, self._topic = OWNED.get(self.service, (None, None))
        self._before: list[Hook] = []
        self._attested: list[Attested] = []
        self._lease = Lease(database, "erasing", LEASE_SECONDS)
        self._wake = asyncio.Event()
        self._look_every = settings.erasure_look_seconds
        self._marked = -self._look_every
        self._suspected: set[Id] = set()

    def before(self, hook: Hook) -> None:
        """`hook(tx, order)` runs before the rows go, in the same transaction; it may run again for the same order."""
        self._before.append(hook)

    def when_attested(self, hook: Attested) -> None:
        """`hook(tx, erasure)` runs with the receipt."""
        self._attested.append(hook)

    def subscription(self) -> Subscription:
        """What every service hears."""
        return Subscription("retention.orders.v1", {ErasureOrdered: self.carry_out})

    # -- carrying out ----------------------------------------------------------------------------------------------

    async def carry_out(self, tx: Transaction, message: Envelope[ErasureOrdered]) -> None:
        """Erases the subjects of an order here. Again, it changes nothing."""
        order = message.data
        if await self._database[ERASURES].find_one({"_id": order.order}, {"_id": 1}, session=tx.session):
            return
        for hook in self._before:
            await hook(tx, message)
        rows = await self._remove(tx, order.kind, order.subjects)
        await self._remember(tx, order.subjects)
        if order.kind == self._kind:
            self._bury(tx, order.subjects)
        tx.insert(ERASURES, {
            "_id": order.order, "batch": order.batch, "programme": message.programme, "kind": order.kind,
            "subjects": list(order.subjects), "rows": rows, "state": "removed", "at": message.time,
        })
        self._wake.set()

    async def _remove(self, tx: Transaction, kind: str, subjects: Sequence[Id]) -> dict[str, int]:
        rows = {}
        for holding in self._of_kind(kind):
            collection, query = self._database[holding.collection], _query(holding, subjects)
            if holding.clears:
                change = {"$unset": dict.fromkeys(holding.clears, "")}
                rows[holding.collection] = (
                    await collection.update_many(query, change, session=tx.session)).modified_count
            else:
                rows[holding.collection] = (await collection.delete_many(query, session=tx.session)).deleted_count
        return rows

    def _of_kind(self, kind: str) -> list[Holding]:
        return [holding for holding in self._holdings if holding.kind == kind]

    async def _remember(self, tx: Transaction, subjects: Sequence[Id]) -> None:
        known = self._database[ERASED].find({"_id": {"$in": list(subjects)}}, {"_id": 1}, session=tx.session)
        there = {row["_id"] async for row in known}
        for subject in subjects:
            if subject not in there:
                tx.insert(ERASED, {"_id": subject})

    def _bury(self, tx: Transaction, subjects: Sequence[Id]) -> None:
        assert self._topic is not None
        for subject in subjects:
            tx.erase(self._topic, subject)

    # -- at the start ----------------------------------------------------------------------------------------------

    async def apply_again(self) -> None:
        """Carries out every order there ever was, before the service becomes ready: a store may be an old copy.

        Reads `retention.orders.v1` whole; memory does not grow with it.
        """
        while True:
            try:
                found = await self._all_orders()
            except (KafkaError, StoreError, OSError) as error:
                log.warning("orders to erase can't be read yet: %s", type(error).__name__)
                await asyncio.sleep(0.5)
                continue
            if any(found.values()):
                log.warning("rows of erased subjects were here again, and were erased again: %s", found)
            return

    async def _all_orders(self) -> dict[str, int]:
        found: dict[str, int] = {}
        client = kafka.consumer(self._settings)
        await client.start()
        try:
            async for record in every_record(client, "retention.orders.v1"):
                message = _order(record.value)
                if message is None:
                    continue
                again = await self._transactions.run(partial(self._again, message=message))
                found = {name: found.get(name, 0) + count for name, count in again.items()}
        finally:
            await client.stop()
        return found

    async def _again(self, tx: Transaction, *, message: Envelope[ErasureOrdered]) -> dict[str, int]:
        order = message.data
        if not await self._database[ERASURES].find_one({"_id": order.order}, {"_id": 1}, session=tx.session):
            await self.carry_out(tx, message)
            return {}
        rows = await self._remove(tx, order.kind, order.subjects)
        if any(rows.values()):
            tx.say(OrdersReapplied(service=self.service, subjects=len(order.subjects), rows=rows, at=message.time),
                   subject=order.order, programme=message.programme, at=self._clock.now(message.programme))
        return rows

    # -- attesting -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Attests what was carried out, when it is seen; one replica does, until cancelled."""
        async with self._lease.given_back():
            while True:
                self._wake.clear()
                try:
                    if await self._lease.take():
                        await self._attest()
                except (KafkaError, StoreError, OSError, TimeoutError) as error:
                    log.warning("attesting waits: %s", type(error).__name__)
                await woken(self._wake, self._look_every)

    async def _attest(self) -> None:
        """Looks again at what waits."""
        waiting = await self._database[ERASURES].find({"state": "removed"}).sort("_id", 1).to_list(ORDERS_AT_ONCE)
        if not waiting:
            return
        left = await self._left({subject for erasure in waiting if erasure["kind"] == self._kind
                                 for subject in erasure["subjects"]})
        for erasure in waiting:
            await self._transactions.run(partial(self._settle, erasure=erasure, left=left))
        self._suspected = left.again
        await self._mark_if_due()

    async def _left(self, subjects: set[Id]) -> Left:
        if not subjects or self._topic is None:
            return Left()
        return await what_is_left(self._settings, self._topic, subjects)

    async def _settle(self, tx: Transaction, *, erasure: Document, left: Left) -> None:
        """The receipt, if nothing is left; else whatever came back is erased again."""
        subjects, owned = erasure["subjects"], erasure["kind"] == self._kind
        rows = await self._remove(tx, erasure["kind"], subjects)
        # Seen twice: the first time, its tombstone may have been on its way.
        if owned and (again := [subject for subject in subjects if subject in left.again & self._suspected]):
            log.warning("%d erased records were written again; erased again", len(again))
            self._bury(tx, again)
            return
        if any(rows.values()) or (owned and not left.values.isdisjoint(subjects)):
            return
        now = self._clock.now(erasure["programme"])
        changed = await self._database[ERASURES].update_one(
            {"_id": erasure["_id"], "state": "removed"}, {"$set": {"state": "attested", "attested_at": now}},
            session=tx.session)
        if not changed.modified_count:
            return
        reread = {str(partition): end for partition, end in sorted(left.ends.items())} if owned else {}
        tx.say(
            SubjectsErased(order=erasure["_id"], service=self.service, subjects=len(subjects), rows=erasure["rows"],
                           records=len(subjects) if owned else 0, reread=reread, at=now),
            subject=erasure["_id"], programme=erasure["programme"], at=now,
            event_id=derived_id("erased", self.service, erasure["_id"]))
        for hook in self._attested:
            await hook(tx, erasure)

    async def _mark_if_due(self) -> None:
        pending = {"state": "removed", "kind": self._kind}
        if self._topic is None or time.monotonic() - self._marked < self._look_every:
            return
        if await self._database[ERASURES].find_one(pending, {"_id": 1}):
            topic = self._topic
            self._marked = time.monotonic()
            await self._transactions.run(partial(_mark, topic=topic))


async def _mark(tx: Transaction, *, topic: str) -> None:
    mark(tx, topic, datetime.now(UTC))


def _query(holding: Holding, subjects: Sequence[Id]) -> dict[str, Any]:
    query: dict[str, Any] = {holding.field: {"$in": list(subjects)}}
    if holding.clears:
        query["$or"] = [{name: {"$exists": True}} for name in holding.clears]
    return query


def _order(value: bytes | None) -> Envelope[ErasureOrdered] | None:
    if value is None:
        return None
    try:
        message = decode(value)
    except (UnknownEvent, MalformedEvent):
        return None  # the consumer sets it aside, where people see it
    return message if isinstance(message.data, ErasureOrdered) else None



