"""Withdrawing an application (B04)."""

from __future__ import annotations

from services.intake.handlers.closing import go_on_if_closing
from services.intake.handlers.means import Means
from services.intake.numbering import Numbered, WindowShut, say_numbered
from services.intake.store import CLOSED
from shared.contracts.intake import ApplicationWithdrawn, ApplicationWithdrawnLate, AtDesk
from shared.contracts.partitions import partition_of
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document


async def withdraw(means: Means, programme: Programme, document: Document, desk: AtDesk | None = None) -> None:
    """Withdraws it; again changes nothing. After the closing of the window it is a fact without number.

    `desk`: who did it there, for whom, where it was not the applicant with their own secret.
    """
    window = await means.store.window(programme.id)
    if window.state == CLOSED or not await _reached_the_window(means, programme, document, desk):
        await means.transactions.run(lambda tx: _late(means, tx, programme, document, desk))


async def withdraw_within(means: Means, tx: Transaction, programme: Programme, document: Document) -> None:
    """Withdraws in the transaction of something larger: an erasure."""
    partition = partition_of(document["_id"], ApplicationWithdrawn.TOPIC)
    takes = await means.store.window_takes(tx, programme.id, partition)
    await (_in_time if takes else _late)(means, tx, programme, document)


async def _reached_the_window(
    means: Means, programme: Programme, document: Document, desk: AtDesk | None
) -> bool:
    """Withdraws in time; False when the window was closed in between."""
    try:
        await means.transactions.grouped(lambda tx: _in_time(means, tx, programme, document, desk))
    except WindowShut:
        return False
    return True


async def _in_time(
    means: Means, tx: Transaction, programme: Programme, document: Document, desk: AtDesk | None = None
) -> None:
    application, now = document["_id"], means.now(programme)
    if await means.store.mark_withdrawn(tx, application, now):
        say_numbered(tx, Numbered(
            application, programme.id, now,
            lambda number: ApplicationWithdrawn(application=application, number=number, desk=desk)))
        await go_on_if_closing(means, tx, programme)


async def _late(
    means: Means, tx: Transaction, programme: Programme, document: Document, desk: AtDesk | None = None
) -> None:
    application, now = document["_id"], means.now(programme)
    if await means.store.mark_withdrawn(tx, application, now):
        tx.say(
            ApplicationWithdrawnLate(application=application, entry=document["entry"], desk=desk),
            subject=application, programme=programme.id, at=now,
        )
