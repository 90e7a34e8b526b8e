"""What applicants do with their own data: they look at it, and amend it as long as the programme allows (B04)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from services.intake.domain.amending import (
    Scope,
    Window,
    details_faults,
    details_until,
    letter_to,
    scope_of,
    too_many,
    touched,
)
from services.intake.domain.application import Application, Party
from services.intake.domain.fault import Fault
from services.intake.domain.window import WindowRefused
from services.intake.handlers.looking import standing_of
from services.intake.handlers.means import Means
from services.intake.handlers.overtaken import Overtaken, through_upkeep
from services.intake.handlers.searching import keys_to_keep, lasting
from services.intake.handlers.taking import Unfit, web_faults
from services.intake.numbering import Numbered, WindowShut, say_numbered, write_sealed
from services.intake.store import CLOSED, OPEN
from shared.contracts.intake import ApplicationAmended, AtDesk, DetailsChanged
from shared.contracts.notifier import letter_id
from shared.contracts.partitions import partition_of
from shared.contracts.privacy import LETTERS, ApplicationRecorded, Caller
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.privacy.door import Door, RecordMissing, ServiceActor


@dataclass(frozen=True)
class Given:
    """What an applicant gave, and the letters to them that were not sent yet."""

    application: Application
    letters: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Allowed:
    """What may be changed of an application now, and until when details may be; None where never."""

    scope: Scope | None
    until: datetime | None


async def scope(means: Means, programme: Programme, document: Document) -> Allowed:
    """What may be changed of the application now."""
    outcome = await means.store.outcome(document["_id"])
    state = (await means.store.window(programme.id)).state
    slots = outcome.get("holds") or document["wishes"]
    found = scope_of(programme, means.now(programme), Window(state == OPEN, state == CLOSED),
                     standing_of(means, programme, document, outcome), slots)
    return Allowed(found, details_until(programme, slots))


async def own(means: Means, door: Door, programme: Programme, document: Document) -> Application:
    """The application as its applicant gave it, opened for them through the door. Raises `Overtaken`."""
    return _application(document, await _opened(door, programme, document))


async def given(door: Door, programme: Programme, document: Document, caller: Caller | None = None) -> Given:
    """What is sealed of the application anew with its next version. Raises `Overtaken`."""
    items = await _opened(door, programme, document, LETTERS, caller=caller)
    waiting = set(document.get("letters", ()))
    return Given(_application(document, items),
                 tuple(letter for letter in items.get(LETTERS, ()) if letter["notice"] in waiting))


async def _opened(
    door: Door, programme: Programme, document: Document, *more: str, caller: Caller | None = None
) -> dict[str, Any]:
    try:
        return await door.open(ServiceActor("intake"), "service", programme.id, "own", document["_id"],
                               [*programme.items_for("intake"), *more], caller)
    except RecordMissing:
        raise Overtaken from None


def _application(document: Document, items: dict[str, Any]) -> Application:
    return Application(Party.of(items), document["seats"], tuple(document["wishes"]), document["language"])


async def amend(
    means: Means, door: Door, programme: Programme, document: Document, application: Application
) -> None:
    """Replaces all that the applicant gave; receipt number, secret and entry stay as they are.

    Raises `WindowRefused` where it is too late or was done too often, `Unfit`, and `Overtaken`.
    """
    allowed = await _allowed(means, programme, document)

    async def attempt(document: Document) -> None:
        before = await given(door, programme, document)
        await _apply(means, programme, _Change(document, before, application, allowed))

    await through_upkeep(means.store, document, attempt)


async def rename_companions(
    means: Means, door: Door, programme: Programme, document: Document, names: tuple[str, ...], desk: AtDesk
) -> None:
    """Replaces the companions' names at the desk, and nothing else. Raises as `amend` does."""
    allowed = await _allowed(means, programme, document)

    async def attempt(document: Document) -> None:
        before = await given(door, programme, document, desk.caller)
        application = before.application
        after = replace(application, party=replace(application.party, companions=names))
        await _apply(means, programme, _Change(document, before, after, allowed, desk))

    await through_upkeep(means.store, document, attempt)


async def _allowed(means: Means, programme: Programme, document: Document) -> Scope:
    allowed = await scope(means, programme, document)
    if allowed.scope is None:
        raise WindowRefused("amend-over", allowed.until or programme.window.closes)
    if too_many(document.get("history", ()), means.now(programme)):
        raise WindowRefused("amend-often")
    return allowed.scope


async def _apply(means: Means, programme: Programme, change: _Change) -> None:
    faults = amendment_faults(
        programme, change.scope, change.before.application, change.after, means.cancelled(programme))
    if faults:
        raise Unfit(faults)
    try:
        await means.transactions.grouped(partial(_write, means, programme, change))
    except WindowShut:
        raise WindowRefused("closed") from None


def amendment_faults(
    programme: Programme, allowed: Scope, before: Application, after: Application, cancelled: Collection[str] = ()
) -> list[Fault]:
    """Everything that keeps the application from being amended so; what nobody touched is not judged anew.

    A wish for a slot that was cancelled since may stay; it wins nothing.
    """
    gone = frozenset(cancelled) - set(before.wishes)
    fields = touched(before, after)
    if allowed == "everything" and "companions" in fields:
        fields |= {"seats"}  # which follow from the people
    beyond = details_faults(before, after, programme) if allowed == "details" else []
    named = {fault.field for fault in beyond}
    return [*beyond, *(fault for fault in web_faults(programme, after, gone)
                       if fault.field.partition(".")[0] in fields and fault.field not in named)]


@dataclass(frozen=True)
class _Change:
    document: Document
    before: Given
    after: Application
    scope: Scope
    desk: AtDesk | None = None

    @property
    def version(self) -> int:
        return int(self.document.get("version", 1)) + 1


async def _write(means: Means, programme: Programme, change: _Change, tx: Transaction) -> None:
    document, after, now = change.document, change.after, means.now(programme)
    epochs = means.sealer.epochs(programme)  # first: search keys and parts are under these or later ones
    letters = letters_with(programme, change.before, change.version, document)
    keys = keys_to_keep(means, programme, after.party)
    takes = await means.store.window_takes(tx, programme.id, partition_of(document["_id"], ApplicationAmended.TOPIC))
    changed = await means.store.amend(tx, document, {
        "version": change.version, "amended_at": now, "contact": after.contact, "seats": after.seats,
        "wishes": list(after.wishes), "letters": [letter["notice"] for letter in letters],
        "keys": keys if takes else lasting(keys),
    }, history_entry(now, "amended" if change.scope == "everything" else "details", change.desk))
    if not changed:
        raise Overtaken
    record = means.sealer.seal(
        ApplicationRecorded, programme, document["_id"], change.version, after.party.items(), letters)
    await means.records.keep(tx, programme.id, record)
    tx.say(record, subject=document["_id"], programme=programme.id, at=now)
    if change.scope == "details":
        await write_sealed(tx, programme.id, document["_id"], epochs)
    _say(tx, programme, change, now, epochs)


def _say(
    tx: Transaction, programme: Programme, change: _Change, now: datetime, epochs: Mapping[str, int]
) -> None:
    application, told_by = change.document["_id"], change.before.application.contact
    if change.scope == "details":
        tx.say(DetailsChanged(application=application, version=change.version, contact=change.after.contact,
                              contact_before=told_by, desk=change.desk),
               subject=application, programme=programme.id, at=now)
        return
    say_numbered(tx, Numbered(application, programme.id, now, lambda number: ApplicationAmended(
        application=application, number=number, contact=change.after.contact, seats=change.after.seats,
        wishes=change.after.wishes, version=change.version, contact_before=told_by, desk=change.desk),
        while_open=True, sealed_under=epochs))


def letters_with(
    programme: Programme, before: Given, version: int, document: Document, secret: str | None = None
) -> list[dict[str, Any]]:
    """The letters that wait, and the one about this version, to whoever was reached before it."""
    if "notifier" not in programme.recipients:
        return []
    letter = {"notice": letter_id(programme.id, document["_id"], version),
              **letter_to(before.application, programme), **({"secret": secret} if secret else {})}
    return [*before.letters, letter]


def history_entry(at: datetime, what: str, desk: AtDesk | None) -> Document:
    """A line of the application's history: when, what, and who asked for it at a desk; no data."""
    return {"at": at, "what": what, "caller": desk.caller if desk else None}
