"""Fixtures of all tests: services built in the test's own process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from deploy.local.environment import service_environment
from deploy.local.stack import Stack
from shared.platform.service import Service
from shared.platform.settings import Settings
from tests.system import system

__all__ = ["system"]

PATIENCE_SECONDS = 180.0
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.2
"""What is asked costs the machine that is to answer: what takes long is asked for less often."""
LAST = ("journeys", "browser", "faults")
Make = Callable[..., Awaitable[Service]]

# What a test takes is the machine's affair, which does other things at the same time.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Services alone come before whole systems, which take the machine; what kills parts comes after everything."""

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        return LAST.index(folder) + 1 if folder in LAST else 0

    items.sort(key=place)


def settings_of(stack: Stack, service: str, kind: type[Any] = Settings, replica: int = 1) -> Any:
    """The settings that the stack gives a service."""
    told = service_environment(stack.state.root, service, replica=replica)
    values: dict[str, Any] = {name.removeprefix("KUJIBIKI_").lower(): value for name, value in told.items()}
    return kind(**{**values, "public_urls": json.loads(values["public_urls"])})


async def until(
    reached: Callable[[], Any], seconds: float = PATIENCE_SECONDS, told: Callable[[], str] = str
) -> Any:
    """Waits until `reached()` (plain or awaitable) is true, and returns what it returned; `told()` says more if not."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        result = reached()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return result
        assert time.monotonic() < deadline, f"not reached within {seconds} s: {told()}"
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, 1.3 * pause)


@pytest.fixture
async def services(infrastructure: Stack) -> AsyncIterator[Make]:
    """Makes services on the real stack, in this process; `prepare(service)` may add what it hears before it starts."""
    running: list[Service] = []

    async def make(
        name: str, prepare: Callable[[Service], None] = lambda _: None, *, replica: int = 1, start: bool = True
    ) -> Service:
        service = Service(settings_of(infrastructure, name, replica=replica))
        prepare(service)
        if start:
            await asyncio.wait_for(service.start(), PATIENCE_SECONDS)
            running.append(service)
        return service

    yield make
    for service in running:
        await service.stop()
