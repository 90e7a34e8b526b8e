"""Small topics as every process of lottery sees them: what intake has still to do, and the dry runs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from services.lottery.domain.preflight import Work
from shared.contracts.envelope import Envelope
from shared.contracts.intake import WorkCounted
from shared.contracts.lottery import DrawRehearsed


class OpenWork:
    """Intake's open work, as it was said last, a programme."""

    def __init__(self) -> None:
        self._latest: dict[str, Work] = {}

    def apply(self, message: Envelope[Any]) -> None:
        """Takes an event of `intake.windows.v1`; the closings among them are heard elsewhere."""
        if isinstance(message.data, WorkCounted):
            self._latest[message.programme] = Work(**message.data.model_dump())

    def of(self, programme: str) -> Work | None:
        """The last word; None before the first."""
        return self._latest.get(programme)


class Rehearsals:
    """The dry runs of each draw, as facts said them: nothing of them lies in a store."""

    PATIENCE_SECONDS = 5.0

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], list[DrawRehearsed]] = defaultdict(list)

    def apply(self, message: Envelope[Any]) -> None:
        """Takes an event of `lottery.draws.v1`; the steps of draws are kept in the store."""
        if isinstance(message.data, DrawRehearsed):
            self._said[message.programme, message.data.draw].append(message.data)

    def of(self, programme: str, draw: str) -> Sequence[DrawRehearsed]:
        """All dry runs of a draw, the last one first."""
        return self._said.get((programme, draw), [])[::-1]

    def named(self, programme: str, draw: str, rehearsal: str) -> DrawRehearsed | None:
        """One dry run by its name."""
        return next((one for one in self.of(programme, draw) if one.rehearsal == rehearsal), None)

    async def heard(self, programme: str, rehearsal: DrawRehearsed) -> bool:
        """Waits until it is there, so that who asked for it finds it on the page; False where that takes too long."""
        ends = asyncio.get_running_loop().time() + self.PATIENCE_SECONDS
        while self.named(programme, rehearsal.draw, rehearsal.rehearsal) is None:
            if asyncio.get_running_loop().time() > ends:
                return False
            await asyncio.sleep(0.05)
        return True
