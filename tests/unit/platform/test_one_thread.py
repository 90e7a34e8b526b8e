"""A transaction in one thread never comes back to the event loop before its end."""

from __future__ import annotations

import asyncio

import pytest

from shared.platform.one_thread import at_once


async def _answer(value: int) -> int:
    return value


async def _sum() -> int:
    return await _answer(1) + await _answer(2)


async def _refuses() -> int:
    await _answer(1)
    raise ValueError("refused")


async def _waits_for_the_loop() -> None:
    await asyncio.sleep(0.001)


def test_what_has_nothing_to_wait_for_is_done_when_asked() -> None:
    assert at_once(_sum()) == 3
    with pytest.raises(ValueError, match="refused"):
        at_once(_refuses())


async def test_work_that_waits_for_something_else_fails_and_says_so() -> None:
    with pytest.raises(RuntimeError, match="no statement of its own"):
        at_once(_waits_for_the_loop())
