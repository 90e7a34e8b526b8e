"""One stack and one checkin for all its tests; each test has a programme of its own."""

from __future__ import annotations

import os
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from services.checkin.domain.admission import window
from shared.contracts.programme import Programme
from tests.integration.checkin.stage import Stage

PORT_BASE = int(os.environ.get("KUJIBIKI_TEST_PORT_BASE", "19000"))
FILE = Path(__file__).parents[3] / "programmes" / "live-site-2020.toml"

Opened = Callable[..., Awaitable[Programme]]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka, MongoDB and their neighbours."""
    with running(Stack(tmp_path_factory.mktemp("checkin"), free_base(PORT_BASE), services=False)) as it:
        yield it


@pytest.fixture(scope="session")
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    """checkin, running."""
    it = Stage(stack)
    try:
        await it.open()
        yield it
    finally:
        await it.close()


def programme_named(name: str) -> Programme:
    """The seed's programme under another name."""
    programme = Programme.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
    draw = programme.draw.model_copy(update={"id": f"{name}-1"})
    return programme.model_copy(update={"id": name, "draw": draw})


@pytest.fixture
def opened(stage: Stage) -> Opened:
    """Publishes the seed's programme under a name of its own; the first slot's doors opened half an hour ago."""

    async def make(name: str, at: datetime | None = None) -> Programme:
        programme = programme_named(name)
        await stage.define(programme)
        await stage.move_to(programme, at or window(programme, programme.slots[0])[0] + timedelta(minutes=30))
        return programme

    return make
