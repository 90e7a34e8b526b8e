"""The draws in memory: each taken up from its stored lines, and moved on by the steps.

Who moves a draw on takes its transcript out (`take`) and puts it back under the new revision (`put`). If the
transaction fails in between, the store still has the old revision: the two do not match, and the transcript is read
again from its lines. So memory never runs ahead of the store. It is read outside of transactions only: a draw of a
million takes longer to read than a transaction may last.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar

from services.lottery.domain.canonical import line_of
from services.lottery.domain.replay import replay
from services.lottery.domain.stages import Stage
from services.lottery.domain.transcript import Transcript
from services.lottery.store import DrawState, Phase, blocks_of, load_draw, open_changes
from shared.platform.mongo import Database, TryAgain

T = TypeVar("T")
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
        self._alone: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def alone(self, draw: str) -> asyncio.Lock:
        """Held by whoever takes a draw out until it is back, so that nobody reads all of it again meanwhile."""
        return self._alone[draw]

    def take(self, state: DrawState) -> Held:
        """The transcript for a step that changes it: it is the caller's until `put`.

        Raises `TryAgain` where memory has another revision: it is to be made `ready` first.
        """
        held = self._held.get(state.id)
        if held is None or held.revision != state.revision:
            raise TryAgain(f"the draw {state.id} is not in memory as it is in the store")
        return self._held.pop(state.id)

    def put(self, state: DrawState, held: Held) -> None:
        """Gives it back, as it is at the state's revision."""
        held.revision = state.revision
        self._held[state.id] = held

    async def look(self, state: DrawState) -> Held:
        """The transcript for reading: nobody may change it."""
        async with self.alone(state.id):
            return await self.ready(state.programme, state.draw)

    async def ready(self, programme: str, draw: str) -> Held:
        """What is in memory, read again if the store has moved on without it. The caller holds `alone`."""
        state = await load_draw(self._database, programme, draw)
        held = self._held.get(state.id)
        if held is None or held.revision != state.revision:
            held = self._held[state.id] = await self._read(programme, draw)
        return held

    async def _read(self, programme: str, draw: str) -> Held:
        # State, lines and changes of one moment, whatever is committed meanwhile.
        async with await self._database.client.start_session(snapshot=True) as session:
            state = await load_draw(self._database, programme, draw, session)
            changes = await open_changes(self._database, state.id, session)
            blocks = blocks_of(self._database, state.id, _PHASES.get(state.stage), session)
            return await worked_through(
                blocks, lambda lines: _taken_up(lines, [change["record"] for change in changes], state))


# While these are being written, they stop somewhere in the middle: they are computed again.
_PHASES = {
    "freezing": [phase for phase in Phase if phase < Phase.ENTRIES],
    "drawing": [phase for phase in Phase if phase < Phase.RESULTS],
}


async def worked_through(blocks: AsyncIterator[bytes], work: Callable[[Iterator[bytes]], T]) -> T:
    """What `work` makes of the lines, off the loop; they are read as it asks for them, never all at once."""
    loop = asyncio.get_running_loop()

    async def following() -> bytes | None:
        return await anext(blocks, None)

    def lines() -> Iterator[bytes]:
        while (block := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
            yield from block.splitlines(keepends=True)

    return await asyncio.to_thread(work, lines())


def _taken_up(lines: Iterable[bytes], changes: list[dict[str, Any]], state: DrawState) -> Held:
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
