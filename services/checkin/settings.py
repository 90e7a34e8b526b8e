"""checkin's settings: those of every service, and no others yet."""

from __future__ import annotations

from shared.platform.settings import Settings


class CheckinSettings(Settings):
    """The signing key of passes lies in `keys_dir`."""
