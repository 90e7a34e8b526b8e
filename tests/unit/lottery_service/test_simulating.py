"""B02: simulated draws in a process of their own: the same figures, and failures that are told."""

from __future__ import annotations

import pytest

from services.lottery import simulating
from services.lottery.simulating import SimulationFailed, simulated
from tests.unit.lottery.test_expectation import SEED, scenario


async def test_b02_the_process_gives_the_runs_that_the_domain_gives() -> None:
    """Some of them with each person drawn alone, some without."""
    numbers = range(98, 104)
    found = await simulated(scenario().packed(), SEED, numbers)
    assert found == [scenario().run(SEED, number) for number in numbers]
    assert [run.alone is None for run in found] == [False, False, False, True, True, True]


async def test_b02_a_process_that_fails_or_never_ends_is_told_and_tried_again_later(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """It raises, so that the work stays due."""
    with pytest.raises(SimulationFailed, match="ended with 1"):
        await simulated(b"no scenario", SEED, range(1, 2))
    monkeypatch.setattr(simulating, "LONGEST_SECONDS", 0.05)
    with pytest.raises(SimulationFailed, match="no answer"):
        await simulated(scenario().packed(), SEED, range(1, 1000))
