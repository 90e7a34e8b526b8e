"""B16, B03: what an applicant is told."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.domain.standing import Standing, standing, when_taken

USUAL: dict[str, Any] = {
    "withdrawn": False,
    "counted": True,
    "reason": None,
    "drawn": False,
    "outcome": None,
    "change": None,
    "holds": (),
}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "taken"),
        ({"outcome": "won", "holds": ("s",), "drawn": True}, "won"),
        ({"outcome": "waiting"}, "waiting"),
        ({"outcome": "lost"}, "lost"),
        ({"outcome": "struck"}, "not-counted"),
        ({"withdrawn": True}, "withdrawn"),
        ({"outcome": "won", "change": "declined"}, "withdrawn"),
        ({"outcome": "won", "change": "disqualified"}, "not-counted"),
        ({"outcome": "won", "change": "revoked"}, "waiting"),
        ({"outcome": "waiting", "change": "promoted", "holds": ("s",)}, "won"),
        ({"counted": False, "reason": "late"}, "not-counted"),
    ],
)
def test_the_state_follows_what_happened(change: dict[str, Any], state: str) -> None:
    assert standing(**{**USUAL, **change}).state == state


def test_b03_b04_a_duplicate_looks_like_any_other_until_the_draw() -> None:
    duplicate = {**USUAL, "counted": False, "reason": "duplicate"}
    assert standing(**duplicate) == standing(**USUAL)


def test_b03_b04_after_the_draw_it_is_told_in_one_wording_that_names_no_cause() -> None:
    told = standing(**{**USUAL, "counted": False, "reason": "duplicate", "drawn": True})
    assert told == Standing("not-counted", "decided")
    assert told == standing(**{**USUAL, "counted": False, "reason": "incomplete", "drawn": True})


def test_s04_causes_of_its_own_are_told_at_once() -> None:
    assert standing(**{**USUAL, "counted": False, "reason": "not-resident"}).reason == "not-resident"


def test_only_what_still_counts_can_be_withdrawn() -> None:
    assert standing(**USUAL).may_withdraw
    assert standing(**{**USUAL, "outcome": "won", "holds": ("s",)}).may_withdraw
    assert not standing(**{**USUAL, "outcome": "lost"}).may_withdraw
    assert not standing(**{**USUAL, "withdrawn": True}).may_withdraw


def test_b03_whoever_sends_it_again_hears_that_it_was_late_but_not_what_was_decided_since() -> None:
    assert when_taken(False, "late") == Standing("not-counted", "late")
    assert when_taken(True, None) == when_taken(False, "duplicate") == Standing("taken", may_withdraw=True)
