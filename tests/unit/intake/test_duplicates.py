"""B03: one applicant, one application that counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.intake.domain.duplicates import Candidate, Surplus, surplus

NOON = datetime(2021, 6, 1, 3, tzinfo=UTC)


def test_b03_the_first_taken_counts_and_hears_of_the_others() -> None:
    candidates = [
        Candidate("late", NOON + timedelta(days=1), 1),
        Candidate("second", NOON, 2),
        Candidate("first", NOON, 1),
    ]
    assert list(surplus(candidates)) == [Surplus("second", "first"), Surplus("late", "first")]


def test_b03_a_single_application_counts() -> None:
    assert list(surplus([Candidate("only", NOON, 1)])) == []
