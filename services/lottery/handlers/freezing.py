"""After the window: the entries, sorted, under their root. It starts by itself when all facts were heard (S06, B01)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from services.lottery.domain.faults import Refused
from services.lottery.domain.transcript import Frozen
from services.lottery.handlers.draws import check_not_replaced
from services.lottery.handlers.late import release
from services.lottery.handlers.office import Office, StepRefused, Turn
from services.lottery.handlers.second import carry_over
from services.lottery.store import (
    APPLICATIONS,
    LINES,
    TAKES_PART,
    WINDOWS,
    DrawState,
    Phase,
    blocks_of,
    draw_key,
    keep_lines,
    load_draw,
    untold,
)
from services.lottery.transcripts import worked_through
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform import telemetry
from shared.platform.mongo import Document

JOB = "freeze"
MOST_LINKS = 100
LOOK_AGAIN = timedelta(seconds=1)
"""On the real clock: how soon a freeze that waits for notices is looked at again."""


class Freezing:
    """Starts on the window's due time; then goes on in chunks, and again where it stood when it was killed."""

    def __init__(self, office: Office) -> None:
        self._office = office
        office.jobs.register(JOB, self.step)

    async def begin(self, window: Document) -> None:
        """The window is complete and `freeze_from` reached. Where nothing was announced, this is refused."""
        programme, state = window["_id"], await self._office.standing(window["_id"])
        if await self._must_wait(programme, state):
            return

        async def work(tx: Transaction) -> None:
            async with self._office.turn(tx, programme, state.draw) as turn:
                check_not_replaced(turn.state)  # a moment ago: the next look finds the draw that stands
                announced = turn.state.stage == "announced"
                if announced:
                    turn.state.stage, turn.state.frozen_at = "freezing", turn.at
                    await self._office.jobs.start(
                        tx, JOB, f"{turn.state.id}/freeze", programme, {"draw": state.draw, "at": turn.at})
            await self._window(tx, programme, "freezing" if announced else "refused")

        if state.stage == "preparing":
            await self._office.note_refusal(programme, state.draw, "frozen", StepRefused(
                "not-announced", "the window is closed, but the draw was never announced: a second draw must follow"))
        await self._office.transactions.run(work)

    async def _must_wait(self, programme: str, state: DrawState) -> bool:
        """A second draw freezes when the notice of it was commissioned for everybody in it; until then, soon again."""
        second = self._office.defined(programme, state.draw).draw.previous is not None
        if not second or not await untold(self._office.database, programme, state.draw):
            return False
        await self._office.database[WINDOWS].update_one(
            {"_id": programme, "state": DUE}, {"$set": {"lease_until": datetime.now(UTC) + LOOK_AGAIN}})
        return True

    async def step(self, tx: Transaction, job: Document) -> dict[str, Any] | None:
        """One chunk of entries; at the end the root."""
        await asyncio.sleep(self._office.settings.slow_ms / 1000)
        cursor = job["cursor"] or {"after": "", "chunk": 0}
        chunk = await self._next_applications(job["programme"], cursor["after"])
        if not chunk:
            await self._finish(tx, job)
            return None
        links = [row["traceparent"] for row in chunk if row.get("traceparent")][:MOST_LINKS]
        with telemetry.span("lottery freezes entries", links=links):
            draw = f"{job['programme']}/{job['args']['draw']}"
            keep_lines(tx, draw, Phase.ENTRIES, f"{cursor['chunk']:06}", [entry_line(row) for row in chunk])
        return {"after": chunk[-1]["entry"], "chunk": cursor["chunk"] + 1}

    async def _next_applications(self, programme: str, after: str) -> list[Document]:
        query = {"programme": programme, "entry": {"$gt": after}, **TAKES_PART}
        # With its limit told, or the server sends some megabytes more than are asked for, each time.
        chunk = self._office.settings.chunk
        return await self._office.database[APPLICATIONS].find(query).sort("entry", 1).limit(chunk).to_list(chunk)

    async def _finish(self, tx: Transaction, job: Document) -> None:
        programme, draw, at = job["programme"], job["args"]["draw"], job["args"]["at"]
        try:
            frozen = await self._computed(programme, draw, at)
            async with self._office.turn(tx, programme, draw) as turn:
                await self._freeze(turn, frozen)
        except Refused as error:
            # Nothing to draw, or an entry that the rules do not allow: the window stays closed, the desk shows why.
            await self._office.note_refusal(programme, draw, "frozen", error)
            async with self._office.turn(tx, programme, draw) as turn:
                turn.state.stage, turn.state.frozen_at = "announced", None
            await tx.database[LINES].delete_many(
                {"draw": f"{programme}/{draw}", "phase": int(Phase.ENTRIES)}, session=tx.session)
            await self._window(tx, programme, "refused")

    async def _computed(self, programme: str, draw: str, at: str) -> Frozen:
        """The root over all entries, off the loop and before the transaction begins."""
        office, key = self._office, draw_key(programme, draw)
        held = await office.transcripts.look(await load_draw(office.database, programme, draw))
        return await worked_through(
            blocks_of(office.database, key, [Phase.ENTRIES]),
            lambda lines: held.transcript.compute_freeze(map(json.loads, lines), at))

    async def _freeze(self, turn: Turn, frozen: Frozen) -> None:
        state = turn.state
        record = turn.transcript.take_freeze(frozen)
        lines = turn.keep(Phase.FREEZE, "", record)
        state.stage, state.root, state.count = "frozen", record["root"], record["count"]
        turn.said("frozen", lines, digest=state.root, counts={"entries": state.count},
                  event_id=turn.event_id("frozen"))
        await self._window(turn.tx, state.programme, "frozen")
        previous = turn.programme.draw.previous
        if previous is None:
            await release(turn.tx, state.programme)
        else:
            await carry_over(turn, previous)

    async def _window(self, tx: Transaction, programme: str, state: str) -> None:
        await tx.database[WINDOWS].update_one({"_id": programme}, {"$set": {"state": state}}, session=tx.session)


def entry_line(application: Document) -> bytes:
    """The `entry` line of an application (RFC 8785: keys sorted, no spaces; ids, seats and slots are ASCII)."""
    record = {"entry": application["entry"], "seats": application["seats"], "type": "entry",
              "wishes": application["wishes"]}
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"
