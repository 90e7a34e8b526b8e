"""A dry run of the draw: any time before a witness signs the closing, a fact with sums only, never a result (B01, B02).

Why it steers nothing: the real seed follows from the signed closing and from a beacon that falls an hour or more after
it, so while dry runs are possible nobody can know it, and a dry run's seed is random and kept by nobody. From the first
signature on the closing none is taken, so that nobody can say that seeds were tried upon the entries that are drawn.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

from services.lottery.domain.faults import Refused
from services.lottery.domain.rehearsal import PREFIX
from services.lottery.handlers.freezing import entry_line
from services.lottery.handlers.office import Office, StepRefused, Turn
from services.lottery.handlers.rules import provisional_rules
from services.lottery.store import APPLICATIONS, TAKES_PART, DrawState
from shared.contracts.lottery import DrawRehearsed
from shared.platform.mongo import Database
from shared.platform.problems import Problem

Over = Literal["entries", "invented"]
SECONDS = 120
"""Of real time, on a busy machine: then it is given up."""


class Rehearsing:
    """Runs dry runs, one at a time in each process of the service."""

    def __init__(self, office: Office) -> None:
        self._office, self._free = office, asyncio.Semaphore(1)

    async def rehearse(self, programme: str, draw: str, over: Over, count: int | None, by: str) -> DrawRehearsed:
        """A dry run over the entries as they are, or over `count` invented ones. Raises `Problem`; a refusal is
        recorded as of any step."""
        async def ask(turn: Turn) -> dict[str, Any]:
            _must_be_open(turn)
            return _asked(turn, count if over == "invented" else None)

        async with self._free:
            asked = await self._office.step(programme, draw, "drawn", ask, by=[by])
            try:
                answer = await _computed(self._office.database, programme, asked)
            except (TimeoutError, OSError, ValueError):
                raise Problem(503, "rehearsal-failed", "The dry run did not come to its end",
                              "Nothing was changed and nothing was recorded. Try it again, or with fewer entries; if "
                              "it stays so, call the operator.") from None

        async def say(turn: Turn) -> DrawRehearsed:
            _must_be_open(turn)  # once more: what was closed meanwhile is not told about
            if "refused" in answer:
                raise Refused(*answer["refused"])
            event = DrawRehearsed.model_validate({
                "draw": draw, "rehearsal": PREFIX + secrets.token_hex(6), "over": over, "at": turn.now, "by": turn.by,
                **answer})
            turn.tx.say(event, subject=draw, programme=programme, at=turn.now)
            return event

        return await self._office.step(programme, draw, "drawn", say, by=[by])


def is_open(state: DrawState) -> bool:
    """Until the first witness's signature on the closing, and for a draw that none replaces."""
    signed = state.closing is not None and bool(state.closing.signatures)
    return not signed and not state.is_at_least("closed") and state.replaced_by is None


def _must_be_open(turn: Turn) -> None:
    if not is_open(turn.state):
        raise StepRefused("rehearsal-closed", "dry runs are taken until the first witness signs the closing: after "
                                              "that nobody shall be able to say that seeds were tried")


def _asked(turn: Turn, invented: int | None) -> dict[str, Any]:
    transcript = turn.held.transcript if turn.held is not None else None
    struck = transcript.struck if transcript is not None and invented is None else []
    seats = transcript.seats if transcript is not None else [slot.seats for slot in turn.programme.slots]
    rules = transcript.rules.plain() if transcript is not None else provisional_rules(turn.programme, turn.state)
    return {"rules": rules, "seats": seats, "struck": struck, "invented": invented}


async def _computed(database: Database, programme: str, asked: dict[str, Any]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        # Where modules are found, and nothing else of our environment: no settings, no keys.
        sys.executable, "-m", "services.lottery.rehearsal_process", env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS), aclosing(_lines(database, programme, asked)) as lines:
            async for line in lines:
                process.stdin.write(line)
                await process.stdin.drain()
            process.stdin.close()
            answer: dict[str, Any] = json.loads(await process.stdout.read())
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer


async def _lines(database: Database, programme: str, asked: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    yield json.dumps(asked).encode() + b"\n"
    if asked["invented"] is None:
        query = {"programme": programme, "entry": {"$exists": True}, **TAKES_PART}
        async for row in database[APPLICATIONS].find(query).sort("entry", 1):
            yield entry_line(row)
