"""What happened, held against what chance gives (row B02). `docs/fairness.md` explains test, level and power.

The test is exact by exchange: under the rules the draw and its runs are alike, so each of them is as likely as any
other to be the most extreme. It compares all groups at once (Westfall and Young 1993, single step): a group is held
against the farthest group of each run. Figures are whole numbers, so that everybody comes to the same verdict.
"""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

from services.lottery.domain.expectation import Alone, Outcome, Run, Scenario
from services.lottery.domain.grouping import Group

LEVEL = 100
"""A fair draw is called unusual in one of so many, whatever the number of groups."""
POWER_DEVIATIONS = 1.2816
"""So many standard deviations beyond the limit a shift is found nine times in ten (normal approximation)."""
OUTER = 25
"""In thousandths: so much of the runs is below the range that is shown, and so much above it."""


class Range(NamedTuple):
    """What the runs gave: `total` over all of them; from `low` to `high` lie the middle 95 %."""

    total: int
    low: int
    high: int


class GroupFigures(NamedTuple):
    """One group: what it `won` and what the runs gave.

    `as_extreme`: runs in which some group was at least as far out as this one is. `detectable`: the smallest shift, in
    winners, that is found nine times in ten; None where every run gives the same.
    """

    group: Group
    won: int
    range: Range
    as_extreme: int
    detectable: int | None


class SeatsLeft(NamedTuple):
    """Seats of one slot, or of all, that nobody got, and what the runs gave."""

    left: int
    range: Range


class AloneFigures(NamedTuple):
    """Had each person drawn alone: of the `asked` seats of a party group how many won, over all `runs_alone`.

    `together`: parties that all won one slot, over the same runs.
    """

    group: Group
    asked: int
    persons: int
    together: int


class Fairness(NamedTuple):
    """All that is said of one draw. With no runs there is nothing to hold it against."""

    entries: int
    runs: int
    runs_alone: int
    groups: list[GroupFigures]
    left: list[SeatsLeft]
    left_in_all: SeatsLeft
    alone: list[AloneFigures]


def judged(scenario: Scenario, happened: Outcome, runs: Sequence[Run]) -> Fairness:
    """The draw against its runs, of which there must be `scenario.runs`, in their order."""
    outcomes = [run.outcome for run in runs]
    return Fairness(
        len(scenario), len(runs), scenario.runs_alone, _groups(scenario.groups, happened, outcomes),
        [SeatsLeft(left, _range(column)) for left, column in _columns(happened.left, [run.left for run in outcomes])],
        SeatsLeft(sum(happened.left), _range([sum(run.left) for run in outcomes])),
        _alone(scenario, [run.alone for run in runs if run.alone is not None]),
    )  # fmt: skip


def is_unusual(as_extreme: int, runs: int) -> bool:
    """Whether fewer than one fair draw in `LEVEL` has any group so far out: p = (as_extreme + 1) / (runs + 1)."""
    return runs > 0 and (as_extreme + 1) * LEVEL <= runs + 1


def _groups(groups: Sequence[Group], happened: Outcome, runs: Sequence[Outcome]) -> list[GroupFigures]:
    columns = [column for _, column in _columns(happened.won, [run.won for run in runs])]
    spreads = [_Spread.of([won, *column]) for won, column in zip(happened.won, columns, strict=True)]
    extremes = sorted(max(map(_Spread.distance, spreads, run.won)) for run in runs)
    distances = map(_Spread.distance, spreads, happened.won)
    as_extreme = [sum(extreme >= distance for extreme in extremes) for distance in distances]
    detectable = [_detectable(spread, extremes) for spread in spreads]
    rows = zip(groups, happened.won, map(_range, columns), as_extreme, detectable, strict=True)
    return [GroupFigures(*row) for row in rows]


class _Spread(NamedTuple):
    """Sum and spread of a group's winners over the draw and its runs together: so each is treated alike."""

    draws: int
    total: int
    variance: int
    """Times the square of `draws`."""

    @classmethod
    def of(cls, wins: Sequence[int]) -> "_Spread":
        total = sum(wins)
        return cls(len(wins), total, len(wins) * sum(won * won for won in wins) - total * total)

    def distance(self, won: int) -> float:
        """How far out: the square of the deviations from the mean. Division of integers is exact to the last bit."""
        return (won * self.draws - self.total) ** 2 / self.variance if self.variance else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation, in winners."""
        return sqrt(self.variance) / self.draws


def _detectable(spread: _Spread, extremes: Sequence[float]) -> int | None:
    allowed = (len(extremes) + 1) // LEVEL
    if not spread.variance or not allowed:
        return None
    limit = sqrt(extremes[-allowed])
    return ceil((limit + POWER_DEVIATIONS) * spread.deviation)


def _columns(happened: Sequence[int], runs: Sequence[Sequence[int]]) -> list[tuple[int, list[int]]]:
    return [(here, [run[place] for run in runs]) for place, here in enumerate(happened)]


def _range(figures: Sequence[int]) -> Range:
    """Of the sorted figures the ⌈25/1000 n⌉-th and the ⌈975/1000 n⌉-th."""
    if not figures:
        return Range(0, 0, 0)
    ordered = sorted(figures)
    low, high = -(-len(ordered) * OUTER // 1000), -(-len(ordered) * (1000 - OUTER) // 1000)
    return Range(sum(ordered), ordered[low - 1], ordered[high - 1])


def _alone(scenario: Scenario, runs: Sequence[Alone]) -> list[AloneFigures]:
    if not runs:
        return []
    parties = (group for group in scenario.groups if group.kind == "party")
    persons = [sum(run.persons[place] for run in runs) for place in range(len(runs[0].persons))]
    together = [sum(run.together[place] for run in runs) for place in range(len(runs[0].together))]
    rows = zip(parties, scenario.persons(), persons, together, strict=True)
    return [AloneFigures(*row) for row in rows]
