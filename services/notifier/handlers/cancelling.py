"""Slots were cancelled: a job finds everybody concerned, and each gets a notice of it (B17)."""

from __future__ import annotations

from typing import Any

from pymongo import UpdateOne

from services.notifier.domain.application import application_of
from services.notifier.domain.cancelling import concerned_slots
from services.notifier.store import FREE, Store
from shared.contracts.envelope import Envelope
from shared.contracts.lottery import SlotsCancelled
from shared.messaging.jobs import Starts
from shared.messaging.transaction import Transaction

JOB = "tell-cancelled"
CHUNK = 500


class Cancelling:
    """Hears cancellations."""

    def __init__(self, store: Store, jobs: Starts) -> None:
        self._store, self._jobs = store, jobs

    async def cancelled(self, tx: Transaction, message: Envelope[SlotsCancelled]) -> None:
        """Begins the job."""
        fact = message.data
        await self._jobs.start(tx, JOB, f"{JOB}/{message.id}", message.programme, {
            "decision": message.id, "slots": list(fact.slots), "reason": fact.reason, "at": fact.at})

    async def step(self, tx: Transaction, job: dict[str, Any]) -> dict[str, Any] | None:
        """One chunk of the applications that wish or hold such a slot."""
        args, after = job["args"], (job["cursor"] or {}).get("after", "")
        rows = await self._store.concerned(tx, job["programme"], args["slots"], after, CHUNK)
        writes = []
        for row in rows:
            slots, what = concerned_slots(application_of(row), row.get("holds"), row.get("wishes", ()), args["slots"])
            if slots:
                told = {"slots": list(slots), "what": what, "reason": args["reason"], "at": args["at"]}
                writes.append(UpdateOne({"_id": row["_id"]}, {
                    "$set": {f"cancelled.{args['decision']}": told, "state": "due", "due_at": args["at"]},
                    "$unset": FREE}))
        if writes:
            await self._store.applications.bulk_write(writes, ordered=False, session=tx.session)
        return {"after": rows[-1]["_id"]} if len(rows) == CHUNK else None
