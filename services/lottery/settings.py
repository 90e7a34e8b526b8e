"""What lottery must be told besides what every service is."""

from __future__ import annotations

from pydantic import Field

from shared.platform.settings import Settings


class LotterySettings(Settings):
    """`chunk` is how many entries one transaction of a freeze or of a draw takes."""

    chunk: int = Field(default=500, ge=1, le=5000)
    slow_ms: int = Field(default=0, ge=0, description="Waits so long in each step of a job: for tests that kill it.")
