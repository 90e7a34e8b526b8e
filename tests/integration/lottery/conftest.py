"""One lottery for all tests of its area, on the session's stack; each test has a programme of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from deploy.local.stack import Stack
from tests.integration.lottery.stage import Campaign, Stage
from tests.stack import infrastructure
from tests.stages.programmes import programme_named

__all__ = ["infrastructure"]


@pytest.fixture(scope="package")
async def stage(infrastructure: Stack) -> AsyncIterator[Stage]:
    """Lottery, running."""
    async with Stage.running(infrastructure) as it:
        yield it


@pytest.fixture
def campaign(stage: Stage) -> Callable[..., Campaign]:
    """Makes a campaign of a programme file under another name, so that no two tests share a draw."""

    def make(name: str, file: str = "live-site-2020", **draw: object) -> Campaign:
        return Campaign(stage, programme_named(f"lottery-{name}", file, draw=draw))

    return make
