"""Drives simulated time: a tick, and on only when every service is at rest."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

from cli.interfaces import Interfaces, Unexpected
from shared.contracts.envelope import moment_text
from shared.contracts.topics import SERVICES

PARTS = frozenset({*SERVICES, "lottery.live", "retention.live"})
PATIENCE_SECONDS = 180.0


class TimeDriver:
    """Ticks of one programme, said by an officer."""

    def __init__(self, interfaces: Interfaces, programme: str, officer: str) -> None:
        self._interfaces, self._programme, self._officer = interfaces, programme, officer
        self.now: datetime | None = None

    async def to(self, moment: datetime) -> None:
        """Sets the programme's time and waits until the whole system is at rest."""
        self.now = moment
        before = await self._tick(moment)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            after = await self._tick(moment)
            if after == before:
                return
            before = after
        raise Unexpected(f"the system did not come to rest at {moment_text(moment)}")

    async def settle(self) -> None:
        """Waits until the whole system is at rest, at the time it is."""
        assert self.now is not None
        await self.to(self.now)

    async def _tick(self, moment: datetime) -> dict[str, int]:
        """One tick; returns what each part had seen when it was done with it."""
        path = f"/retention/api/programmes/{self._programme}/clock"
        tick = await self._interfaces.call(
            "POST", "retention", path, staff=self._officer, repeatable=True, json={"at": moment_text(moment)}
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            state = await self._interfaces.call("GET", "retention", path, staff=self._officer)
            parts: dict[str, Any] = state["parts"]
            done = {part: said["activity"] for part, said in parts.items() if said["number"] >= tick["number"]}
            if done.keys() >= PARTS:
                return done
            if time.monotonic() > deadline:
                raise Unexpected(f"tick {tick['number']} was not done by {', '.join(sorted(PARTS - done.keys()))}")
            await asyncio.sleep(0.03)
