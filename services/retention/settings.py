"""Retention's settings, beyond those of every service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.retention.domain.unusual import Limits
from shared.platform.settings import Settings


class RetentionSettings(Settings):
    """`first_officer_file` is JSON: `{"staff_id", "password"}`, read only while the register is empty.

    `employers` are the codes of those whose staff may be designated, each agreed to by the ward (S33); `courses` those
    of the trainings that must all be on record before anybody handles personal data (S20).
    A checkpoint of the access log is signed after `checkpoint_records` new lines, or `checkpoint_seconds` after a first
    one (real time); every `log_check_seconds` the whole log is read again and compared with what was signed.
    `unusual` replaces, by role, how much within ten minutes is an alarm.
    """

    first_officer_file: Path | None = None
    employers: tuple[str, ...] = Field(default=("ward", "contractor", "audit"), min_length=1)
    courses: tuple[str, ...] = Field(default=("handling", "privacy-ordinance"), min_length=1)
    checkpoint_records: int = Field(default=1000, ge=1)
    checkpoint_seconds: float = Field(default=60, gt=0)
    log_check_seconds: float = Field(default=6 * 3600, gt=0)
    unusual: dict[str, Limits] = Field(default_factory=dict)
