"""Closing the window: duplicates are decided, then no more is said about the entries (B03)."""

from __future__ import annotations

from services.intake.domain.duplicates import surplus
from services.intake.domain.window import WindowRefused, check_closable
from services.intake.handlers.finishing import check_desk_finished
from services.intake.handlers.means import Means
from services.intake.numbering import Numbered, say_numbered
from services.intake.store import CLOSED, CLOSING, OPEN, PARTITIONS, SamePerson
from shared.contracts.envelope import Id, derived_id
from shared.contracts.intake import ApplicationDecided, PartitionClosed
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

JOB = "close-window"
CHUNK = 100
DUPLICATE = "duplicate"


async def begin_closing(means: Means, programme: Programme) -> None:
    """Stops taking and starts the job that closes. Raises `WindowRefused` while something may still come."""
    check_closable(programme, means.now(programme))
    await check_desk_finished(means, programme)
    await means.store.prepare_windows(programme.id)
    if (await means.store.window(programme.id)).state == CLOSED:
        raise WindowRefused("closed")
    await means.transactions.run(lambda tx: _stop_taking(means, tx, programme))


async def _stop_taking(means: Means, tx: Transaction, programme: Programme) -> None:
    await means.store.move_windows(tx, programme.id, OPEN, CLOSING)
    await means.jobs.start(tx, JOB, f"{JOB}/{programme.id}", programme.id, {})


async def go_on_closing(means: Means, tx: Transaction, job: Document) -> dict[str, str] | None:
    """One step of the job: decides the next duplicates, and when there are none left, closes."""
    programme = means.programmes.get(job["programme"])
    after = (job["cursor"] or {}).get("after", "")
    people = await means.store.same_person(tx, programme.id, after, CHUNK)
    if not people:
        await _close(means, tx, programme)
        return None
    await _decide(means, tx, programme, people)
    return {"after": people[-1].person}


async def _decide(means: Means, tx: Transaction, programme: Programme, people: list[SamePerson]) -> None:
    told_with = {one.application: one.told_with for person in people for one in surplus(person.candidates)}
    await means.store.mark_not_counted(tx, told_with, DUPLICATE)
    traces = await means.store.traces(tx, list(told_with))
    for application, other in told_with.items():
        say_numbered(tx, _decision(means, programme, application, other, traces.get(application)))


def _decision(
    means: Means, programme: Programme, application: Id, told_with: Id, traceparent: str | None
) -> Numbered:
    return Numbered(
        application, programme.id, means.now(programme),
        lambda number: ApplicationDecided(
            application=application, number=number, counted=False, reason=DUPLICATE, told_with=told_with),
        traceparent=traceparent, event_id=derived_id(DUPLICATE, application),
    )


async def _close(means: Means, tx: Transaction, programme: Programme) -> None:
    now = means.now(programme)
    for window in await means.store.move_windows(tx, programme.id, CLOSING, CLOSED):
        closed = PartitionClosed(
            partition=window["partition"], partitions=PARTITIONS, facts=window["facts"], closed_at=now)
        tx.say(closed, subject=programme.id, programme=programme.id, at=now,
               event_id=derived_id("closed", window["_id"]))
