"""Live demand: wishes by slot, the same however often a fact comes (B17)."""

from __future__ import annotations

from datetime import UTC, datetime

from services.lottery.demand import Wishes
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationFact,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
)

NOW = datetime(2021, 6, 1, tzinfo=UTC)


def taken(application: str, number: int, seats: int, *wishes: str) -> ApplicationTaken:
    return ApplicationTaken(
        application=application, number=number, entry="e" * 32, receipt="r", channel="web", contact="mail",
        language="ja", seats=seats, wishes=wishes, taken_at=NOW)


def counted(*facts: ApplicationFact | ApplicationWithdrawnLate) -> Wishes:
    wishes = Wishes()
    for fact in facts:
        wishes.hear(fact)
    return wishes


def test_b17_first_wishes_are_counted_by_party_and_all_wishes_by_seats() -> None:
    said = counted(taken("a", 1, 2, "am", "pm"), taken("b", 2, 3, "pm")).snapshot(NOW)
    assert (said.applications, said.first, said.seats) == (2, {"am": 1, "pm": 1}, {"am": 2, "pm": 5})


def test_b17_a_fact_that_comes_again_changes_nothing() -> None:
    amended = ApplicationAmended(application="a", number=2, contact="mail", seats=4, wishes=("pm",))
    facts = (taken("a", 1, 2, "am"), amended)
    wishes = counted(*facts)
    assert not any(wishes.hear(fact) for fact in (*facts, facts[0], amended))
    assert wishes.snapshot(NOW).first == {"pm": 1}


def test_b17_who_withdrew_or_does_not_count_wishes_nothing() -> None:
    wishes = counted(
        taken("a", 1, 2, "am"), taken("b", 2, 1, "am"), taken("c", 3, 1, "am"), taken("d", 4, 1, "am"),
        ApplicationWithdrawn(application="a", number=5),
        ApplicationDecided(application="b", number=6, counted=False, reason="duplicate"),
        ApplicationWithdrawnLate(application="c", entry="e" * 32))
    assert wishes.snapshot(NOW).first == {"am": 1}


def test_b17_a_decision_can_be_taken_back() -> None:
    no = ApplicationDecided(application="a", number=2, counted=False, reason="duplicate")
    yes = ApplicationDecided(application="a", number=3, counted=True, reason="different-person")
    assert counted(taken("a", 1, 2, "am"), no, yes).snapshot(NOW).applications == 1
