"""Intake's own settings, on top of those that every service has."""

from __future__ import annotations

from shared.platform.settings import Settings


class IntakeSettings(Settings):
    """An address may send `lookup_failures` wrong secrets, and one more each `lookup_pause` seconds."""

    service: str = "intake"
    lookup_failures: int = 20
    lookup_pause: float = 3.0
