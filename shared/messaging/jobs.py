"""Work larger than a transaction: a job is a cursor that moves on by one transaction a step.

Events of a job take ids derived from the job, so that a restart in the middle repeats nothing.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from shared.messaging.due import DUE, DueWork
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.mongo import Database, Document

JOBS = "jobs"
LEASE_SECONDS = 30
TURN_SECONDS = 2.0
"""So long a job goes on before jobs of other programmes have their turn; a step that takes longer is not cut off."""
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

Step = Callable[[Transaction, Document], Awaitable[dict[str, Any] | None]]


class Starts(Protocol):
    """What begins jobs: all that a handler needs of them."""

    async def start(
        self, tx: Transaction, kind: str, job_id: str, programme: str, args: dict[str, Any]
    ) -> None:
        """Begins a job with the transaction's commit."""


class LeaseLost(Exception):
    """Another replica goes on with the job."""


class Jobs:
    """Runs registered kinds of jobs, each by one replica at a time."""

    def __init__(self, database: Database, transactions: Transactions) -> None:
        self._database, self._transactions = database, transactions
        self._steps: dict[str, Step] = {}
        self.work = DueWork("jobs", JOBS, self._go_on, lease_seconds=LEASE_SECONDS)

    def register(self, kind: str, step: Step) -> None:
        """`step(tx, job)` does one piece in `tx` and returns the next cursor, or None when the job is done."""
        self._steps[kind] = step

    async def start(
        self, tx: Transaction, kind: str, job_id: str, programme: str, args: dict[str, Any]
    ) -> None:
        """Begins a job with the transaction's commit; a job that there is already is left as it is."""
        await self._database[JOBS].update_one(
            {"_id": job_id},
            {"$setOnInsert": {"kind": kind, "programme": programme, "args": args, "cursor": None, "state": DUE,
                              "due_at": _ALWAYS, "steps": 0}},
            upsert=True, session=tx.session,
        )
        self.work.wake()

    async def unfinished(self, programme: str, *kinds: str) -> bool:
        """Whether a job of one of these kinds still has steps to do."""
        query = {"programme": programme, "kind": {"$in": kinds}, "state": DUE}
        return await self._database[JOBS].find_one(query, {"_id": 1}) is not None

    async def _go_on(self, job: Document) -> None:
        step, began = self._steps[job["kind"]], time.monotonic()
        while job["state"] == DUE and time.monotonic() - began < TURN_SECONDS:
            job = await self._transactions.run(partial(self._one_step, step=step, job=job))
        if job["state"] == DUE:
            # Jobs of other programmes have their turn; this one is claimed again after them.
            await self._database[JOBS].update_one(
                {"_id": job["_id"], "leased_by": job["leased_by"]}, {"$set": {"lease_until": None}})

    async def _one_step(self, tx: Transaction, *, step: Step, job: Document) -> Document:
        cursor = await step(tx, job)
        change = {
            "cursor": cursor if cursor is not None else job["cursor"], "state": DUE if cursor is not None else "done",
            "lease_until": datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS), "steps": job["steps"] + 1,
        }
        result = await self._database[JOBS].update_one(
            {"_id": job["_id"], "leased_by": job["leased_by"], "steps": job["steps"]}, {"$set": change},
            session=tx.session)
        if not result.matched_count:
            raise LeaseLost
        return {**job, **change}
