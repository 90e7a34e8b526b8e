"""A stack of its own: a tick is done when nothing is due in any programme; tests of other areas leave work behind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack, running
from tests.stack import infrastructure_stack


@pytest.fixture(scope="module")
def infrastructure() -> Iterator[Stack]:
    """The infrastructure of this folder alone."""
    with (
        tempfile.TemporaryDirectory(prefix="kujibiki-replay-") as folder,
        running(infrastructure_stack(Path(folder))) as stack,
    ):
        yield stack
