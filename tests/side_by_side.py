"""`python -m tests.side_by_side`: all tests in several processes at once, as each spends much of its time waiting.

What shares a stack stays in one process. Each one's report is shown when it is done. With arguments, one process runs
what they say.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).parent
SHARES: tuple[tuple[str, ...], ...] = (
    ("journeys", "faults"),
    ("integration/checkin", "integration/intake", "integration/notifier", "integration/replay",
     "integration/retention"),
    ("browser",),
    ("integration/lottery", "integration/messaging", "integration/local", "integration/privacy"),
    ("unit", "contract"),
)  # fmt: skip
"""The longest first. A system that waits uses a third of a core: more of them at once keep two cores busy with that."""
AT_ONCE = 2
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
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return max(pool.map(reported, SHARES), key=abs)


def reported(share: tuple[str, ...]) -> int:
    """Runs a share and prints its report when it is whole; its exit code."""
    done = subprocess.run(
        command([str(TESTS / area) for area in share]), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    print(f"== {' '.join(share)}\n{done.stdout}", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
