"""A process that draws a scenario again and again (`python -m services.lottery.simulator`), apart from the service.

In: the seed and the numbers of the first and last run, on one line; then the packed scenario, to the end of the input.
Out: one line of JSON, the runs in their order. It gives way to everything else on the machine, and its memory is
bounded.
"""

from __future__ import annotations

import json
import os
import resource
import sys

from services.lottery.domain.expectation import Scenario

GIVES_WAY = 10
BYTES_AT_MOST = 512 << 20
BYTES_AN_ENTRY = 2 << 10
"""Of address space: a hundred bytes or so a person where each is drawn alone, of whom a party has a few."""


def main() -> None:
    """Reads, draws, writes."""
    os.nice(GIVES_WAY)
    line, _, packed = sys.stdin.buffer.read().partition(b"\n")
    seed, first, last = line.decode().split()
    scenario = Scenario.unpacked(packed)
    most = BYTES_AT_MOST + BYTES_AN_ENTRY * len(scenario)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    json.dump([scenario.run(seed, number) for number in range(int(first), int(last) + 1)], sys.stdout)


if __name__ == "__main__":
    main()
