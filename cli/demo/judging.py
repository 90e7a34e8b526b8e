"""The duplicates desk: a person looks at each pair that the closing waits for, and judges it (B03)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.demo.applicants import Applicant
from cli.demo.people import DESK
from cli.interfaces import Interfaces, Unexpected
from shared.contracts.programme import Programme

PATIENCE_SECONDS = 120.0


@dataclass
class Judging:
    """Judges as somebody would who called both applicants: the campaign knows who wrote what."""

    programme: Programme
    interfaces: Interfaces

    async def until_closed(self, applicants: list[Applicant], receipts: Mapping[int, Mapping[str, Any]]) -> None:
        """Judges pairs until the window is closed. Raises `Unexpected` where that takes too long."""
        people = {receipts[one.number]["receipt"]: one.of or one.number for one in applicants if one.number in receipts}
        path = f"/intake/{self.programme.id}/api/duplicates"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (desk := await self._desk("GET", path))["window"] != "closed":
            if time.monotonic() > deadline:
                raise Unexpected("the window was not closed although no pair waits to be judged")
            for pair in desk["pairs"]:
                await self._judge(f"{path}/{pair['pair']}", people)
                deadline = time.monotonic() + PATIENCE_SECONDS
            await asyncio.sleep(0.2)

    async def _judge(self, path: str, people: Mapping[str, int]) -> None:
        one, other = (await self._desk("GET", path))["applications"]
        judgement = "same" if people[one["receipt"]] == people[other["receipt"]] else "different"
        await self._desk("POST", path, json={"judgement": judgement}, repeatable=True)

    async def _desk(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return await self.interfaces.call(method, "intake", path, staff=DESK, **arguments)
