"""One stack and one intake for all its tests; each test has a programme of its own."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from shared.contracts.programme import Programme
from tests.integration.intake.stage import Stage

FIRST_BASE = 22_500
FILE = Path(__file__).parents[3] / "programmes" / "live-site-2020.toml"

Opened = Callable[..., Awaitable[Programme]]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka, MongoDB and their neighbours."""
    with running(Stack(tmp_path_factory.mktemp("intake"), free_base(FIRST_BASE), services=False)) as it:
        yield it


@pytest.fixture(scope="session")
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    """Intake, running."""
    it = Stage(stack)
    try:
        await it.open()
        yield it
    finally:
        await it.close()


@pytest.fixture
def opened(stage: Stage) -> Opened:
    """Publishes the seed's programme under a name of its own, an hour after the window's opening."""

    async def make(name: str, at: datetime | None = None, **window: Any) -> Programme:
        programme = Programme.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
        changed = {
            "id": name,
            "draw": programme.draw.model_copy(update={"id": f"{name}-1"}),
            "window": programme.window.model_copy(update=window),
        }
        programme = programme.model_copy(update=changed)
        await stage.define(programme)
        await stage.move_to(programme, at or programme.window.opens + timedelta(hours=1))
        return programme

    return make
