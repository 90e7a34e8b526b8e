"""Dead letters: pointers to messages that could not be handled, and to later ones of the same key that wait.

Payloads stay where they are, in their topics; a dead letter that outlived an erasure holds nothing of anybody.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from shared.contracts.envelope import Envelope
from shared.contracts.messaging import MessageDismissed, MessageReplayed, MessageSetAside
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.mongo import Database, Document, is_duplicate
from shared.platform.settings import Settings

LETTERS = "letters"
ATTEND_SECONDS = 1.0

log = logging.getLogger(__name__)


class Letters:
    """Keeps what was set aside, and takes it up again when a named person says so.

    States of a letter: "dead" (was tried and failed), "waiting" (behind a dead one of its key), "replay" (asked for).
    """

    def __init__(self, settings: Settings, database: Database, transactions: Transactions) -> None:
        self._settings, self._database, self._transactions = settings, database, transactions
        self._blocked: set[tuple[str, str]] = set()
        self._looked = 0.0

    async def load(self) -> None:
        """Reads which keys are blocked."""
        rows = self._database[LETTERS].find({}, {"topic": 1, "key": 1})
        self._blocked = {(row["topic"], row["key"]) async for row in rows}

    def blocks(self, record: ConsumerRecord) -> bool:
        """Whether an earlier event of the record's key is set aside."""
        return (record.topic, _key(record)) in self._blocked

    async def set_aside(self, record: ConsumerRecord, envelope: Envelope[Any] | None, cause: str) -> None:
        """Puts the record among the dead letters."""
        await self._put(record, envelope, "dead", cause)

    async def queue(self, record: ConsumerRecord, envelope: Envelope[Any] | None) -> None:
        """Puts the record behind the dead letter of its key."""
        await self._put(record, envelope, "waiting", "behind an earlier event of its key")

    async def _put(self, record: ConsumerRecord, envelope: Envelope[Any] | None, state: str, cause: str) -> None:
        pointer = f"{record.topic}/{record.partition}/{record.offset}"

        async def work(tx: Transaction) -> None:
            tx.insert(LETTERS, {
                "_id": pointer, "topic": record.topic, "partition": record.partition, "offset": record.offset,
                "key": _key(record), "state": state, "cause": cause, "at": datetime.now(UTC),
                "event_type": envelope.type if envelope else None,
            })
            self._say(tx, pointer, envelope.programme if envelope else "-", MessageSetAside(
                group=self._settings.service, topic=record.topic, partition=record.partition, offset=record.offset,
                event_id=envelope.id if envelope else None, event_type=envelope.type if envelope else None,
                cause=cause, at=datetime.now(UTC),
            ))

        try:
            await self._transactions.run(work)
        except Exception as error:
            if not is_duplicate(error):  # the same record came again after a crash
                raise
        self._blocked.add((record.topic, _key(record)))

    async def all(self) -> list[Document]:
        """Every letter, oldest first."""
        return await self._database[LETTERS].find({}).sort("at", 1).to_list(None)

    async def ask_replay(self, pointer: str, by: str) -> bool:
        """Asks the consumer to take the dead letter up again; returns whether there was such a one."""
        result = await self._database[LETTERS].update_one(
            {"_id": pointer, "state": "dead"}, {"$set": {"state": "replay", "by": by}})
        return bool(result.matched_count)

    async def dismiss(self, pointer: str, by: str) -> bool:
        """A named person decides that the dead letter is not to be handled; what waits behind it goes on."""

        async def work(tx: Transaction) -> bool:
            letter = await self._database[LETTERS].find_one_and_delete(
                {"_id": pointer, "state": "dead"}, session=tx.session)
            if letter is None:
                return False
            await self._next_of_key(tx, letter, by)
            self._say(tx, pointer, "-", MessageDismissed(**self._pointer(letter), by=by))
            return True

        return await self._transactions.run(work)

    async def attend(self, handle: Callable[[ConsumerRecord], Awaitable[str | None]]) -> None:
        """Takes up what was asked for. Called from the consumer's loop, so that a key keeps its order."""
        if not self._blocked or time.monotonic() - self._looked < ATTEND_SECONDS:
            return
        self._looked = time.monotonic()
        while letter := await self._database[LETTERS].find_one({"state": "replay"}, sort=[("offset", 1)]):
            await self._replay(letter, handle)
        await self.load()

    async def _replay(self, letter: Document, handle: Callable[[ConsumerRecord], Awaitable[str | None]]) -> None:
        record = await self._fetch(letter)
        if record is None and TOPIC[letter["topic"]].compacted:
            cause = None  # superseded, or erased by order: there is nothing left to be handled
        else:
            cause = "the record is gone from its topic" if record is None else await handle(record)
        if cause is not None:
            await self._database[LETTERS].update_one(
                {"_id": letter["_id"]}, {"$set": {"state": "dead", "cause": cause}})
            return

        async def work(tx: Transaction) -> None:
            await self._database[LETTERS].delete_one({"_id": letter["_id"]}, session=tx.session)
            await self._next_of_key(tx, letter, letter["by"])
            self._say(tx, letter["_id"], "-", MessageReplayed(**self._pointer(letter), by=letter["by"]))

        await self._transactions.run(work)

    async def _next_of_key(self, tx: Transaction, letter: Document, by: str) -> None:
        await self._database[LETTERS].find_one_and_update(
            {"topic": letter["topic"], "key": letter["key"], "state": "waiting"},
            {"$set": {"state": "replay", "by": by}}, sort=[("offset", 1)], session=tx.session)

    async def _fetch(self, letter: Document) -> ConsumerRecord | None:
        partition = TopicPartition(letter["topic"], letter["partition"])
        client = kafka.consumer(self._settings)
        async with kafka.started(client):
            client.assign([partition])
            client.seek(partition, letter["offset"])
            batches = await client.getmany(partition, timeout_ms=10_000, max_records=1)
        records = batches.get(partition, [])
        return records[0] if records and records[0].offset == letter["offset"] else None

    def _pointer(self, letter: Document) -> dict[str, Any]:
        return {"group": self._settings.service,
                **{field: letter[field] for field in ("topic", "partition", "offset")}}

    def _say(self, tx: Transaction, pointer: str, programme: str,
             event: MessageSetAside | MessageReplayed | MessageDismissed) -> None:
        tx.say(event, topic=f"{self._settings.service}.dead-letters.v1", subject=pointer, programme=programme,
               at=datetime.now(UTC))


def _key(record: ConsumerRecord) -> str:
    return record.key.decode("utf-8", "replace") if record.key else ""


