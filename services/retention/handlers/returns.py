"""A batch that goes back to the ward before it is erased: order, archive, acknowledgement, release (S17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from services.retention import erasure_store, returns_store, store
from services.retention.domain.returns import WARD, archive_id, confirming_fault, opened_it
from services.retention.returns_store import ACKNOWLEDGED, MADE, NO_KEY, ORDERED, REPLACED, RETURNS
from shared.contracts.envelope import Envelope, Id, derived_id
from shared.contracts.erasure import ArchiveMade, ReturnAcknowledged, ReturnOrdered, ReturnWaits
from shared.messaging.due import DUE, DueWork
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.mongo import Database, Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.privacy.heldkey import fingerprint_of


async def want(tx: Transaction, batch: Document, now: datetime) -> None:
    """The batch waits for its return: it is ordered, or an alarm says that the ward's key is missing."""
    archive = archive_id(batch["_id"])
    if await returns_store.find(tx, archive) is not None:
        return
    key = await returns_store.key_in_use(tx, batch["programme"])
    await returns_store.put(tx, archive, {
        "batch": batch["_id"], "programme": batch["programme"], "subjects": batch["subjects"],
        "state": DUE if key else NO_KEY, "due_at": now, "number": 0,
    })
    if key is None:
        tx.say(ReturnWaits(batch=batch["_id"], subjects=batch["subjects"], waits_for="no-archive-key"),
               subject=batch["programme"], programme=batch["programme"], at=now,
               event_id=derived_id("return-waits", archive))


async def return_waits(tx: Transaction, message: Envelope[ReturnWaits]) -> None:
    """Alarm: a batch can't be returned yet."""
    waiting = message.data
    await store.put(tx, store.ALARMS, message.id, {
        "programme": message.programme, "kind": waiting.waits_for, "at": message.time,
        "values": {"subjects": waiting.subjects},
    })


async def archive_made(tx: Transaction, message: Envelope[ArchiveMade]) -> None:
    """The archive can be fetched."""
    made = message.data
    row = await returns_store.find(tx, made.archive)
    if row is not None and row["state"] == ORDERED:
        await returns_store.put(tx, made.archive, {
            "state": MADE, "made_at": message.time,
            **made.model_dump(include={"records", "missing", "bytes", "digest", "confirmation"})})


@dataclass(frozen=True)
class Returns:
    """What officers decide about returns, and the orders that follow."""

    database: Database
    transactions: Transactions
    clock: Clock

    @property
    def work(self) -> DueWork:
        """Says the orders."""
        return DueWork("returns", RETURNS, self._order)

    async def register_key(self, programme: str, key: str, officer: Person) -> str:
        """Registers the ward's public key; returns its fingerprint. Another officer has to confirm it."""
        try:
            fingerprint = fingerprint_of(key)
        except ValueError:
            raise Problem(422, "not-a-key", "This is not a public key of the ward",
                          "Send the line of the file archive-key.pub as `kujibiki archive keys` wrote it.") from None
        fields = {"key": key, "registered_by": officer.staff, "registered_at": self.clock.now(programme)}
        await self.transactions.run(
            lambda tx: returns_store.register_key(tx, programme, fingerprint, fields))
        return fingerprint

    async def confirm_key(self, programme: str, typed: str, officer: Person) -> str:
        """The second person compared the fingerprint with what the ward says; the key is in use from now on."""
        key = await returns_store.key_to_confirm(self.database, programme)
        if key is None:
            raise Problem(409, "no-key-to-confirm", "No key waits to be confirmed", "Register the ward's key first.")
        fault = confirming_fault(key["fingerprint"], typed, key["registered_by"], officer.staff)
        if fault == "same-person":
            raise Problem(403, "same-person", "Another person has to confirm this key",
                          "Whoever registered it cannot confirm it as well.")
        if fault == "fingerprint":
            raise Problem(422, "fingerprint-differs", "This is not the fingerprint of the key that was registered",
                          "Compare it with the ward by telephone. If it differs, have the key registered again.")
        now = self.clock.now(programme)
        await self.transactions.run(lambda tx: returns_store.confirm_key(tx, key, officer.staff, now))
        return str(key["fingerprint"])

    async def acknowledge(self, programme: str, archive: Id, digest: str, person: Person) -> None:
        """The ward's word that it opened the archive: the batch may be erased from now on."""
        if person.employer != WARD:
            raise Problem(403, "not-permitted", "Only the ward can acknowledge a return",
                          "Ask the ward's responsible person to sign in.", reason="employer")
        row = await returns_store.find(self.database, archive)
        if row is None or row["programme"] != programme:
            raise Problem(404, "no-such-archive", "There is no such archive", "Check the address.")
        if row["state"] == ACKNOWLEDGED:
            return
        if row["state"] != MADE:
            raise Problem(409, "archive-not-made", "This archive is not made yet", "Fetch and open it first.")
        self._refuse_resting(row)
        if not opened_it(digest, row["confirmation"]):
            now = datetime.now(UTC)
            await self.transactions.run(lambda tx: returns_store.count_wrong(tx, archive, now))
            raise Problem(422, "confirmation-differs", "This confirmation does not belong to the archive",
                          "Send the confirmation that `kujibiki archive open` printed for this very archive.")
        await self.transactions.run(partial(self._acknowledged, archive=archive, digest=digest, by=person.staff))

    async def order_anew(self, programme: str, archive: Id) -> Id:
        """Another archive in place of one that can't be opened or verified any more, for the key in use now.

        A lost key, or a person's erasure in between, are the reasons; nothing was erased for want of it.
        """
        return await self.transactions.run(partial(self._ordered_anew, programme=programme, archive=archive))

    async def _ordered_anew(self, tx: Transaction, *, programme: str, archive: Id) -> Id:
        row = await returns_store.find(tx, archive)
        if row is None or row["programme"] != programme:
            raise Problem(404, "no-such-archive", "There is no such archive", "Check the address.")
        if row["state"] not in (ORDERED, MADE):
            raise Problem(409, "archive-not-open", "This archive is not waiting for the ward",
                          "Only one that was made, or is being made, can be replaced.")
        number = row.get("number", 0) + 1
        following = archive_id(row["batch"], number)
        await returns_store.put(tx, archive, {"state": REPLACED, "replaced_by": following})
        await returns_store.put(tx, following, {
            "batch": row["batch"], "programme": programme, "subjects": row["subjects"], "state": DUE,
            "due_at": self.clock.now(programme), "number": number, "replaces": archive,
        })
        return following

    def _refuse_resting(self, row: Document) -> None:
        rest = returns_store.rests(row, datetime.now(UTC))
        if rest is not None:
            raise Problem(429, "too-many-tries", "Too many wrong confirmations were sent for this archive",
                          "Wait a quarter of an hour and try again.",
                          headers={"Retry-After": str(int(rest.total_seconds()) + 1)})

    async def _acknowledged(self, tx: Transaction, *, archive: Id, digest: str, by: str) -> None:
        row = await returns_store.find(tx, archive)
        if row is None or row["state"] != MADE:
            return  # two at the same time: the first one's word stands
        programme, now = row["programme"], self.clock.now(row["programme"])
        await returns_store.put(tx, archive, {
            "state": ACKNOWLEDGED, "acknowledged_at": now, "acknowledged_by": by})
        tx.say(ReturnAcknowledged(archive=archive, digest=digest, by=by), subject=programme, programme=programme,
               at=now, event_id=derived_id("return-acknowledged", archive))
        await erasure_store.release(tx, row["batch"], archive)

    async def _order(self, row: Document) -> None:
        await self.transactions.run(partial(self._say_parts, archive=row["_id"]))

    async def _say_parts(self, tx: Transaction, *, archive: Id) -> None:
        """All parts at once: a hold in between must not make the parts differ from their count."""
        row = await returns_store.find(tx, archive)
        if row is None or row["state"] != DUE:
            return
        programme, now = row["programme"], self.clock.now(row["programme"])
        key = await returns_store.key_in_use(tx, programme)
        assert key is not None
        found = tx.database[erasure_store.ORDERS].find({"batch": row["batch"]}, session=tx.session).sort("number", 1)
        parts = [order["subjects"] async for order in found if order["subjects"]]
        if not parts:
            await tx.database[RETURNS].delete_one({"_id": archive}, session=tx.session)
            return  # a hold took the last of them out: they come again in another batch
        for number, subjects in enumerate(parts, 1):
            tx.say(
                ReturnOrdered(archive=archive, part=number, parts=len(parts), subjects=tuple(subjects),
                              key=key["key"], decided_by=(key["registered_by"], key["confirmed_by"]),
                              replaces=row.get("replaces")),
                subject=archive, programme=programme, at=now, event_id=derived_id("return", archive, str(number)))
        await returns_store.put(tx, archive, {
            "state": ORDERED, "ordered_at": now, "fingerprint": key["fingerprint"],
            "subjects": sum(map(len, parts)),
        })
