"""B17: which slots a cancellation takes, and that nothing is left of their seats before and after the draw."""

from __future__ import annotations

import pytest

from services.lottery.domain.cancelling import Scope, cancelled_slots
from services.lottery.domain.faults import Refused
from services.lottery.pages.desk_view import missing
from tests.unit.lottery import campaign
from tests.unit.lottery.campaign import FROZEN_AT, WHY, entry
from tests.unit.lottery_service.test_views import programme, registered


@pytest.mark.parametrize(("scope", "value", "slots"), [
    ("slot", "2021-07-23-sumitomo-am", 1), ("day", "2021-07-23", 4), ("venue", "sumitomo", 64), ("event", None, 128),
])
def test_b17_a_scope_is_its_slots_in_programme_order(scope: Scope, value: str | None, slots: int) -> None:
    it = programme()
    found = cancelled_slots(it, scope, value)
    assert len(found) == slots
    assert list(found) == [slot.id for slot in it.slots if slot.id in set(found)]


@pytest.mark.parametrize(("scope", "value"), [
    ("slot", "2021-07-23"), ("day", "2021-12-24"), ("venue", "tower"), ("event", "sumitomo"), ("day", None),
])
def test_b17_a_scope_that_the_programme_does_not_have_is_refused(scope: Scope, value: str | None) -> None:
    with pytest.raises(Refused) as caught:
        cancelled_slots(programme(), scope, value)
    assert caught.value.code == "scope"


def test_b17_an_event_that_is_wholly_cancelled_needs_no_draw_and_the_desk_says_so() -> None:
    it = programme()
    state = registered(it)
    state.stage, state.cancelled = "announced", [slot.id for slot in it.slots]
    now = it.draw.timetable.freeze_from
    assert [item.words for item in missing(it, state, now, 5, 6, 0)] == ["event-cancelled"]
    state.cancelled.pop()
    assert [item.words for item in missing(it, state, now, 5, 6, 0)] == ["partitions"]


def test_b17_the_seats_of_a_slot_are_those_of_the_rules_as_adjusted_and_after_the_draw_as_changed() -> None:
    transcript = campaign.frozen([entry(number, 1, "a", "b") for number in range(3)])
    transcript.adjust("a", -3, **WHY, at=FROZEN_AT)
    assert transcript.seats_by_slot() == {"a": 1, "b": 3, "c": 5}
    campaign.draw(campaign.close(transcript))
    assert transcript.seats_by_slot() == {"a": 1, "b": 3, "c": 5}, "given or free, a seat is a seat"
    campaign.seats_changed(transcript, "b", -3, "2021-06-04T00:00:00Z")
    assert transcript.seats_by_slot()["b"] == 0
    revoked = [record for record in transcript.settle_day() if record["type"] == "revoked"]
    assert {record["slot"] for record in revoked} == {"b"} and len(revoked) == 2
