"""Which cards a cluster concerns, who may open them, and when all are counted (S10, B08)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.checkin.domain import incidents as rules
from services.checkin.domain.incidents import CardFile, Incident, Progress, Refused, SeatedGroup
from shared.contracts.checkin import SlotScope

NOW = datetime(2021, 7, 25, 1, 0, tzinfo=UTC)
GROUPS = [
    SeatedGroup("am", (1, 2), "LS-00001"), SeatedGroup("am", (3,), "LS-00002"),
    SeatedGroup("am", (4, 5, 6), "LS-00003"), SeatedGroup("am", (12,), "LS-00004"), SeatedGroup("pm", (3,), "LS-00005"),
]
ASKED = Incident("opened", "officer-1", ("LS-00001", "LS-00002"))
RELEASED = replace(ASKED, state="released")
LOCKED = CardFile("LS-00001", "locked")
OUT = replace(LOCKED, state="out", out_since=NOW)
COMPLETE = replace(OUT, outcome="reached", complete_since=NOW)


def why(outcome: object) -> str | None:
    return outcome.why if isinstance(outcome, Refused) else None


@pytest.mark.parametrize(("scope", "cards"), [
    ([SlotScope(slot="am")], ["LS-00001", "LS-00002", "LS-00003", "LS-00004"]),
    ([SlotScope(slot="am", seats=("W-003",))], ["LS-00002"]),
    ([SlotScope(slot="am", seats=("W-003",), radius=1)], ["LS-00001", "LS-00002", "LS-00003"]),
    ([SlotScope(slot="am", seats=("W-008",), radius=2)], ["LS-00003"]),
    ([SlotScope(slot="am", seats=("W-001",), radius=1)], ["LS-00001", "LS-00002"]),
    ([SlotScope(slot="am", seats=("W-003", "W-012"))], ["LS-00002", "LS-00004"]),
    ([SlotScope(slot="pm"), SlotScope(slot="am", seats=("W-001",))], ["LS-00001", "LS-00005"]),
    ([SlotScope(slot="evening")], []),
])
def test_s10_a_cluster_concerns_the_groups_on_its_seats_and_so_many_numbers_beside_them(
    scope: list[SlotScope], cards: list[str]
) -> None:
    assert list(rules.concerned(scope, GROUPS)) == cards


def test_b08_nothing_is_asked_for_where_nobody_sat_or_over_the_limit() -> None:
    assert why(rules.check_opening([], 5)) == "nobody-seated"
    assert why(rules.check_opening(["a", "b"], 1)) == "over-limit"
    assert rules.check_opening(["a", "b"], 2) is None


def test_b08_a_second_person_releases_once() -> None:
    assert rules.check_release(ASKED, "custodian-1") is None
    assert why(rules.check_release(ASKED, "officer-1")) == "same-person"
    assert why(rules.check_release(RELEASED, "custodian-1")) == "already-released"
    assert why(rules.check_release(replace(ASKED, state="closed"), "custodian-1")) == "incident-closed"


def test_b08_a_custodian_refuses_and_who_asked_takes_it_back() -> None:
    assert rules.check_drop(ASKED, "custodian-1", custodian=True) == "release-refused"
    assert rules.check_drop(ASKED, "officer-1", custodian=False) == "withdrawn"
    assert why(rules.check_drop(ASKED, "tracer-1", custodian=False)) == "not-yours"
    assert why(rules.check_drop(RELEASED, "custodian-1", custodian=True)) == "already-released"


@pytest.mark.parametrize(("incident", "card", "place", "refused"), [
    (RELEASED, LOCKED, "case", None), (ASKED, LOCKED, "case", "not-released"), (RELEASED, None, "case",
     "card-not-concerned"), (RELEASED, OUT, "opened", "card-out"), (RELEASED, LOCKED, "attendant", "not-in-case"),
    (RELEASED, replace(LOCKED, state="closed"), "case", "card-closed"), (RELEASED, LOCKED, "opened", "not-in-case"),
    (replace(RELEASED, state="closed"), LOCKED, "case", "incident-closed"),
])
def test_b08_only_a_released_card_that_is_in_its_place_is_taken_out(
    incident: Incident, card: CardFile | None, place: str, refused: str | None
) -> None:
    assert why(rules.check_taking_out(incident, card, place)) == refused  # type: ignore[arg-type]


@pytest.mark.parametrize(("card", "outcome", "next_in", "refused"), [
    (OUT, "reached", None, None), (OUT, "no-answer", 1, None), (OUT, "call-later", 1, None),
    (OUT, "no-answer", None, "next-attempt-needed"), (OUT, "no-answer", 0, "next-attempt-past"),
    (OUT, "reached", 1, "next-attempt-not-needed"), (LOCKED, "reached", None, "card-not-out"),
    (COMPLETE, "no-answer", 1, "contact-complete"),
])
def test_s10_a_call_has_an_outcome_by_code_and_says_when_the_next_one_is(
    card: CardFile, outcome: str, next_in: int | None, refused: str | None
) -> None:
    next_at = None if next_in is None else NOW + timedelta(hours=next_in)
    assert why(rules.check_contact(RELEASED, card, outcome, next_at, NOW)) == refused  # type: ignore[arg-type]


def test_s10_with_what_a_card_goes_back() -> None:
    assert rules.check_closing(RELEASED, COMPLETE, None, "opened") == "contacted"
    assert rules.check_closing(RELEASED, OUT, "unreachable", "opened") == "left"
    assert rules.check_closing(RELEASED, OUT, None, "opened") == "later"
    assert why(rules.check_closing(RELEASED, COMPLETE, "unreachable", "opened")) == "reason-not-needed"
    assert why(rules.check_closing(ASKED, OUT, None, "opened")) == "not-released"


def test_b08_a_card_is_left_untried_only_if_it_is_not_under_lock() -> None:
    assert rules.check_closing(RELEASED, LOCKED, "card-missing", "attendant") == "left"
    assert why(rules.check_closing(RELEASED, LOCKED, "card-missing", "case")) == "try-first"
    assert why(rules.check_closing(RELEASED, LOCKED, "card-missing", "opened")) == "try-first"
    assert why(rules.check_closing(RELEASED, LOCKED, None, "case")) == "card-not-out"


def test_b08_an_incident_ends_when_each_card_is_contacted_or_left_for_a_reason() -> None:
    contacted = replace(COMPLETE, state="closed", result="contacted")
    left = CardFile("LS-00002", "closed", result="left", reason="illegible")

    assert why(rules.check_end(RELEASED, [contacted, OUT])) == "cards-open"
    assert why(rules.check_end(ASKED, [contacted, left])) == "not-released"
    assert rules.check_end(RELEASED, [contacted, left]) == Progress(2, 1, {"illegible": 1}, 0, 0)
    assert rules.progress([contacted, left, OUT, LOCKED]) == Progress(4, 1, {"illegible": 1}, 1, 1)


def test_s10_a_card_that_is_out_too_long_is_an_alarm_and_sooner_once_its_contact_is_complete() -> None:
    assert not rules.is_out_too_long(OUT, NOW + rules.OUT_AT_MOST)
    assert rules.is_out_too_long(OUT, NOW + rules.OUT_AT_MOST + timedelta(seconds=1))
    assert not rules.is_out_too_long(COMPLETE, NOW + rules.COMPLETE_OUT_AT_MOST)
    assert rules.is_out_too_long(COMPLETE, NOW + rules.COMPLETE_OUT_AT_MOST + timedelta(seconds=1))
    assert not rules.is_out_too_long(LOCKED, NOW + timedelta(days=1))


def test_s14_the_next_call_is_chosen_by_code_among_times_to_come() -> None:
    zone = timezone(timedelta(hours=9))
    late = datetime(2021, 7, 25, 10, 0, tzinfo=UTC)  # 19:00 there
    assert list(rules.next_attempts(NOW, zone)) == ["in-1-hour", "in-3-hours", "evening", "tomorrow"]
    assert list(rules.next_attempts(late, zone)) == ["in-1-hour", "in-3-hours", "tomorrow"]
    assert rules.next_attempts(late, zone)["tomorrow"] == datetime(2021, 7, 26, 1, 0, tzinfo=UTC)
