"""M7, the part that exists: how long a second start of the infrastructure takes, in seconds.

`python -m bench.start` prints minimum, median and maximum of three starts, and the load it was measured under.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from deploy.local.outside import Outside
from deploy.local.ports import free_base
from deploy.local.stack import Stack, running

FIRST_BASE = 24_000
STARTS = 3


def second_starts(folder: Path) -> list[float]:
    """Seconds of each start after the first, on one state folder."""
    took = []
    for _ in range(STARTS + 1):
        begin = time.monotonic()
        with running(Stack(folder, free_base(FIRST_BASE), services=False, outside=Outside())):
            took.append(time.monotonic() - begin)
    return took[1:]


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory(prefix="kujibiki-bench-") as folder:
        took = second_starts(Path(folder))
    figures = f"{min(took):.1f} / {statistics.median(took):.1f} / {max(took):.1f} s"
    print(f"second start of the infrastructure, min / median / max: {figures} (load {os.getloadavg()[0]:.1f})")


if __name__ == "__main__":
    main()
