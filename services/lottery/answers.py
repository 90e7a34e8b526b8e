"""What is asked again and again about draws that are done, kept in memory: one entry's story, its proof, what changed.

Turns and proofs follow from the results, which never change: each is made once a draw, off the loop, and every question
after that costs a few searches. Some 150 bytes an entry.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Generic, TypeVar

from services.lottery.domain.canonical import canonical
from services.lottery.domain.days import Day, days_of
from services.lottery.domain.explaining import Explanation, Turns, explain
from services.lottery.domain.proofs import Proofs
from services.lottery.domain.transcript import Transcript
from services.lottery.store import DrawState
from services.lottery.transcripts import Transcripts

T = TypeVar("T")


class _Once(Generic[T]):
    """What follows from a draw's results, made once."""

    def __init__(self, make: Callable[[Transcript], T]) -> None:
        self._make = make
        self._made: dict[tuple[str, str | None], T] = {}
        self._making: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, state: DrawState, transcript: Transcript) -> T:
        key = state.id, state.result_digest
        async with self._making[state.id]:
            if key not in self._made:
                self._made[key] = await asyncio.to_thread(self._make, transcript)
            return self._made[key]


class Answers:
    """Answers about draws that are done."""

    def __init__(self, transcripts: Transcripts) -> None:
        self._transcripts = transcripts
        self._turns, self._proofs = _Once(Turns), _Once(Proofs)
        self._days: dict[str, tuple[str, list[Day]]] = {}

    async def explanation(self, state: DrawState, entry: str) -> Explanation:
        """One entry's story as of now; Refused for one that is not in the draw."""
        transcript = (await self._transcripts.look(state)).transcript
        turns = await self._turns.of(state, transcript)
        return explain(transcript, turns, entry)

    async def proof(self, state: DrawState, entry: str) -> bytes:
        """The proof file of an entry, to the byte; Refused for one that is not in the draw."""
        transcript = (await self._transcripts.look(state)).transcript
        return canonical((await self._proofs.of(state, transcript)).proof(entry))

    async def days(self, state: DrawState) -> list[Day]:
        """What changed after the draw, by day, oldest first; read once a revision."""
        revision, days = self._days.get(state.id, ("", []))
        if revision != state.revision:
            held = await self._transcripts.look(state)
            days = days_of(held.transcript, held.end["records"] if held.end else 0)
            self._days[state.id] = state.revision, days
        return days
