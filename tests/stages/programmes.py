"""Programmes of the tree under names of a test's own, so that no two tests share applications, slots or a draw."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from shared.contracts.programme import Programme

FOLDER = Path(__file__).parents[2] / "programmes"


def programme_named(
    name: str, file: str = "live-site-2020", *, draw: dict[str, Any] | None = None, window: dict[str, Any] | None = None
) -> Programme:
    """The file's programme under another name, with some rules of its draw and window changed."""
    programme = Programme.model_validate(tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf-8")))
    return programme.model_copy(update={
        "id": name,
        "draw": programme.draw.model_copy(update={"id": f"{name}-1", **(draw or {})}),
        "window": programme.window.model_copy(update=window or {}),
    })
