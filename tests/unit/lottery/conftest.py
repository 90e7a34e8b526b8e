"""Fixtures of the draw's tests."""

from functools import lru_cache
from types import ModuleType

import pytest

from tests.unit.lottery.campaign import load_program


@pytest.fixture(scope="session")
def verifier() -> ModuleType:
    """`verify_draw.py` as a module. The costly checks of signatures answer the same question from memory."""
    module = load_program("verify_draw.py")
    for name in ("is_signed", "is_drand", "is_good_key"):
        setattr(module, name, lru_cache(maxsize=None)(getattr(module, name)))
    return module
