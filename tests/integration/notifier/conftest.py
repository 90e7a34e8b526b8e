"""One notifier for all tests of its area, on the session's stack; each test has a programme of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from deploy.local.stack import Stack
from shared.contracts.programme import Programme
from tests.integration.notifier.stage import Stage
from tests.stack import infrastructure
from tests.stages import programmes

__all__ = ["infrastructure"]


@pytest.fixture(scope="package")
async def stage(infrastructure: Stack) -> AsyncIterator[Stage]:
    """Notifier, running."""
    async with Stage.running(infrastructure) as it:
        yield it


@pytest.fixture
def programme_named() -> Callable[[str], Programme]:
    """The seed's programme under another name, so that no two tests share notices."""
    return lambda name: programmes.programme_named(f"notifier-{name}")
