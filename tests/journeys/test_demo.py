"""The demo as a newcomer types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.ports import free_base

FIRST_BASE = 21_000
PATIENCE_SECONDS = 900


@pytest.mark.timeout(PATIENCE_SECONDS + 60)  # two minutes on a machine of its own
def test_s17_s18_the_demo_ends_green_keeps_its_report_and_leaves_no_process(tmp_path: Path) -> None:
    """From publication to the door over public interfaces only; exit status 0: every promise was seen to hold."""
    state = tmp_path / "state"
    try:
        done = kujibiki("demo", "--applications", "40", "--stop", "--state", str(state),
                        "--port-base", str(free_base(FIRST_BASE)))
    except subprocess.TimeoutExpired:
        kujibiki("down", "--state", str(state))  # it would go on in the background
        raise
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    report = json.loads((state / "demo" / "report.json").read_text())
    assert [finding["promise"] for finding in report["findings"] if not finding["holds"]] == []
    assert report["counts"]["won"] > 0
    assert len((state / "demo" / "applicants.jsonl").read_text().splitlines()) == 40
    status = kujibiki("status", "--state", str(state))
    assert status.returncode == 1
    assert "No stack runs" in status.stdout


def kujibiki(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, from start to end."""
    return subprocess.run([sys.executable, "-m", "cli", *arguments], capture_output=True, text=True,
                          timeout=PATIENCE_SECONDS, check=False)
