"""Retention's settings, beyond those of every service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shared.platform.settings import Settings


class RetentionSettings(Settings):
    """`first_officer_file` is JSON: `{"staff_id", "password"}`, read only while the register is empty.

    `employers` are the codes of those whose staff may be designated, each agreed to by the ward (S33).
    """

    first_officer_file: Path | None = None
    employers: tuple[str, ...] = Field(default=("ward", "contractor", "audit"), min_length=1)
