"""Runs lottery: `python -m services.lottery`."""

from __future__ import annotations

from services.lottery.settings import LotterySettings
from services.lottery.wiring import build
from shared.platform.service import run

if __name__ == "__main__":
    run(build, LotterySettings)
