"""One stack for all tests of notifier; each test has a programme of its own."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from shared.contracts.programme import Programme
from tests.integration.notifier.stage import FIRST_BASE, Stage

PROGRAMMES = Path(__file__).parents[3] / "programmes"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(Stack(tmp_path_factory.mktemp("notifier"), free_base(FIRST_BASE), services=False)) as it:
        yield it


@pytest.fixture(scope="session")
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    it = Stage(stack)
    try:
        await it.open()
        yield it
    finally:
        await it.close()


@pytest.fixture
def programme_named() -> Callable[[str], Programme]:
    """The seed's programme under another name, so that no two tests share notices."""

    def make(name: str) -> Programme:
        programme = Programme.model_validate(tomllib.loads((PROGRAMMES / "live-site-2020.toml").read_text()))
        draw = programme.draw.model_copy(update={"id": f"{name}-1"})
        return programme.model_copy(update={"id": name, "draw": draw})

    return make
