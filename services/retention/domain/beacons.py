"""When the announced public randomness falls, as LOTTERY says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts.programme_draw import CeremonyBeacon, DrandBeacon

QUICKNET_GENESIS = 1692803367
QUICKNET_PERIOD = 3
MOST_ROUNDS = 2**40
"""Beyond it a round's time is no date any more."""


def drand_time(number: int) -> datetime:
    """The time of a round of drand's quicknet: genesis + (round - 1) x period."""
    return datetime.fromtimestamp(QUICKNET_GENESIS, UTC) + timedelta(seconds=(number - 1) * QUICKNET_PERIOD)


def beacon_time(beacon: DrandBeacon | CeremonyBeacon) -> datetime:
    """When a beacon's value falls."""
    return beacon.at if isinstance(beacon, CeremonyBeacon) else drand_time(beacon.round)


def beacon_source(beacon: DrandBeacon | CeremonyBeacon) -> tuple[str, int]:
    """What a transcript names a beacon by: no two of a draw may be alike."""
    return (f"ceremony:{beacon.name}" if isinstance(beacon, CeremonyBeacon) else "drand", beacon.round)
