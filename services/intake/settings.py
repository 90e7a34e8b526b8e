"""Intake's own settings, on top of those that every service has."""

from __future__ import annotations

from shared.platform.settings import Settings


class IntakeSettings(Settings):
    """An address may send `lookup_failures` wrong secrets, and one more each `lookup_pause` seconds.

    `applying_at_once` applications are worked on at a time, enough to fill a group's commit while another is under
    way; whoever would wait longer than `applying_longest_wait` seconds for a place is turned away.
    """

    service: str = "intake"
    lookup_failures: int = 20
    lookup_pause: float = 3.0
    applying_at_once: int = 192
    applying_longest_wait: float = 2.5
