"""What breaks parts, on a stack of its own."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.stack import infrastructure
from tests.system import System

__all__ = ["infrastructure"]

LAST_LINES = 40


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure is told with what each part of a shaken system logged last."""
    report = yield
    shaken = getattr(item, "funcargs", {}).get("shaken")
    if report.failed and isinstance(shaken, System):
        for log in sorted((shaken.state.root / "logs").glob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
            report.sections.append((f"last lines of {log.name}", "\n".join(lines)))
    return report
