"""The draw itself: computed from the seed in one go, written and said in chunks (S06, B01, B02, B13).

`drawn` is said when the broker has every result, so that whoever hears it may rely on all of them being there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from services.lottery.domain.results import Results
from services.lottery.domain.seed import audit_sample
from services.lottery.domain.stages import Stage
from services.lottery.domain.statistics import outcomes
from services.lottery.domain.transcript import Drawn
from services.lottery.handlers.fairness import begin_simulating
from services.lottery.handlers.late import release
from services.lottery.handlers.office import Office, Turn
from services.lottery.store import APPLICATIONS, RESULTS, Phase, keep_lines, load_draw
from shared.contracts.lottery import AUDITED, ResultDrawn
from shared.messaging.transaction import OUTBOX, Transaction
from shared.platform import telemetry
from shared.platform.mongo import Document

JOB = "draw"
MOST_LINKS = 100
FEW = 100
"""Results that are said in one go."""
PATIENCE_SECONDS = 1.0


async def begin_drawing(turn: Turn) -> None:
    """The draw starts by itself, with the commit that took the beacon."""
    state = turn.state
    await turn.jobs.start(turn.tx, JOB, f"{state.id}/draw", state.programme, {"draw": state.draw})


class Drawing:
    """Goes on chunk by chunk, and again where it stood when it was killed: the same events under the same ids."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._samples: dict[str, Mapping[str, int]] = {}
        """By seed: the entries that may be audited, with their numbers in the order of tracing."""
        office.jobs.register(JOB, self.step)

    async def step(self, tx: Transaction, job: Document) -> dict[str, Any] | None:
        """One chunk of results; then the outcome; then, when all is with the broker, the end."""
        await asyncio.sleep(self._office.settings.slow_ms / 1000)
        cursor = job["cursor"] or {"place": 0}
        last = cursor.get("last")
        if last and not await self._is_sent(last):
            return dict(cursor)
        programme, draw = job["programme"], job["args"]["draw"]
        drawn = await self._computed(programme, draw)
        async with self._office.turn(tx, programme, draw) as turn:
            results = self._results(turn, drawn)
            if last is None:
                return await self._chunk(turn, results, cursor)
            await self._finish(turn, results)
            return None

    async def _computed(self, programme: str, draw: str) -> Drawn:
        """The draw, computed once, off the loop and before the transaction begins; after that it is in memory."""
        office = self._office
        transcript = (await office.transcripts.look(await load_draw(office.database, programme, draw))).transcript
        drawn = transcript.drawn
        if drawn is None:
            drawn = await asyncio.to_thread(transcript.compute_draw)
        seed = drawn.results.order.seed
        if seed not in self._samples:
            entries = await asyncio.to_thread(audit_sample, seed, drawn.results.entries, AUDITED)
            self._samples[seed] = {entry: number for number, entry in enumerate(entries, 1)}
        return drawn

    def _results(self, turn: Turn, drawn: Drawn) -> Results:
        transcript = turn.transcript
        if transcript.stage is Stage.BEACON:
            transcript.take_draw(drawn)
        assert turn.held is not None and transcript.drawn is not None
        turn.held.settled()
        return transcript.drawn.results

    async def _chunk(self, turn: Turn, results: Results, cursor: Document) -> dict[str, Any]:
        first, last = cursor["place"] + 1, min(cursor["place"] + self._office.settings.chunk, len(results.order))
        records = [results.record(place) for place in range(first, last + 1)]
        applications = await self._applications(turn.state.programme, [record["entry"] for record in records])
        links = [row["traceparent"] for row in applications.values() if row.get("traceparent")][:MOST_LINKS]
        with telemetry.span("lottery draws entries", links=links):
            lines = [leaf + b"\n" for leaf in results.leaves(first, last)]
            keep_lines(turn.tx, turn.state.id, Phase.RESULTS, f"{first:09}", lines)
            audited = self._samples[results.order.seed]
            for record in records:
                if record["place"] % FEW == 0:
                    await asyncio.sleep(0)  # the loop has others to serve
                self._say(turn, record, applications.get(record["entry"]), audited.get(record["entry"]))
        if last < len(results.order):
            return {"place": last}
        assert turn.transcript.drawn is not None
        turn.keep(Phase.OUTCOME, "", turn.transcript.drawn.outcome)
        return {"place": last, "last": turn.event_id("result", records[-1]["entry"])}

    async def _applications(self, programme: str, entries: Sequence[str]) -> dict[str, Document]:
        rows = self._office.database[APPLICATIONS].find({"programme": programme, "entry": {"$in": list(entries)}})
        return {row["entry"]: row async for row in rows}

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

    async def _is_sent(self, last: str) -> bool:
        """Whether the broker has every result: events leave the outbox in their order, so it is when the last one has.

        Other draws' results may still be there.
        """
        waits_until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        outbox = self._office.database[OUTBOX]
        while await outbox.find_one({"events.id": last}, {"_id": 1}):
            if asyncio.get_running_loop().time() > waits_until:
                return False
            await asyncio.sleep(0.05)
        return True

    async def _finish(self, turn: Turn, results: Results) -> None:
        state = turn.state
        state.counts = outcomes(results)
        state.result_digest = turn.transcript.result_digest
        state.digest = turn.held.end["digest"] if turn.held and turn.held.end else None
        state.stage, state.drawn_at = "drawn", turn.at
        turn.said("drawn", digest=state.result_digest, counts=state.counts, event_id=turn.event_id("drawn"))
        begin_simulating(turn)
        await release(turn.tx, state.programme)
