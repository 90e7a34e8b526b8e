"""Shared tablets: enrolled by an officer, each with a key of its own, revoked when they go (S21)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from services.retention import staff_store
from shared.contracts.envelope import Id, new_id
from shared.contracts.retention import TerminalEnrolled, TerminalRevoked
from shared.messaging.transaction import Transaction

EVERY_PROGRAMME = "*"


class NameTaken(Exception):
    """A tablet of that name is in use."""


@dataclass(frozen=True)
class Enrolled:
    """A tablet and its key, which is shown to the tablet once and kept here as a hash."""

    terminal: Id
    name: str
    key: str


async def enrol(tx: Transaction, name: str, officer: str, now: datetime) -> Enrolled:
    """Enrols a tablet under a name of its own. Raises `NameTaken`."""
    terminals = tx.database[staff_store.TERMINALS]
    if await terminals.find_one({"name": name, "revoked_at": None}, session=tx.session) is not None:
        raise NameTaken
    enrolled = Enrolled(new_id(), name, secrets.token_urlsafe(32))
    await terminals.insert_one({
        "_id": enrolled.terminal, "name": name, "key_hash": staff_store.key_hash(enrolled.key),
        "enrolled_by": officer, "enrolled_at": now, "revoked_at": None, "revoked_by": None, "used_at": None,
    }, session=tx.session)
    tx.say(TerminalEnrolled(terminal=enrolled.terminal, name=name, enrolled_by=officer), subject=enrolled.terminal,
           programme=EVERY_PROGRAMME, at=now)
    return enrolled


async def revoke(tx: Transaction, terminal: Id, officer: str, now: datetime) -> bool:
    """Takes a tablet out of use; returns whether it was in use. Tokens made on it end with it."""
    done = await tx.database[staff_store.TERMINALS].update_one(
        {"_id": terminal, "revoked_at": None}, {"$set": {"revoked_at": now, "revoked_by": officer}},
        session=tx.session)
    if done.modified_count:
        tx.say(TerminalRevoked(terminal=terminal, revoked_by=officer), subject=terminal, programme=EVERY_PROGRAMME,
               at=now)
    return bool(done.modified_count)
