"""B03: one applicant, one application that counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.intake.domain.application import Party
from services.intake.domain.duplicates import Candidate, Surplus, person_text, surplus

NOON = datetime(2021, 6, 1, 3, tzinfo=UTC)


def test_b03_the_same_person_is_known_by_name_and_telephone(party: Party) -> None:
    other_way = replace(
        party,
        name="髙橋 﨑子",
        telephone="０３３２０９１１１１",
        address="新宿区",
        age=35,
        email=None,
    )
    assert person_text(party) == person_text(other_way)


def test_b03_another_name_or_number_is_another_person(party: Party) -> None:
    assert person_text(replace(party, name="髙橋 太郎")) != person_text(party)
    assert person_text(replace(party, telephone="03-3209-1112")) != person_text(party)


def test_b03_without_name_and_telephone_nobody_is_taken_for_another(party: Party) -> None:
    assert person_text(replace(party, telephone=None)) is None


def test_b03_the_first_taken_counts_and_hears_of_the_others() -> None:
    candidates = [
        Candidate("late", NOON + timedelta(days=1), 1),
        Candidate("second", NOON, 2),
        Candidate("first", NOON, 1),
    ]
    assert list(surplus(candidates)) == [Surplus("second", "first"), Surplus("late", "first")]


def test_b03_a_single_application_counts() -> None:
    assert list(surplus([Candidate("only", NOON, 1)])) == []
