"""The check in one HTML file to keep: `python -m services.lottery.standalone` writes `public/verify-draw.html`."""

from services.lottery.standalone.build import TARGET, build

__all__ = ["TARGET", "build"]
