"""B02: what it costs to state a draw's fairness: `python -m bench.fairness [--sizes N,N,…]`.

The entries of M3's bench. For each size all simulated draws, each step in a process of its own as in the service,
and then the verdict; prints CPU seconds and the peak memory of a step's process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

from bench.draw_work import SEED, entries, rules
from services.lottery.domain.entries import Entries
from services.lottery.domain.expectation import Run, Scenario
from services.lottery.domain.results import Results
from services.lottery.domain.rules import read_rules
from services.lottery.domain.verdict import judged
from services.lottery.handlers.fairness import MOST_RUNS_A_STEP, MOST_TURNS_A_STEP
from services.lottery.simulating import run_of

DAYS = 14


def drawn(count: int) -> tuple[Results, Scenario]:
    """A draw of so many entries, spread over days and channels, and its scenario."""
    announced = read_rules(rules(count))
    frozen = Entries.frozen(entries(count), announced)
    results = Results.drawn(announced, frozen, (), [slot.seats for slot in announced.slots], SEED)
    return results, Scenario.of(results, {
        "day": [f"2021-05-{1 + number % DAYS:02}" for number in range(count)],
        "channel": [("web", "web", "postcard")[number % 3] for number in range(count)]})


def simulated(packed: bytes, first: int, last: int) -> list[Run]:
    """A step, in its process."""
    done = subprocess.run([sys.executable, "-m", "services.lottery.simulator"], check=True, stdout=subprocess.PIPE,
                          input=f"{SEED} {first} {last}\n".encode() + packed)
    return [run_of(*run) for run in json.loads(done.stdout)]


def measured(count: int) -> dict[str, float]:
    """All steps and the verdict of one draw."""
    results, scenario = drawn(count)
    step = min(MOST_RUNS_A_STEP, max(1, MOST_TURNS_A_STEP // count))
    packed, began = scenario.packed(), time.process_time()
    runs: list[Run] = []
    while len(runs) < scenario.runs:
        runs += simulated(packed, len(runs) + 1, min(len(runs) + step, scenario.runs))
    judged(scenario, scenario.happened(results), runs)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"entries": count, "runs": len(runs), "own": round(time.process_time() - began, 1),
            "steps": round(used.ru_utime + used.ru_stime, 1), "MiB": used.ru_maxrss // 1024}


def main() -> None:
    """Each size in a process of its own, so that accounts and peaks are its own."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", default="10000")
    arguments.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.one:
        print(json.dumps(measured(given.one)), flush=True)
        return
    for size in given.sizes.split(","):
        subprocess.run([sys.executable, "-m", "bench.fairness", "--one", size], check=True)


if __name__ == "__main__":
    main()
