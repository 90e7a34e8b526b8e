"""Rotation: a new epoch of keys, the living wrapped anew under it, the older epochs destroyed (B09).

Each service: begin the epoch and publish its key → wait until everybody it shares pair keys with has begun too → the
owner of a personal topic wraps every living record anew and says so on each partition → whoever holds parts waits for
that, and for nothing of its own being under older keys → destroy. Each step can be taken again after a kill.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError

from shared.contracts.envelope import Envelope, Id, MalformedEvent, UnknownEvent, decode, derived_id
from shared.contracts.erasure import EpochDestroyed, PersonalMarked, RecordsRewrapped, RotationOrdered
from shared.contracts.privacy import PersonalRecord
from shared.contracts.topics import TOPIC, topics_read_by
from shared.messaging import kafka
from shared.messaging.consumer import Subscription
from shared.messaging.lease import Lease
from shared.messaging.rereading import every_record
from shared.messaging.transaction import Transaction, Transactions
from shared.messaging.waking import woken
from shared.platform.mongo import Database, Document, StoreError
from shared.platform.settings import Settings
from shared.privacy.epochkeys import KeyFolder
from shared.privacy.erasing import OWNED
from shared.privacy.hpke import CannotOpen
from shared.privacy.keyring import KeyRing, NoPairKey
from shared.privacy.markers import NO_PROGRAMME, mark
from shared.privacy.records import Records
from shared.privacy.sealing import rewrap

ROTATIONS = "rotations_here"
RECORDS_AT_ONCE = 200
LOOK_EVERY_SECONDS, LEASE_SECONDS = 0.5, 30.0
PATIENT_LOOKS = 60

log = logging.getLogger(__name__)
Sealed = Envelope[Any]


class NotYet(Exception):
    """What must be done before keys are destroyed cannot be done now; it is tried again in a moment."""


class Rotating:
    """The rotations that this service was told to take part in, one after the other.

    `rotations_here`: `{_id: rotation, state: open|done, rewrapped, marks: [topic/partition]}`.
    """

    def __init__(
        self, settings: Settings, database: Database, transactions: Transactions, records: Records, ring: KeyRing,
        folder: KeyFolder, recipients: Callable[[], Collection[str]],
    ) -> None:
        self._settings, self._database, self._transactions = settings, database, transactions
        self._records, self._ring, self._folder, self._recipients = records, ring, folder, recipients
        self.service = settings.service
        self._own_topic = OWNED.get(self.service, ("", None))[1]
        self._lease = Lease(database, "rotating", LEASE_SECONDS)
        self._wake = asyncio.Event()
        self._before_wrapping: list[Callable[[dict[str, int]], Any]] = []
        self._before_destroying: list[Callable[[int], Any]] = []

    def before_wrapping(self, hook: Callable[[dict[str, int]], Any]) -> None:
        """`await hook(epochs)` runs when everybody has begun: from then on nothing may be written that was sealed under
        older epochs of anybody (service → epoch), by whatever replica."""
        self._before_wrapping.append(hook)

    def before_destroying(self, hook: Callable[[int], Any]) -> None:
        """`await hook(epoch)` runs before the keys of the epochs before `epoch` go: what hangs on them is made anew."""
        self._before_destroying.append(hook)

    def subscriptions(self, heard: Collection[str]) -> tuple[Subscription, ...]:
        """Orders to rotate, and the markers on the personal topics among `heard`."""
        orders = Subscription("retention.orders.v1", {RotationOrdered: self.ordered})
        return (orders, *(Subscription(topic, {PersonalMarked: self.marked}) for topic in self._foreign(heard)))

    def _foreign(self, heard: Collection[str]) -> list[str]:
        return [topic.name for topic in topics_read_by(self.service)
                if topic.personal == "sealed" and topic.name in heard and topic.owner != self.service]

    async def ordered(self, tx: Transaction, message: Envelope[RotationOrdered]) -> None:
        """Takes part from now on. All orders have one key, so every service hears them, and goes through them, in one
        order: two services that each waited for the other in a rotation of its own would wait for ever."""
        rotation = message.data.rotation
        await self._database[ROTATIONS].update_one(
            {"_id": rotation},
            {"$setOnInsert": {"at": message.time}, "$set": {"state": "open", "heard": time.time_ns()}},
            upsert=True, session=tx.session)
        self._wake.set()

    async def marked(self, tx: Transaction, message: Envelope[PersonalMarked]) -> None:
        """A partition is wrapped anew up to here."""
        marker = message.data
        if marker.rotation is not None:
            topic = f"{message.source.removeprefix('/services/')}.personal.v1"
            await self._database[ROTATIONS].update_one(
                {"_id": marker.rotation}, {"$addToSet": {"marks": f"{topic}/{marker.partition}"},
                                           "$setOnInsert": {"state": "announced", "at": message.time}},
                upsert=True, session=tx.session)
            self._wake.set()

    async def run(self, heard: Collection[str]) -> None:
        """Goes on with the oldest open rotation, until cancelled; one replica does."""
        async with self._lease.given_back():
            while True:
                self._wake.clear()
                try:
                    row = await self._database[ROTATIONS].find_one({"state": "open"}, sort=[("heard", 1)])
                    if row is not None and await self._lease.take():
                        await self._go_through(row["_id"], heard)
                        continue
                except (KafkaError, StoreError, OSError, TimeoutError, NotYet) as error:
                    log.warning("a rotation of keys waits: %s", type(error).__name__)
                await woken(self._wake, LOOK_EVERY_SECONDS * 4)

    async def _go_through(self, rotation: Id, heard: Collection[str]) -> None:
        self._ring.use(await asyncio.to_thread(self._folder.begin, rotation))
        await self._until(lambda: self._others_began(rotation), "other services have not begun their epoch")
        for fence in self._before_wrapping:
            await fence(self._ring.sealing_epochs(self._recipients()))
        if self._own_topic is not None:
            await self._rewrap_all(rotation, self._own_topic)
        await self._until(lambda: self._all_marked(rotation, heard), "records are not all wrapped anew")
        await self._until(self._nothing_old, "records are still under older keys")
        epoch = self._epoch_of(rotation)
        for hook in self._before_destroying:
            await hook(epoch)
        await self._destroy(rotation, epoch)

    async def _until(self, reached: Callable[[], Any], otherwise: str) -> None:
        looks = 0
        while not await reached():
            looks += 1
            if looks % PATIENT_LOOKS == 0:
                log.warning("rotation waits: %s", otherwise)
            await self._lease.take()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _others_began(self, rotation: Id) -> bool:
        return self._ring.rotated(rotation, self._recipients())

    async def _all_marked(self, rotation: Id, heard: Collection[str]) -> bool:
        row = await self._database[ROTATIONS].find_one({"_id": rotation}) or {}
        wanted = {f"{topic}/{number}" for topic in self._foreign(heard) for number in range(TOPIC[topic].partitions)}
        return wanted <= set(row.get("marks", ()))

    async def _nothing_old(self) -> bool:
        async for _, pair in self._records.pairs():
            if self._ring.is_old(pair):
                return False
        return True

    def _epoch_of(self, rotation: Id) -> int:
        return next((keys.epoch for keys in self._folder.load().values() if keys.rotation == rotation),
                    self._ring.current.epoch)

    # -- the owner -------------------------------------------------------------------------------------------------

    async def _rewrap_all(self, rotation: Id, topic: str) -> None:
        row = await self._database[ROTATIONS].find_one({"_id": rotation})
        if row is None or row.get("rewrapped") is not None:
            return
        count = 0

        async def passed() -> bool:
            nonlocal count
            count += await self._one_pass(topic)
            return await self._nothing_old()

        await self._until(passed, "own records are still under older keys after a pass over the topic")
        await self._transactions.run(partial(self._rewrapped, rotation=rotation, topic=topic, count=count))

    async def _one_pass(self, topic: str) -> int:
        """Wraps anew what the topic holds of the living; records that are not the last of their key are left out by
        the conditional write. Returns how many."""
        count, batch = 0, list[tuple[str, PersonalRecord]]()
        client = kafka.consumer(self._settings)
        await client.start()
        try:
            async for raw in every_record(client, topic):
                found = _record(raw.value)
                if found is not None and any(self._ring.is_old(part.pair) for part in found.data.parts):
                    batch.append((found.programme, found.data))
                if len(batch) == RECORDS_AT_ONCE:
                    count += await self._transactions.run(partial(self._rewrap, records=batch))
                    batch = []
                    await self._lease.take()
            return count + (await self._transactions.run(partial(self._rewrap, records=batch)) if batch else 0)
        finally:
            await client.stop()

    async def _rewrap(self, tx: Transaction, *, records: list[tuple[str, PersonalRecord]]) -> int:
        now, anew, programmes = datetime.now(UTC), list[PersonalRecord](), dict[Id, str]()
        for programme, record in records:
            try:
                anew.append(rewrap(self._ring, record))
            except (NoPairKey, CannotOpen):
                continue  # an old copy of somebody erased; one of the living would stop the rotation before its end
            programmes[record.subject] = programme
        kept = await self._records.rewrapped(tx, anew)
        for record in kept:
            tx.say(record, topic=self._own_topic, subject=record.subject, programme=programmes[record.subject], at=now)
        return len(kept)

    async def _rewrapped(self, tx: Transaction, *, rotation: Id, topic: str, count: int) -> None:
        now = datetime.now(UTC)
        mark(tx, topic, now, rotation)
        tx.say(RecordsRewrapped(rotation=rotation, service=self.service, records=count), subject=rotation,
               programme=NO_PROGRAMME, at=now, event_id=derived_id("rewrapped", self.service, rotation))
        await self._database[ROTATIONS].update_one(
            {"_id": rotation}, {"$set": {"rewrapped": count}}, session=tx.session)

    # -- the end ---------------------------------------------------------------------------------------------------

    async def _destroy(self, rotation: Id, epoch: int) -> None:
        """Files first: a kill after that says it at the next start; said first, it could be untrue."""
        await asyncio.to_thread(self._folder.destroy_before, epoch)
        self._ring.forget_before(epoch)
        await self._transactions.run(partial(self._destroyed, rotation=rotation, epoch=epoch))

    async def _destroyed(self, tx: Transaction, *, rotation: Id, epoch: int) -> None:
        row: Document = await self._database[ROTATIONS].find_one({"_id": rotation}, session=tx.session) or {}
        if row.get("state") != "done":
            now = datetime.now(UTC).replace(microsecond=0)
            tx.say(EpochDestroyed(service=self.service, epoch=epoch - 1, rotation=rotation, at=now),
                   subject=self.service, programme=NO_PROGRAMME, at=now,
                   event_id=derived_id("destroyed", self.service, rotation))
        await self._database[ROTATIONS].update_one({"_id": rotation}, {"$set": {"state": "done"}}, session=tx.session)


def _record(value: bytes | None) -> Sealed | None:
    if value is None:
        return None
    try:
        message = decode(value)
    except (UnknownEvent, MalformedEvent):
        return None
    return message if isinstance(message.data, PersonalRecord) else None
