"""A stack of its own: a rotation waits until nothing anywhere is under older keys; other tests leave such records."""

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
        tempfile.TemporaryDirectory(prefix="kujibiki-privacy-") as folder,
        running(infrastructure_stack(Path(folder))) as stack,
    ):
        yield stack
