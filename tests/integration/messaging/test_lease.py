"""Leases on a real MongoDB: one holder at a time, and none once it is given back."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import uuid4

from shared.messaging.lease import Lease
from tests.conftest import Make, until


async def test_one_holds_it_until_it_is_given_back(services: Make) -> None:
    database = (await services("intake", start=False)).database
    name = uuid4().hex
    first, second = Lease(database, name, 60), Lease(database, name, 60)
    assert await first.take() and not await second.take()
    await first.release()
    assert not first.valid() and await second.take()


async def test_a_holder_that_is_stopped_in_the_middle_of_a_question_holds_nothing(services: Make) -> None:
    """Otherwise its successor would wait until the lease ends by itself."""
    database = (await services("intake", start=False)).database
    for steps in range(20):
        name = uuid4().hex

        async def hold(name: str = name) -> None:
            lease = Lease(database, name, 60)
            async with lease.given_back():
                while await lease.take():
                    pass

        holding = asyncio.create_task(hold())
        for _ in range(steps):
            await asyncio.sleep(0)
        holding.cancel()
        with suppress(asyncio.CancelledError):
            await holding
        assert await Lease(database, name, 60).take(), steps


async def test_whoever_holds_it_asks_again_only_when_half_of_its_term_is_over(services: Make) -> None:
    database = (await services("intake", start=False)).database
    name = uuid4().hex
    long, other, short = Lease(database, name, 60), Lease(database, name, 60), Lease(database, uuid4().hex, 0.4)
    assert await long.held() and await short.held() and not await other.held()
    term = await database["leases"].find_one({"_id": name})
    assert await long.held() and await database["leases"].find_one({"_id": name}) == term
    await until(lambda: not short.valid())
    assert await short.held() and short.valid()


async def test_who_does_not_hold_it_takes_it_soon_after_it_is_given_back(services: Make) -> None:
    database = (await services("intake", start=False)).database
    name = uuid4().hex
    first, second = Lease(database, name, 2), Lease(database, name, 2)
    assert await first.held() and not await second.held()
    await first.release()
    assert await until(second.held)
