"""The seed's programme, and parties to apply with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from services.intake.domain.application import Application, Party
from shared.contracts.programme import Programme

FILE = Path(__file__).parents[3] / "programmes" / "live-site-2020.toml"


@pytest.fixture(scope="session")
def programme() -> Programme:
    """The live site of 2020."""
    return Programme.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))


@pytest.fixture
def party() -> Party:
    """A family of three, one of them an infant."""
    return Party(
        name="髙橋　﨑子",
        address="東京都新宿区西新宿二丁目8番1号",
        age=34,
        telephone="03-3209-1111",
        email="takahashi@example.jp",
        companions=("髙橋　太郎", "髙橋　はな（0歳）"),
    )


@pytest.fixture
def application(party: Party) -> Application:
    """Two seats, three wishes."""
    return Application(
        party,
        2,
        ("2021-07-23-sumitomo-am", "2021-07-23-sumitomo-pm", "2021-08-24-kogakuin-am"),
        "ja",
    )
