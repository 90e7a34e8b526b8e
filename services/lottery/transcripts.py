"""The draws in memory: each taken up from its stored lines, and moved on by the steps.

Who moves a draw on takes its transcript out (`take`) and puts it back under the new revision (`put`). If the
transaction fails in between, the store still has the old revision: the two do not match, and the transcript is read
again from its lines. So memory never runs ahead of the store.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from services.lottery.domain.canonical import line_of
from services.lottery.domain.replay import replay
from services.lottery.domain.transcript import Stage, Transcript
from services.lottery.store import DrawState, lines_of, open_changes
from shared.platform.mongo import Database, Session

BLOCK = 1024


@dataclass
class Held:
    """A transcript at a revision; `end` is its end record as of the last settled day."""

    revision: str
    transcript: Transcript
    end: dict[str, Any] | None = None

    def settled(self) -> None:
        """Notes the end of the transcript as it stands: the copy that is published until the next day is settled."""
        holdings = self.transcript.holdings
        if holdings is not None and not holdings.day_is_open:
            self.end = self.transcript.end_record()


class Transcripts:
    """One transcript a draw at most; any of them can be read again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[str, Held] = {}
        self._reading: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, state: DrawState, session: Session | None = None) -> Held:
        """The transcript for a step that changes it: it is the caller's until `put`."""
        held = self._held.pop(state.id, None)
        if held is not None and held.revision == state.revision:
            return held
        return await self._read(state, session)

    def put(self, state: DrawState, held: Held) -> None:
        """Gives it back, as it is at the state's revision."""
        held.revision = state.revision
        self._held[state.id] = held

    async def look(self, state: DrawState) -> Held:
        """The transcript for reading: nobody may change it."""
        async with self._reading[state.id]:
            held = self._held.get(state.id)
            if held is None or held.revision != state.revision:
                held = await self._read(state, None)
                self._held[state.id] = held
            return held

    async def _read(self, state: DrawState, session: Session | None) -> Held:
        lines = [line async for line in lines_of(self._database, state.id, session=session)]
        changes = await open_changes(self._database, state.id, session)
        # While results are being written the lines stop somewhere among them: they are computed again.
        if state.stage == "drawing":
            lines = [line for line in lines if b'"type":"result"' not in line and b'"type":"outcome"' not in line]
        if state.stage == "freezing":
            lines = [line for line in lines if b'"type":"entry"' not in line]
        held = await asyncio.to_thread(_taken_up, lines, [change["record"] for change in changes], state)
        held.revision = state.revision
        return held


def _taken_up(lines: list[bytes], changes: list[dict[str, Any]], state: DrawState) -> Held:
    transcript = replay(lines)
    if state.closing is not None and transcript.stage is Stage.FROZEN:
        transcript.propose_closing(state.closing.record["at"])
    if transcript.holdings is not None and transcript.holdings.day_is_open:
        transcript.settle_day()  # lines are stored when their day is over, also where nothing followed
    held = Held(state.revision, transcript)
    held.settled()
    for record in changes:
        transcript.change(record)
    return held


def published_blocks(held: Held, *, everything: bool) -> Iterator[bytes]:
    """The transcript as of the last settled day, with the end made for the moment, in blocks of lines.

    One that was never drawn has its lines so far, and no end.

    `everything` false leaves out entries and results, where the programme publishes digests only.
    """
    transcript, end = held.transcript, held.end
    if end is None:
        yield from transcript.lines() if everything else transcript.public_lines()
        return
    hidden = 0 if everything or transcript.entries is None else 2 * len(transcript.entries)
    lines = transcript.lines() if everything else transcript.public_lines()
    whole = chain(islice(lines, end["records"] - hidden), (line_of(end),))
    while block := b"".join(islice(whole, BLOCK)):
        yield block
