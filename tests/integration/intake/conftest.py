"""One intake for all tests of its area, on the session's stack; each test has a programme of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.local.stack import Stack
from shared.contracts.programme import Amending, Programme
from tests.integration.intake.stage import Stage
from tests.stack import infrastructure
from tests.stages.programmes import programme_named

__all__ = ["infrastructure"]

Opened = Callable[..., Awaitable[Programme]]


@pytest.fixture(scope="package")
async def stage(infrastructure: Stack) -> AsyncIterator[Stage]:
    """Intake, running."""
    async with Stage.running(infrastructure) as it:
        yield it


@pytest.fixture
def opened(stage: Stage) -> Opened:
    """Publishes the seed's programme under a name of its own, an hour after the window's opening."""

    async def make(
        name: str, at: datetime | None = None, amending: dict[str, Any] | None = None, **window: Any
    ) -> Programme:
        programme = programme_named(name, window=window)
        if amending is not None:
            programme = programme.model_copy(update={"amending": Amending(**amending)})
        await stage.define(programme)
        await stage.move_to(programme, at or programme.window.opens + timedelta(hours=1))
        return programme

    return make
