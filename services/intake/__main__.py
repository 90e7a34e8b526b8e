"""Runs intake."""

from services.intake.settings import IntakeSettings
from services.intake.wiring import build
from shared.platform.service import run

if __name__ == "__main__":
    run(build, IntakeSettings)
