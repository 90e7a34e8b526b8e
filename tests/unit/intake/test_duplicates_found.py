"""B03: what is found of a labelled set with slips and hard neighbours; docs/duplicates.md has the large one."""

from __future__ import annotations

from bench.duplicates import measure, without_ages
from bench.labelled import labelled


def test_b03_most_duplicates_are_found_and_none_is_decided_wrongly() -> None:
    it = measure(labelled(1200, seed=7))
    assert it.true_pairs > 300
    assert it.blocking.recall > 0.985
    assert it.shown.recall > 0.94
    assert it.shown.precision > 0.9
    assert it.wrong == {}
    assert it.decided["first"].recall > 0.45
    assert it.decided["last"].recall > 0.2


def test_b03_without_ages_a_person_decides_and_still_sees_most() -> None:
    it = measure(without_ages(labelled(1200, seed=7)))
    assert it.shown.recall > 0.92
    assert it.decided["first"].pairs == 0
