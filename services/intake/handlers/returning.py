"""Making the ward's archive: what was collected, opened through the door, sealed to the ward's key, kept until the
ward has acknowledged it (S17).

A part of the order is a step of a job, so that a killed process goes on where it was. Plain text is in memory only;
not even the plain digest is ever written, only what it is checked against.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from services.intake import archive_store
from services.intake.archive_store import ACKNOWLEDGED, MADE, MAKING, ORDERED, REPLACED
from services.intake.domain.archive import returned_record
from shared.contracts.envelope import Envelope, Id, derived_id, moment_text
from shared.contracts.erasure import ArchiveMade, ReturnAcknowledged, ReturnOrdered
from shared.contracts.programme import Programme
from shared.messaging.consumer import Subscription
from shared.messaging.jobs import Jobs
from shared.messaging.transaction import Transaction
from shared.platform.clock import Clock
from shared.platform.mongo import Database, Document
from shared.platform.programmes import Programmes
from shared.privacy.archive import Header, Written, add, begin, finish
from shared.privacy.door import Door, ServiceActor
from shared.privacy.heldkey import fingerprint_of

MAKE, DROP = "make-archive", "drop-archive"
LINES_AT_ONCE = 500
SERVICE = "intake"


@dataclass(frozen=True)
class Returning:
    """Carries out the orders to return."""

    database: Database
    door: Door
    jobs: Jobs
    clock: Clock
    programmes: Programmes

    def subscriptions(self) -> tuple[Subscription, ...]:
        """What intake hears about returns."""
        return (
            Subscription("retention.orders.v1", {ReturnOrdered: self.ordered}),
            Subscription("retention.certificates.v1", {ReturnAcknowledged: self.acknowledged}),
        )

    def register(self) -> None:
        """Makes the two kinds of job known."""
        self.jobs.register(MAKE, self.make)
        self.jobs.register(DROP, self.drop)

    async def ordered(self, tx: Transaction, message: Envelope[ReturnOrdered]) -> None:
        """One part of an order; with the last one the making begins."""
        order = message.data
        row = await archive_store.archive(tx, order.archive)
        if row is not None and row["state"] != ORDERED:
            return
        if order.replaces is not None:
            await self._end(tx, order.replaces, REPLACED, message)
        await archive_store.change(tx, order.archive, {
            "programme": message.programme, "parts": order.parts, "key": order.key, "state": ORDERED})
        if await archive_store.keep_part(tx, order.archive, order.part, order.subjects) == order.parts:
            await archive_store.change(tx, order.archive, {"state": MAKING})
            await self.jobs.start(
                tx, MAKE, f"{MAKE}/{order.archive}", message.programme, {"archive": order.archive})

    async def acknowledged(self, tx: Transaction, message: Envelope[ReturnAcknowledged]) -> None:
        """The ward has it: nothing of it stays here."""
        await self._end(tx, message.data.archive, ACKNOWLEDGED, message)

    async def _end(self, tx: Transaction, archive: Id, state: str, message: Envelope[Any]) -> None:
        row = await archive_store.archive(tx, archive)
        if row is None or row["state"] in (ACKNOWLEDGED, REPLACED):
            return
        await archive_store.change(tx, archive, {"state": state, "ended_at": message.time})
        await archive_store.drop_parts(tx, archive)
        await self.jobs.start(tx, DROP, f"{DROP}/{archive}", message.programme, {"archive": archive})

    async def make(self, tx: Transaction, job: Document) -> dict[str, Any] | None:
        """One step of the making: the first line, a part, or the word that it is made."""
        row = await archive_store.archive(tx, job["args"]["archive"])
        assert row is not None
        if row["state"] == REPLACED:
            return None
        cursor = job["cursor"]
        if cursor is None:
            return await self._begin(tx, row)
        if cursor["part"] == row["parts"]:
            await self._say_made(tx, row)
            return None
        return await self._part(tx, row, cursor)

    async def drop(self, tx: Transaction, job: Document) -> dict[str, Any] | None:
        """Deletes some lines of an acknowledged archive; goes on while there are any."""
        dropped = await archive_store.drop_lines(tx, job["args"]["archive"], LINES_AT_ONCE)
        return {} if dropped else None

    async def _begin(self, tx: Transaction, row: Document) -> dict[str, Any]:
        programme, subjects = self._programme(row), await archive_store.subjects_ordered(tx, row["_id"])
        items = tuple(sorted(programme.items_for(SERVICE)))
        line, written = begin(Header(
            archive=row["_id"], programme=programme.id, subjects=subjects, key=fingerprint_of(row["key"]),
            items=items, made_at=moment_text(self.clock.now(programme.id)),
        ))
        archive_store.keep_line(tx, row["_id"], 0, line)
        await archive_store.change(tx, row["_id"], {"subjects": subjects, "items": list(items)})
        return {"part": 0, "written": asdict(written)}

    async def _part(self, tx: Transaction, row: Document, cursor: dict[str, Any]) -> dict[str, Any]:
        part, before = cursor["part"] + 1, Written(**cursor["written"])
        subjects = await archive_store.subjects_of(tx, row["_id"], part)
        records = await self._records(tx, row, subjects)
        lines, written = add(
            before, row["_id"], list(records.values()), len(subjects) - len(records), row["key"])
        for number, (subject, line) in enumerate(zip(records, lines, strict=True), before.records + 1):
            archive_store.keep_line(tx, row["_id"], number, line, subject)
        if part < row["parts"]:
            return {"part": part, "written": asdict(written)}
        line, manifest = finish(written, row["subjects"])
        archive_store.keep_line(tx, row["_id"], written.records + 1, line)
        await archive_store.change(tx, row["_id"], {
            "records": manifest.records, "missing": manifest.missing, "confirmation": manifest.confirmation})
        return {"part": part}  # the plain digest goes with this step

    async def _records(self, tx: Transaction, row: Document, subjects: list[Id]) -> dict[Id, dict[str, Any]]:
        """Whoever still has a record, in the order's order. The openings are on record before anything is read."""
        programme = self._programme(row)
        opened = await self.door.open_many(
            ServiceActor(SERVICE), "service", programme.id, "return", subjects, row["items"])
        known = await archive_store.known(tx, subjects)
        return {subject: returned_record(*known[subject], opened[subject])
                for subject in subjects if subject in opened and subject in known}

    async def _say_made(self, tx: Transaction, row: Document) -> None:
        digest, size, now = hashlib.sha256(), 0, self.clock.now(row["programme"])
        async for line in archive_store.lines(self.database, row["_id"]):
            digest.update(line)
            size += len(line)
        made = {"bytes": size, "digest": digest.hexdigest()}
        await archive_store.change(tx, row["_id"], {**made, "state": MADE, "made_at": now})
        tx.say(
            ArchiveMade(archive=row["_id"], service=SERVICE, records=row["records"], missing=row["missing"],
                        confirmation=row["confirmation"], **made),
            subject=row["_id"], programme=row["programme"], at=now, event_id=derived_id(MADE, row["_id"]))

    def _programme(self, row: Document) -> Programme:
        return self.programmes.get(row["programme"])
