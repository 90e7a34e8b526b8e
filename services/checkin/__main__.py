"""Runs checkin: `python -m services.checkin`."""

from services.checkin.settings import CheckinSettings
from services.checkin.wiring import build
from shared.platform.service import run

if __name__ == "__main__":
    run(build, CheckinSettings)
