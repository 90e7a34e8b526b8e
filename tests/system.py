"""The whole system as `kujibiki up` starts it, on a state folder and ports of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local.environment import Endpoints
from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running
from deploy.local.state import State

FIRST_BASE = 20_000


@dataclass(frozen=True)
class System:
    """A running system: its parts, its folder, its addresses, its first officer."""

    stack: Stack

    @property
    def state(self) -> State:
        """The folder."""
        return self.stack.state

    @property
    def endpoints(self) -> Endpoints:
        """Where its parts are."""
        return Endpoints.load(self.state)

    @property
    def urls(self) -> dict[str, str]:
        """The services' addresses."""
        return self.endpoints.public_urls()

    @property
    def officer_password(self) -> str:
        """Of officer-1."""
        return str(json.loads((self.state.user("retention") / "first-officer.json").read_text())["password"])


def whole_system(folder: str) -> Stack:
    """All parts and services; nothing is started yet."""
    return Stack(Path(folder), free_base(FIRST_BASE), outside=Outside())


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """The running system, one for all tests of the session; who kills parts of it leaves them ready again."""
    with tempfile.TemporaryDirectory(prefix="kujibiki-system-") as folder, running(whole_system(folder)) as stack:
        yield System(stack)
