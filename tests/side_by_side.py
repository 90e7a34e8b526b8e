"""`python -m tests.side_by_side`: all tests in two processes at once, as each spends much of its time waiting.

What shares a stack stays in one process. The first one's report is shown as it comes, the other's when both are done.
With arguments, one process runs what they say.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).parent
SHARES: tuple[tuple[str, ...], ...] = (("unit", "contract", "journeys", "browser", "faults"), ("integration",))
NO_TESTS_THERE = 5


def areas() -> set[str]:
    """Folders that hold tests."""
    return {test.relative_to(TESTS).parts[0] for test in TESTS.rglob("test_*.py")}


def command(arguments: Sequence[str]) -> list[str]:
    """Pytest, without a cache that two would write."""
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]


def main(arguments: Sequence[str]) -> int:
    """Runs them; the exit code is 0 if none failed."""
    if arguments:
        return subprocess.run(command(arguments), check=False).returncode
    left_out = areas() - {area for share in SHARES for area in share}
    if left_out:
        print(f"nobody would run tests/{', tests/'.join(sorted(left_out))}: add them to SHARES in {__file__}")
        return NO_TESTS_THERE
    shown, kept = ([str(TESTS / area) for area in share] for share in SHARES)
    with tempfile.TemporaryFile("w+") as report:
        beside = subprocess.Popen(command(kept), stdout=report, stderr=subprocess.STDOUT)
        try:
            code = subprocess.run(command(shown), check=False).returncode
            code = beside.wait() or code
        finally:
            beside.terminate()
            beside.wait()
        report.seek(0)
        print(f"\n== beside it: tests/{', tests/'.join(SHARES[1])}\n{report.read()}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
