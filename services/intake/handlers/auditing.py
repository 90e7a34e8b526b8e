"""An auditor traces entries of the draw's sample to applications and postcards, before these are erased (B01, S25)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.intake import audit_store
from services.intake.domain.auditing import AuditRefused, check_finding, check_traceable
from services.intake.handlers.means import Means
from shared.contracts.envelope import Id, typed_id
from shared.contracts.intake import EntryTraced, TraceFinding
from shared.contracts.programme import Programme, Purpose
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.privacy.door import Door, RecordMissing

ROLE = "auditor"
PURPOSE: Purpose = "audit"


@dataclass(frozen=True)
class Trace:
    """Where an entry leads: the application, its number in the order of tracing, the batch of its card; `given` is what
    the door opened for the audit. Without an application all of it is None.
    """

    entry: Id
    application: Document | None = None
    audit: int | None = None
    batch: Document | None = None
    given: dict[str, Any] = field(default_factory=dict)


def entry_of(text: str) -> Id:
    """An entry's number as typed or pasted. Raises `AuditRefused`."""
    entry = typed_id(text)
    if entry is None:
        raise AuditRefused("entry")
    return entry


def check_drawn(means: Means, programme: Programme) -> str:
    """The draw that stands. Raises `AuditRefused` as long as it is not drawn."""
    draw = means.draws.named(programme.id)
    if draw is None or means.draws.standing(programme.id).drawn_at is None:
        raise AuditRefused("not-drawn")
    return draw


async def trace(means: Means, door: Door, programme: Programme, auditor: Person, entry: Id) -> Trace:
    """Opens what the audit needs of one application; each opening is on record, and its applicant sees it.

    Raises `AuditRefused` before the draw and for entries outside the sample, `DoorRefused`.
    """
    check_drawn(means, programme)
    found = await audit_store.of_entry(means.store.database, programme.id, entry)
    if found is None:
        return Trace(entry)
    application, audit = found
    check_traceable(audit)
    items = programme.items_for_purpose(PURPOSE) & programme.items_for("intake")
    try:
        given = await door.open(auditor, ROLE, programme.id, PURPOSE, application["_id"], items) if items else {}
    except RecordMissing:
        given = {}
    return Trace(entry, application, audit, await _batch(means, programme, application), given)


async def _batch(means: Means, programme: Programme, application: Document) -> Document | None:
    card = await means.postcards.card(programme.id, application["card"]) if application.get("card") else None
    return await means.postcards.batch(programme.id, card["batch"]) if card else None


async def record(means: Means, programme: Programme, entry: Id, finding: TraceFinding, by: str) -> None:
    """What was found of an entry; found otherwise later, the later finding stands. Raises `AuditRefused`."""
    draw = check_drawn(means, programme)
    database, now = means.store.database, means.now(programme)
    found = await audit_store.of_entry(database, programme.id, entry)
    if found is not None:
        check_traceable(found[1])
    check_finding(finding, found[0]["channel"] if found else None,
                  await audit_store.anything_erased(database, programme.id))
    application = found[0]["_id"] if found else None
    fact = EntryTraced(draw=draw, entry=entry, application=application, finding=finding, by=by)

    async def work(tx: Transaction) -> None:
        await audit_store.keep(tx, audit_store.row_of(programme.id, fact, now))
        tx.say(fact, subject=application or entry, programme=programme.id, at=now)

    await means.transactions.run(work)
