"""The days an applicant waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts.programme import Programme
from shared.contracts.programme_draw import DrandBeacon

# The League of Entropy's quicknet chain: the time of round 1, and the seconds between rounds.
_GENESIS, _PERIOD = 1692803367, 3


def draw_expected_at(programme: Programme) -> datetime:
    """When the draw falls if nothing is missed: the time of its first announced beacon."""
    first = programme.draw.beacons[0]
    if isinstance(first, DrandBeacon):
        return datetime.fromtimestamp(_GENESIS + (first.round - 1) * _PERIOD, UTC)
    return first.at


def told_by(programme: Programme, drawn_at: datetime) -> datetime:
    """The last moment by which everybody is told the result (S07)."""
    return drawn_at + timedelta(days=programme.notices.within_days)
