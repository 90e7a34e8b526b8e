"""`python -m tests.side_by_side`: all tests in several processes at once, as each spends much of its time waiting.

What shares a stack stays in one process. The first one's report is shown as it comes, the others' when all are done.
With arguments, one process runs what they say.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).parent
SHARES: tuple[tuple[str, ...], ...] = (
    ("unit", "contract"),
    ("journeys", "browser", "faults"),
    ("integration/lottery", "integration/messaging", "integration/local", "integration/privacy"),
    ("integration/checkin", "integration/intake", "integration/notifier", "integration/replay",
     "integration/retention"),
)  # fmt: skip
NO_TESTS_THERE = 5


def left_out() -> list[str]:
    """Files with tests that no share has."""
    shared = [TESTS / area for share in SHARES for area in share]
    return [str(test.relative_to(TESTS)) for test in sorted(TESTS.rglob("test_*.py"))
            if not any(test.is_relative_to(area) for area in shared)]


def command(arguments: Sequence[str]) -> list[str]:
    """Pytest, without a cache that several would write."""
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]


def main(arguments: Sequence[str]) -> int:
    """Runs them; the exit code is 0 if none failed."""
    if arguments:
        return subprocess.run(command(arguments), check=False).returncode
    if missed := left_out():
        print(f"nobody would run {', '.join(missed)}: add its folder to SHARES in {__file__}")
        return NO_TESTS_THERE
    shown, *kept = ([str(TESTS / area) for area in share] for share in SHARES)
    with ExitStack() as ending:
        beside = []
        for share in kept:
            report = ending.enter_context(tempfile.TemporaryFile("w+"))
            process = subprocess.Popen(command(share), stdout=report, stderr=subprocess.STDOUT)
            ending.callback(process.wait)
            ending.callback(process.terminate)
            beside.append((share, process, report))
        codes = [subprocess.run(command(shown), check=False).returncode]
        for share, process, report in beside:
            codes.append(process.wait())
            report.seek(0)
            print(f"\n== beside it: {' '.join(share)}\n{report.read()}", flush=True)
    return max(codes, key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
