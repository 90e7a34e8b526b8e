"""Waiting for an event for a while."""

from __future__ import annotations

import asyncio

import pytest

from shared.messaging.waking import woken


async def test_it_says_whether_the_event_came() -> None:
    event = asyncio.Event()
    assert not await woken(event, 0.001)
    event.set()
    assert await woken(event, 60)


async def test_a_cancellation_that_meets_the_event_is_not_lost() -> None:
    """Otherwise a part that is told to stop goes on for good; `asyncio.wait_for` of Python 3.11 fails this test."""
    event = asyncio.Event()
    waiting = asyncio.create_task(woken(event, 60))
    await asyncio.sleep(0)
    event.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
