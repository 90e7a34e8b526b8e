"""The staff register: who may do what, since when, trained when, employed by whom (S19, S20, S33)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.retention import staff_store, store
from services.retention.domain.staff import leaves_an_officer
from services.retention.domain.training import trained_since
from services.retention.seals import SealKey
from services.retention.signing import SigningKey
from shared.contracts.envelope import Id, new_id
from shared.contracts.privacy import StaffRecorded
from shared.contracts.retention import (
    RegisterAffirmed,
    SigningKeyPublished,
    StaffDesignated,
    StaffDismissed,
    StaffTrained,
)
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.privacy.records import Records
from shared.privacy.sealing import Sealer

EVERY_PROGRAMME = "*"


class LastOfficer(Exception):
    """Nobody could designate anybody any more."""


@dataclass(frozen=True)
class Register:
    """Writes the register; names are sealed before their first write, to retention alone.

    `courses` are the trainings that must all be on record (S20).
    """

    sealer: Sealer
    records: Records
    courses: tuple[str, ...]

    async def designate(
        self, tx: Transaction, wanted: StaffDesignated, name: str | None, password_hash: str | None,
        now: datetime, trained: Sequence[StaffTrained] = (),
    ) -> bool:
        """Puts a person on the register, or changes what they may do; returns whether they are new on it.

        A person who is on it keeps password and trainings; one who comes (again) gets `password_hash`, and only the
        trainings `trained` count: somebody else may have had that id.
        """
        known = await tx.database[store.STAFF].find_one({"_id": wanted.staff}, session=tx.session)
        new = not (known and known["active"])
        if new:
            await staff_store.forget_trainings(tx, wanted.staff)
        designation = await self._with_trainings(tx, wanted, trained, now)
        fields = {"designation": designation.model_dump(mode="json"), "active": True}
        if new:
            fields["password_hash"] = password_hash
        if name is not None:
            fields |= await self._record(tx, name, known, now)
        await store.put(tx, store.STAFF, designation.staff, fields)
        tx.say(designation, subject=designation.staff, programme=EVERY_PROGRAMME, at=now)
        return new

    async def record_training(self, tx: Transaction, trained: StaffTrained, now: datetime) -> bool:
        """Puts a training on record; returns whether there is such a person."""
        person = await staff_store.person(tx, trained.staff)
        if person is None:
            return False
        await _restate(tx, await self._with_trainings(tx, person, [trained], now), now)
        return True

    async def _with_trainings(
        self, tx: Transaction, wanted: StaffDesignated, trained: Sequence[StaffTrained], now: datetime
    ) -> StaffDesignated:
        """The designation with the day that follows from all trainings; the deployment's word until then."""
        on_record = [(one["course"], one["day"]) for one in await staff_store.trainings(tx, wanted.staff)]
        for one in trained:
            if (one.course, one.day) not in on_record:
                await staff_store.add_training(tx, one, now)
                tx.say(one, subject=one.staff, programme=EVERY_PROGRAMME, at=now)
                on_record.append((one.course, one.day))
        since = trained_since(on_record, self.courses)
        if since is None and wanted.vouched:
            return wanted
        return wanted.model_copy(update={"trained_on": since, "vouched": False})

    async def change(
        self, tx: Transaction, staff: str, change: Callable[[StaffDesignated], StaffDesignated], now: datetime
    ) -> bool:
        """Says a designation anew with what `change` makes of it; returns whether there is such a person."""
        person = await staff_store.person(tx, staff)
        if person is None:
            return False
        await _restate(tx, change(person), now)
        return True

    async def _record(
        self, tx: Transaction, name: str, known: Document | None, now: datetime
    ) -> dict[str, Id | int]:
        subject: Id = (known or {}).get("subject") or new_id()
        version = (known or {}).get("version", 0) + 1
        record = self.sealer.seal_shares(
            StaffRecorded, EVERY_PROGRAMME, subject, version, {"retention": {"name": name}})
        await self.records.keep(tx, EVERY_PROGRAMME, record)
        tx.say(record, subject=subject, programme=EVERY_PROGRAMME, at=now)
        return {"subject": subject, "version": version}

    async def dismiss(self, tx: Transaction, staff: str, now: datetime) -> bool:
        """Ends a designation; returns whether there was one. Raises `LastOfficer`."""
        everybody = await store.register(tx.database, tx)
        if staff not in {person.staff for person in everybody}:
            return False
        if not leaves_an_officer(staff, everybody):
            raise LastOfficer
        await store.put(tx, store.STAFF, staff, {
            "active": False, "password_hash": None, "pin_hash": None})
        tx.say(StaffDismissed(staff=staff), subject=staff, programme=EVERY_PROGRAMME, at=now)
        return True


async def _restate(tx: Transaction, designation: StaffDesignated, now: datetime) -> None:
    await store.put(tx, store.STAFF, designation.staff, {"designation": designation.model_dump(mode="json")})
    tx.say(designation, subject=designation.staff, programme=EVERY_PROGRAMME, at=now)


async def new_password_hash(tx: Transaction, staff: str, password_hash: str) -> bool:
    """Replaces a password, and ends the PIN with it; returns whether there is such a person."""
    result = await tx.database[store.STAFF].update_one(
        {"_id": staff, "active": True}, {"$set": {"password_hash": password_hash, "pin_hash": None}},
        session=tx.session)
    return bool(result.matched_count)


async def publish_key(tx: Transaction, key: SigningKey | SealKey, now: datetime) -> None:
    """Says the public half of one of this replica's keys, once."""
    known = await tx.database[store.SIGNING_KEYS].find_one({"_id": key.key_id}, session=tx.session)
    if known is None:
        tx.insert(store.SIGNING_KEYS, {
            "_id": key.key_id, "public_key": key.public_key, "use": key.use, "at": now})
        tx.say(SigningKeyPublished(key_id=key.key_id, public_key=key.public_key, use=key.use), subject=key.key_id,
               programme=EVERY_PROGRAMME, at=now)


async def affirm(tx: Transaction, now: datetime) -> None:
    """The heartbeat, on the real clock: without it the services open nothing."""
    tx.say(RegisterAffirmed(at=now), subject="register", programme=EVERY_PROGRAMME, at=now)
