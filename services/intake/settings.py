"""Intake's own settings, on top of those that every service has."""

from __future__ import annotations

from shared.platform.settings import Settings


class IntakeSettings(Settings):
    """An address may send `lookup_failures` wrong secrets, and one more each `lookup_pause` seconds.

    A wrong answer takes `lookup_floor` seconds. After `lookup_free` wrong guesses at one number further ones are
    answered `lookup_spacing` seconds apart, the last one of a queue after `lookup_longest` seconds.

    `applying_at_once` applications are worked on at a time, enough to fill a group's commit while another is under
    way; whoever would be through later than after `applying_longest_wait` seconds is turned away. Where they come all
    the time, each waits half of `group_pace` on average.
    """

    service: str = "intake"
    lookup_failures: int = 20
    lookup_pause: float = 3.0
    lookup_floor: float = 0.4
    lookup_free: int = 5
    lookup_spacing: float = 2.0
    lookup_longest: float = 15.0
    applying_at_once: int = 192
    applying_longest_wait: float = 2.0
    group_pace: float = 0.03
