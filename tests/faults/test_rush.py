"""The opening rush, short: three times what intake can take, on a stack with two replicas (`bench/rush.py` has a minute
of it)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.ground import programme
from bench.rush import Field
from deploy.local.stack import Stack

TIMES, SLACK = 3, 3.0


async def test_s01_a_rush_loses_no_acknowledged_application_and_leaves_the_service_answering(
    infrastructure: Stack, tmp_path: Path
) -> None:
    """Everybody gets a receipt, or 503 with Retry-After; each receipt is in MongoDB and on Kafka once."""
    place = Field(infrastructure, tmp_path, programme().model_copy(update={"id": "rush"}), slack=SLACK)
    rush = await asyncio.to_thread(place.rush, replicas=2, measured=3, seconds=10, times=TIMES)
    assert rush.faults(TIMES) == [], rush.report()
    assert rush.seen["statuses"]["201"] + rush.seen["statuses"]["503"] == sum(rush.seen["statuses"].values())
    assert len(place.acknowledged) >= rush.seen["taken"] > 0
