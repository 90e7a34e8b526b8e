"""A real Kafka, MongoDB and mail catcher for tests, once an area.

A test that breaks parts (kills, pauses) leaves them ready again: use `repaired`.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running

# Below the range from which the system hands out ports to clients, and away from a stack on the defaults.
# Two runs that begin at the same moment look at different ranges first.
FIRST_BASE = 18_800 + os.getpid() % 10 * 100


def infrastructure_stack(state: Path) -> Stack:
    """A stack without services, on free ports; nothing is started yet."""
    # What the developer's environment names as running elsewhere is none of the tests' business; spans are looked at in
    # tests of whole systems.
    return Stack(state, free_base(FIRST_BASE), services=False, outside=Outside(zipkin=""))


@pytest.fixture(scope="package")
def infrastructure() -> Iterator[Stack]:
    """The running infrastructure of one area's tests: what one area leaves (due work, keys, records) disturbs no other.

    An area's `conftest.py` imports it.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kujibiki-test-") as folder,
        running(infrastructure_stack(Path(folder))) as stack,
    ):
        yield stack


@contextmanager
def repaired(stack: Stack) -> Iterator[Stack]:
    """Whatever the block does to the parts, they are ready again after it."""
    try:
        yield stack
    finally:
        for part in stack.parts.values():
            part.resume()
            part.start()
            part.wait_ready()
