"""One checkin for all tests of its area, on the session's stack; each test has a programme of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from deploy.local.stack import Stack
from services.checkin.domain.admission import window
from shared.contracts.programme import Programme
from tests.integration.checkin.stage import Stage
from tests.stack import infrastructure
from tests.stages.programmes import programme_named

__all__ = ["infrastructure"]

Opened = Callable[..., Awaitable[Programme]]


@pytest.fixture(scope="package")
async def stage(infrastructure: Stack) -> AsyncIterator[Stage]:
    """checkin, running."""
    async with Stage.running(infrastructure) as it:
        yield it


@pytest.fixture
def opened(stage: Stage) -> Opened:
    """Publishes the seed's programme under a name of its own; the first slot's doors opened half an hour ago."""

    async def make(name: str, at: datetime | None = None) -> Programme:
        programme = programme_named(f"checkin-{name}")
        await stage.define(programme)
        await stage.move_to(programme, at or window(programme, programme.slots[0])[0] + timedelta(minutes=30))
        return programme

    return make
