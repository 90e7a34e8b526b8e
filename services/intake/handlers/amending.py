"""What applicants do with their own data: they look at it, and amend it until the window ends (B04)."""

from __future__ import annotations

from functools import partial

from services.intake.domain.application import Application, Party
from services.intake.domain.window import COUNTS, WindowRefused, web_verdict
from services.intake.handlers.means import Means
from services.intake.handlers.searching import keys_to_keep
from services.intake.handlers.taking import Unfit, web_faults
from services.intake.numbering import Numbered, WindowShut, say_numbered
from shared.contracts.intake import ApplicationAmended
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.privacy.door import Door, RecordMissing, ServiceActor


class Overtaken(Exception):
    """The application was amended, withdrawn or erased meanwhile; nothing was changed."""


def may_amend(means: Means, programme: Programme, document: Document) -> bool:
    """Until the web's window ends, whoever counts and has not withdrawn."""
    try:
        open_ = web_verdict(programme, means.now(programme)) == COUNTS
    except WindowRefused:
        return False
    return open_ and document["counted"] and document["withdrawn_at"] is None


async def own(means: Means, door: Door, programme: Programme, document: Document) -> Application:
    """The application as its applicant gave it, opened for them through the door. Raises `Overtaken`."""
    try:
        items = await door.open(ServiceActor("intake"), "service", programme.id, "own", document["_id"],
                                programme.items_for("intake"))
    except RecordMissing:
        raise Overtaken from None
    return Application(Party.of(items), document["seats"], tuple(document["wishes"]), document["language"])


async def amend(means: Means, programme: Programme, document: Document, application: Application) -> None:
    """Replaces all that the applicant gave; receipt number, secret and entry stay as they are.

    Raises `WindowRefused` after the web's window, `Unfit`, and `Overtaken`.
    """
    if not may_amend(means, programme, document):
        raise WindowRefused("too-late", programme.window.closes)
    faults = web_faults(programme, application)
    if faults:
        raise Unfit(faults)
    try:
        await means.transactions.grouped(partial(_write, means, programme, document, application))
    except WindowShut:
        raise WindowRefused("closed") from None


async def _write(
    means: Means, programme: Programme, document: Document, application: Application, tx: Transaction
) -> None:
    subject, version, now = document["_id"], document.get("version", 1) + 1, means.now(programme)
    changed = await means.store.amend(tx, document, {
        "version": version, "amended_at": now, "contact": application.contact, "seats": application.seats,
        "wishes": list(application.wishes),
        "keys": keys_to_keep(means, programme, application.party),
    })
    if not changed:
        raise Overtaken
    record = means.sealer.seal(ApplicationRecorded, programme, subject, version, application.party.items())
    await means.records.keep(tx, programme.id, record)
    tx.say(record, subject=subject, programme=programme.id, at=now)
    say_numbered(tx, Numbered(subject, programme.id, now, lambda number: ApplicationAmended(
        application=subject, number=number, contact=application.contact, seats=application.seats,
        wishes=application.wishes)))
