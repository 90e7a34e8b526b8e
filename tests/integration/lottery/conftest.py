"""One stack for all tests of lottery; each test has a programme of its own."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from shared.contracts.programme import Programme
from tests.integration.lottery.stage import Campaign, Stage

FIRST_BASE = 19_200
PROGRAMMES = Path(__file__).parents[3] / "programmes"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(Stack(tmp_path_factory.mktemp("lottery"), free_base(FIRST_BASE), services=False)) as it:
        yield it


@pytest.fixture(scope="session")
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    it = Stage(stack)
    await it.open()
    it.lottery.start()
    await it.ready()
    yield it
    await it.close()


@pytest.fixture
def campaign(stage: Stage) -> Callable[..., Campaign]:
    """Makes a campaign of a programme file under another name, so that no two tests share a draw."""

    def make(name: str, file: str = "live-site-2020", **draw: object) -> Campaign:
        return Campaign(stage, named(file, name, **draw))

    return make


def named(file: str, name: str, **draw: object) -> Programme:
    """A programme of the tree, with a name, a draw and perhaps other rules of its own."""
    programme = Programme.model_validate(tomllib.loads((PROGRAMMES / f"{file}.toml").read_text()))
    changed = programme.draw.model_copy(update={"id": f"{name}-1", **draw})
    return programme.model_copy(update={"id": name, "draw": changed})
