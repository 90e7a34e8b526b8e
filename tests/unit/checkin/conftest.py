"""The seed's programme, for rules that need slots."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from shared.contracts.programme import Programme

FILE = Path(__file__).parents[3] / "programmes" / "live-site-2020.toml"


@pytest.fixture(scope="session")
def programme() -> Programme:
    """The live site: 80 + 2 + 76 places a slot, cards LS-00001 to LS-06000."""
    return Programme.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
