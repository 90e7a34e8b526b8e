"""The draw itself: computed from the seed in one go, written and said in chunks (S06, B01, B02, B13).

`drawn` is said when the broker has every result, so that whoever hears it may rely on all of them being there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.lottery.domain.canonical import LineDigest
from services.lottery.domain.results import Results, add_leaves
from services.lottery.domain.seed import audit_sample
from services.lottery.domain.transcript import Stage
from services.lottery.handlers.fairness import begin_simulating
from services.lottery.handlers.late import release
from services.lottery.handlers.office import Office, Turn
from services.lottery.store import APPLICATIONS, RESULTS, Phase
from shared.contracts.lottery import AUDITED, ResultDrawn
from shared.messaging.transaction import OUTBOX, Transaction
from shared.platform import telemetry
from shared.platform.mongo import Document

JOB = "draw"
MOST_LINKS = 100
PATIENCE_SECONDS = 5.0


async def begin_drawing(turn: Turn) -> None:
    """The draw starts by itself, with the commit that took the beacon."""
    state = turn.state
    await turn.jobs.start(turn.tx, JOB, f"{state.id}/draw", state.programme, {"draw": state.draw})


class Drawing:
    """Goes on chunk by chunk, and again where it stood when it was killed: the same events under the same ids."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._sample: tuple[str, Mapping[str, int]] = ("", {})
        office.jobs.register(JOB, self.step)

    async def step(self, tx: Transaction, job: Document) -> dict[str, Any] | None:
        """One chunk of results; then the outcome; then, when all is with the broker, the end."""
        await asyncio.sleep(self._office.settings.slow_ms / 1000)
        cursor = job["cursor"] or {"place": 0}
        if cursor.get("written") and not await self._all_sent():
            return dict(cursor)
        async with self._office.turn(tx, job["programme"], job["args"]["draw"]) as turn:
            results = await self._results(turn)
            if cursor.get("written"):
                await self._finish(turn, results)
                return None
            return await self._chunk(turn, results, cursor)

    async def _results(self, turn: Turn) -> Results:
        transcript = turn.transcript
        if transcript.stage is Stage.BEACON:
            await asyncio.to_thread(transcript.draw)
        assert turn.held is not None and transcript.results is not None
        turn.held.settled()
        return transcript.results

    async def _chunk(self, turn: Turn, results: Results, cursor: Document) -> dict[str, Any]:
        first, last = cursor["place"] + 1, min(cursor["place"] + self._office.settings.chunk, len(results.order))
        records = [results.record(place) for place in range(first, last + 1)]
        applications = await self._applications(turn.state.programme, [record["entry"] for record in records])
        links = [row["traceparent"] for row in applications.values() if row.get("traceparent")][:MOST_LINKS]
        with telemetry.span("lottery draws entries", links=links):
            turn.keep(Phase.RESULTS, f"{first:09}", *records)
            audited = await self._audited(turn, results)
            for record in records:
                self._say(turn, record, applications.get(record["entry"]), audited.get(record["entry"]))
        written = last == len(results.order)
        if written:
            root = await asyncio.to_thread(add_leaves, results.leaves(), LineDigest())
            turn.keep(Phase.OUTCOME, "", {"type": "outcome", "root": root})
        return {"place": last, "written": written}

    async def _applications(self, programme: str, entries: Sequence[str]) -> dict[str, Document]:
        rows = self._office.database[APPLICATIONS].find({"programme": programme, "entry": {"$in": list(entries)}})
        return {row["entry"]: row async for row in rows}

    async def _audited(self, turn: Turn, results: Results) -> Mapping[str, int]:
        """The entries that may be audited, with their numbers in the order of tracing; worked out once a draw."""
        seed = turn.state.seed or ""
        if self._sample[0] != seed:
            entries = await asyncio.to_thread(audit_sample, seed, results.entries, AUDITED)
            self._sample = (seed, {entry: number for number, entry in enumerate(entries, 1)})
        return self._sample[1]

    def _say(
        self, turn: Turn, record: Mapping[str, Any], application: Document | None, audit: int | None
    ) -> None:
        state, entry = turn.state, record["entry"]
        assert application is not None, "an entry was an application before"
        turn.tx.insert(RESULTS, {
            "_id": f"{state.id}/{entry}", "draw": state.id, "entry": entry, "application": application["_id"],
            "place": record["place"], "seats": application["seats"], "outcome": record["outcome"],
            "won": record["won"], "holds": record["won"], "traceparent": application.get("traceparent"),
            **({"audit": audit} if audit else {}),
        })
        event = ResultDrawn(
            draw=state.draw, application=application["_id"], entry=entry, seats=application["seats"],
            place=record["place"], outcome=record["outcome"], won=tuple(record["won"]),
            result_digest=turn.transcript.result_digest or "", replaces=turn.replaces, audit=audit,
        )
        turn.tx.say(event, subject=application["_id"], programme=state.programme, at=turn.now,
                    event_id=turn.event_id("result", entry), traceparent=application.get("traceparent"))

    async def _all_sent(self) -> bool:
        """Whether the broker has every result: rows leave the outbox when it has acknowledged them."""
        waits_until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        outbox = self._office.database[OUTBOX]
        while await outbox.find_one({"events.topic": ResultDrawn.TOPIC}, {"_id": 1}):
            if asyncio.get_running_loop().time() > waits_until:
                return False
            await asyncio.sleep(0.05)
        return True

    async def _finish(self, turn: Turn, results: Results) -> None:
        state = turn.state
        state.counts = await asyncio.to_thread(_outcomes, results)
        state.result_digest = turn.transcript.result_digest
        state.digest = turn.held.end["digest"] if turn.held and turn.held.end else None
        state.stage, state.drawn_at = "drawn", turn.at
        turn.said("drawn", digest=state.result_digest, counts=state.counts, event_id=turn.event_id("drawn"))
        begin_simulating(turn)
        await release(turn.tx, state.programme)


def _outcomes(results: Results) -> dict[str, int]:
    counts = Counter(results.record(place)["outcome"] for place in range(1, len(results.order) + 1))
    return {outcome: counts[outcome] for outcome in ("won", "waiting", "lost", "struck")}
