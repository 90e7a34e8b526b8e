"""Runs notifier: `python -m services.notifier`."""

from services.notifier.settings import NotifierSettings
from services.notifier.wiring import build
from shared.platform.service import run

if __name__ == "__main__":
    run(build, NotifierSettings)
