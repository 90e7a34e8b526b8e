"""The turnstile: a queue that is bounded by time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest

from shared.platform.turnstile import TurnedAway, Turnstile


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Crowd:
    """People who go in, stay until they are told to leave, and note when they were turned away."""

    def __init__(self, turnstile: Turnstile) -> None:
        self.turnstile, self.refused = turnstile, list[int]()
        self._inside: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def come(self, many: int = 1) -> None:
        """So many more stand before it."""
        for _ in range(many):
            self._tasks.add(asyncio.create_task(self._one()))
        await self._settle()

    async def leave(self, many: int = 1) -> None:
        """So many of those inside leave, the first first."""
        for _ in range(many):
            self._inside.pop(0).set()
            await self._settle()

    async def go_home(self) -> None:
        """Everybody gives up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self) -> None:
        try:
            async with self.turnstile.passed():
                done = asyncio.Event()
                self._inside.append(done)
                await done.wait()
        except TurnedAway as away:
            self.refused.append(away.seconds)

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_so_many_at_once_the_others_wait_in_order() -> None:
    clock = Clock()
    crowd = Crowd(Turnstile("t", 2, longest_wait=10.0, clock=clock))
    await crowd.come(5)
    assert (crowd.turnstile.inside, crowd.turnstile.waiting, crowd.refused) == (2, 3, [])
    await crowd.leave(4)
    assert (crowd.turnstile.inside, crowd.turnstile.waiting) == (1, 0)
    await crowd.leave()
    assert crowd.turnstile.inside == 0


async def test_whoever_would_wait_too_long_at_the_present_pace_is_turned_away_at_once() -> None:
    clock = Clock()
    crowd = Crowd(Turnstile("t", 1, longest_wait=2.0, clock=clock))
    await crowd.come(2)
    for _ in range(40):  # four a second
        clock.now += 0.25
        await crowd.leave()
        await crowd.come()
    await crowd.come(10)
    assert 7 <= crowd.turnstile.inside + crowd.turnstile.waiting <= 8, "2 s at 4 a second"
    before = len(crowd.refused)
    await crowd.come(10)
    assert len(crowd.refused) == before + 10
    for _ in range(120):  # twenty a second
        clock.now += 0.05
        await crowd.leave()
        await crowd.come()
    await crowd.come(100)
    assert 36 <= crowd.turnstile.inside + crowd.turnstile.waiting <= 40, "2 s at 20 a second"
    await crowd.go_home()


async def test_when_nobody_gets_through_any_more_nobody_else_is_let_into_the_queue() -> None:
    clock = Clock()
    crowd = Crowd(Turnstile("t", 4, longest_wait=2.0, clock=clock))
    await crowd.come(7)  # at the first guess, eight get through within two seconds
    assert (crowd.turnstile.waiting, crowd.refused) == (3, [])
    clock.now += 60
    await crowd.come()
    assert len(crowd.refused) == 1 and crowd.turnstile.waiting == 3
    await crowd.go_home()


async def test_whoever_waited_longer_than_was_expected_is_turned_away_after_all() -> None:
    crowd = Crowd(Turnstile("t", 1, longest_wait=0.02, clock=lambda: 0.0))  # at a pace that seems to hold
    inside = asyncio.Event()

    async def stuck() -> None:
        async with crowd.turnstile.passed():
            await inside.wait()

    holding = asyncio.create_task(stuck())
    await asyncio.sleep(0)
    with pytest.raises(TurnedAway):
        async with asyncio.timeout(5), crowd.turnstile.passed():
            pass
    inside.set()
    await holding
    assert (crowd.turnstile.inside, crowd.turnstile.waiting) == (0, 0)


async def test_the_longer_the_crowd_the_wider_it_is_spread() -> None:
    asked: list[tuple[float, float]] = []

    def latest(least: float, most: float) -> float:
        asked.append((least, most))
        return most

    clock = Clock()
    crowd = Crowd(Turnstile("t", 1, longest_wait=2.0, clock=clock, chance=latest))
    await crowd.come(1 + 1 + 20)
    assert crowd.refused[0] == 5 and crowd.refused[-1] == 20, "twenty at one a second need twenty seconds"
    assert all(least == 2.0 for least, _ in asked)
    await crowd.go_home()


async def test_whoever_gives_up_leaves_no_place_behind() -> None:
    turnstile = Turnstile("t", 1, longest_wait=10.0)
    async with AsyncExitStack() as inside:
        await inside.enter_async_context(turnstile.passed())
        waiting = asyncio.create_task(turnstile.passed().__aenter__())
        await asyncio.sleep(0)
        assert turnstile.waiting == 1
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        assert turnstile.waiting == 0
        # And one that is called in at the very moment at which it gives up.
        waiting = asyncio.create_task(turnstile.passed().__aenter__())
        await asyncio.sleep(0)
        await inside.aclose()
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    assert turnstile.inside == 0
