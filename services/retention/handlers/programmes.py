"""Programmes are published here, whole, a version a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.retention import store
from services.retention.domain.announced import changed_rules, unfounded
from services.retention.domain.programme_file import Complaint, complaint, digest
from services.retention.handlers.planning import plan
from shared.contracts.programme import Misfit, Programme, ProgrammeDefined
from shared.messaging.transaction import Transaction


@dataclass(frozen=True)
class Published:
    """A programme that is published; `new` is false where the same file was published before."""

    programme: str
    version: int
    digest: str
    new: bool


class Refused(Exception):
    """The file is well-formed, but cannot follow what is published."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__("refused")
        self.complaints = complaints


async def publish(tx: Transaction, programme: Programme, text: str, by: str, now: datetime) -> Published:
    """Publishes a programme that was parsed from `text`. Raises `Refused`."""
    known, fingerprint = await store.programme_row(tx, programme.id), digest(text)
    if known and known["digest"] == fingerprint:
        return Published(programme.id, programme.version, fingerprint, new=False)
    if known:
        await _refuse_what_cannot_follow(tx, store.programme_of(known), programme, text)
    await store.put(tx, store.PROGRAMMES, programme.id, {
        "version": programme.version, "digest": fingerprint, "text": text, "by": by, "at": now,
        "definition": programme.model_dump(mode="json", by_alias=True),
    })
    tx.say(ProgrammeDefined(digest=fingerprint, definition=programme, by=by), subject=programme.id,
           programme=programme.id, at=now)
    await plan(tx, programme)
    return Published(programme.id, programme.version, fingerprint, new=True)


async def _refuse_what_cannot_follow(tx: Transaction, known: Programme, programme: Programme, text: str) -> None:
    if programme.version <= known.version:
        values = {"version": str(known.version), "next": str(known.version + 1)}
        raise Refused((complaint(text, Misfit("version", "version-not-ascending", values)),))
    announced = await store.is_announced(tx, known.draw.id)
    found = [Misfit(part, "announced", {}) for part in changed_rules(known, programme)] if announced else []
    used = await store.is_announced(tx, programme.draw.id)
    found += unfounded(known, programme, announced=announced, used=used)
    if found:
        raise Refused(tuple(complaint(text, misfit) for misfit in found))
