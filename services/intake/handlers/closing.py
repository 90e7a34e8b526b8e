"""Closing the window, once two officers want it: duplicates are judged, then no more is said about the entries (B03).

No new ones from then on → every pair is found; what is certain is judged → the window waits while pairs wait
for people → who does not count is said → all partitions are closed → keys that only served for this go. Until the
third arrow nothing was said or written on an application, so that a judgement is undone without a trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from services.intake import pair_store, window_store
from services.intake.domain.duplicates import Candidate, Same, Surplus, surplus
from services.intake.domain.keys import PASSING
from services.intake.domain.window import WindowRefused, came_at, check_closable
from services.intake.handlers.finishing import check_desk_finished
from services.intake.handlers.means import Means
from services.intake.handlers.pairing import Finding
from services.intake.numbering import Numbered, say_numbered
from services.intake.pair_store import SAME
from services.intake.store import CLOSED, CLOSING, OPEN, PARTITIONS
from shared.contracts.envelope import derived_id, new_id
from shared.contracts.intake import ApplicationDecided, PartitionClosed
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

JOB = "close-window"
CHUNK = 100
KEYS_AT_ONCE = 500
FIND, SETTLE, SAY, FORGET = "find", "settle", "say", "forget"
"""The phases of the job. A window that waits for people has no job; who judges the last pair begins one at SETTLE."""


async def check_may_close(means: Means, programme: Programme) -> None:
    """Raises `WindowRefused` while something may still come, the desk is not finished, or where it is closed."""
    check_closable(programme, means.now(programme))
    await means.store.prepare_windows(programme.id)
    if (await means.store.window(programme.id)).state != OPEN:
        raise WindowRefused("closed")
    await check_desk_finished(means, programme)


async def begin_closing(means: Means, tx: Transaction, programme: Programme) -> None:
    """Stops taking and starts the job that closes."""
    await means.store.move_windows(tx, programme.id, OPEN, CLOSING)
    await means.jobs.start(tx, JOB, f"{JOB}/{programme.id}", programme.id, {})


async def go_on_if_closing(means: Means, tx: Transaction, programme: Programme) -> None:
    """Something that the closing may have waited for has happened: it looks again after this transaction."""
    if await means.store.is_closing(tx, programme.id):
        await means.jobs.start(tx, JOB, f"{JOB}/{programme.id}/{new_id()}", programme.id, {"from": SETTLE})


async def go_on_closing(finding: Finding, tx: Transaction, job: Document) -> dict[str, Any] | None:
    """One step of the job."""
    means, programme = finding.means, finding.means.programmes.get(job["programme"])
    cursor = job["cursor"] or {"phase": job["args"].get("from", FIND), "after": ""}
    match cursor["phase"]:
        case "find":
            after = await finding.step(tx, programme, cursor["after"])
            if after is not None:
                return {"phase": FIND, "after": after}
            await means.store.mark_windows(tx, programme.id, {"found": True})
            return {"phase": SETTLE}
        case "settle":
            return {"phase": SAY} if await _settles(means, tx, programme) else None
        case "say":
            if await _say(means, tx, programme):
                return {"phase": SAY}
            await _close(means, tx, programme)
            return {"phase": FORGET}
        case _:
            return {"phase": FORGET} if await means.store.forget_keys(tx, programme.id, PASSING, KEYS_AT_ONCE) else None


async def _settles(means: Means, tx: Transaction, programme: Programme) -> bool:
    """Whether nobody has to be waited for; from then on nothing is judged any more."""
    if not await means.store.begin_settling(tx, programme.id):
        return False
    if not await pair_store.undecided(tx, programme.id):
        return True
    await means.store.mark_windows(tx, programme.id, {"settling": False})
    return False


async def _say(means: Means, tx: Transaction, programme: Programme) -> bool:
    """Decides the next that do not count, and says so; False when there are none left."""
    same = await pair_store.of_state(tx, programme.id, (SAME,))
    rows = {row["_id"]: row for row in await means.store.these(
        tx, list({one for pair in same for one in pair["applications"]}))}
    edges = (Same(pair["applications"][0], pair["applications"][1], pair["about"]) for pair in same)
    found = surplus((candidate(programme, row) for row in rows.values()), edges, programme.duplicates.counts)
    left = [one for one in found if rows[one.application]["counted"]][:CHUNK]
    await means.store.mark_not_counted(tx, left)
    for one in left:
        judged = [pair["by"] for pair in same if pair["by"] and one.application in pair["applications"]]
        say_numbered(tx, _decision(means.now(programme), programme, one, rows[one.application], judged))
    return bool(left)


def candidate(programme: Programme, row: Mapping[str, Any]) -> Candidate:
    """An application among those of its group."""
    # Whom this very closing has found not to count stays one of its group.
    takes_part = row["withdrawn_at"] is None and (row["counted"] or row["told_with"] is not None)
    return Candidate(row["_id"], came_at(programme, row["taken_at"], row["received_on"]), row["order"], takes_part)


def _decision(
    now: datetime, programme: Programme, one: Surplus, row: Mapping[str, Any], judged: Sequence[str]
) -> Numbered:
    return Numbered(
        one.application, programme.id, now,
        partial(_fact, one, judged[0] if judged else None),
        traceparent=row.get("traceparent"), event_id=derived_id(one.reason, one.application),
    )


def _fact(one: Surplus, by: str | None, number: int) -> ApplicationDecided:
    return ApplicationDecided(
        application=one.application, number=number, counted=False, reason=one.reason, told_with=one.told_with,
        decided_by=by)


async def _close(means: Means, tx: Transaction, programme: Programme) -> None:
    now, closing = means.now(programme), await window_store.closing(tx, programme.id)
    closed_by = (closing["asked_by"], closing["confirmed_by"]) if closing else None
    await window_store.change(tx, programme.id, {"closed_at": now})
    for window in await means.store.move_windows(tx, programme.id, CLOSING, CLOSED):
        closed = PartitionClosed(
            partition=window["partition"], partitions=PARTITIONS, facts=window["facts"], closed_at=now,
            closed_by=closed_by)
        tx.say(closed, subject=programme.id, programme=programme.id, at=now,
               event_id=derived_id("closed", window["_id"]))
