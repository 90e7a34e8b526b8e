"""Waiting for an event for a while.

`asyncio.wait_for` swallows a cancellation that meets the event it waits for (python/cpython#86296, mended in 3.12):
a part that waits with it may never end. `asyncio.timeout` does not.
"""

from __future__ import annotations

import asyncio


async def woken(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event was set within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
