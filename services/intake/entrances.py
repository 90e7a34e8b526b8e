"""Intake's entrances: applying has its own places, and so have the desks (back-pressure in a rush)."""

from __future__ import annotations

import re

from services.intake.settings import IntakeSettings
from shared.platform.entrances import Entrance
from shared.platform.turnstile import Turnstile

DESK_AT_ONCE = 32
_APPLYING = re.compile(r"/intake/[^/]+(/api/applications)?")
_DESK = re.compile(r"/intake/[^/]+/(desk|enquiry|api/postcards)(/.*)?")


def entrances(settings: IntakeSettings) -> tuple[Entrance, Entrance]:
    """Applying, and the desks for postcards and enquiries; everything else has the service's common entrance."""
    applying = Turnstile("applying", settings.applying_at_once, longest_wait=settings.applying_longest_wait)
    return (
        Entrance(_is_applying, applying, page="busy.html"),
        Entrance(_is_desk, Turnstile("the desk", DESK_AT_ONCE)),
    )


def _is_applying(method: str, path: str) -> bool:
    return method == "POST" and _APPLYING.fullmatch(path) is not None


def _is_desk(_: str, path: str) -> bool:
    return _DESK.fullmatch(path) is not None
