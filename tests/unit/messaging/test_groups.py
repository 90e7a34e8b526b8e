"""What waits together is committed together, and not sooner after the last group than is worth it."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

from shared.messaging.transaction import Transactions

PACE = 0.1


class Commits(Transactions):
    """Notes when each group began and how many were in it; commits nothing."""

    def __init__(self, pace: float) -> None:
        nothing = cast(Any, SimpleNamespace(delegate=None))
        super().__init__(nothing, nothing, "intake", lambda: None, pace=pace)
        self.groups: list[tuple[float, int]] = []

    async def _once(self, group: list[Any]) -> list[Any]:
        group[0].begun = time.monotonic()
        self.groups.append((group[0].begun, len(group)))
        await asyncio.sleep(0)
        return [None] * len(group)


async def _nothing(_: Any) -> None:
    return None


async def test_what_comes_within_the_pace_shares_the_next_group() -> None:
    commits = Commits(PACE)
    await asyncio.gather(commits.grouped(_nothing), commits.grouped(_nothing))
    late = [asyncio.create_task(commits.grouped(_nothing)) for _ in range(3)]
    await asyncio.sleep(PACE / 10)
    await asyncio.gather(commits.grouped(_nothing), *late)
    (first, two), (second, four) = commits.groups
    assert (two, four) == (2, 4) and second - first >= PACE


async def test_one_after_another_waits_for_nothing() -> None:
    commits = Commits(pace=60)
    async with asyncio.timeout(10):
        for _ in range(3):
            await commits.grouped(_nothing)
    assert [many for _, many in commits.groups] == [1, 1, 1]
