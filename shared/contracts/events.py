"""Every event of the contracts, imported in one place so that all are registered."""

from shared.contracts import (
    checkin,
    erasure,
    intake,
    lottery,
    messaging,
    notifier,
    postcards,
    privacy,
    programme,
    retention,
)

__all__ = [
    "checkin", "erasure", "intake", "lottery", "messaging", "notifier", "postcards", "privacy", "programme",
    "retention",
]
