"""Simulated draws in a process of their own, so that the service goes on answering meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from services.lottery.domain.expectation import Alone, Outcome, Run

CODE = Path(__file__).parents[2]
LONGEST_SECONDS = 90
"""A step takes a few; on a machine with much else to do the process waits for its turn."""


class SimulationFailed(RuntimeError):
    """The process ended without an answer, by its own limits or in time; the work is tried again later."""


async def simulated(packed: bytes, seed: str, numbers: range) -> Sequence[Run]:
    """Runs of a packed scenario, `numbers` from 1. Raises `SimulationFailed`."""
    process = await asyncio.create_subprocess_exec(
        # With nothing of our environment but where the code lies: no settings, no keys.
        sys.executable, "-m", "services.lottery.simulator", env={"PYTHONPATH": str(CODE)},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            line = f"{seed} {numbers[0]} {numbers[-1]}\n".encode()
            answer, _ = await process.communicate(line + packed)
    except TimeoutError:
        raise SimulationFailed(f"no answer within {LONGEST_SECONDS} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise SimulationFailed(f"the process ended with {process.returncode}")
    return [run_of(outcome, alone) for outcome, alone in json.loads(answer)]


def run_of(outcome: Sequence[Sequence[int]], alone: Sequence[Sequence[int]] | None) -> Run:
    """A run out of the lists that it is written as."""
    return Run(Outcome(*map(list, outcome)), Alone(*map(list, alone)) if alone else None)
