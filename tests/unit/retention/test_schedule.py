"""The calendar of erasing follows from the programme's rules and the day of its draw (S17, B10)."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.retention.domain.erasing import batch_id, order_id, unanswered, waits_for
from services.retention.domain.schedule import (
    UNDECIDED,
    Cancellation,
    Duty,
    calendar,
    contract_end,
    event_ends,
    final_by,
    next_look,
    removed_by,
    start_of,
    warnings,
    withdrawn_before,
)
from services.retention.domain.standing import changed, standing
from shared.contracts.programme import ErasureRule, Programme
from shared.contracts.programme_fit import STANDINGS
from shared.contracts.topics import SERVICES

FOLDER = Path(__file__).parents[3] / "programmes"
LIVE_SITE = Programme.model_validate(tomllib.loads((FOLDER / "live-site-2020.toml").read_text()))
STAGE = Programme.model_validate(tomllib.loads((FOLDER / "summer-stage-2024.toml").read_text()))
DRAWN = datetime(2021, 6, 23, 6, tzinfo=UTC)


def by_rules(*rules: dict[str, Any]) -> Programme:
    return LIVE_SITE.model_copy(update={"erasure": tuple(ErasureRule.model_validate(rule) for rule in rules)})


def erasing(programme: Programme, standing_of: str, drawn_at: datetime | None = DRAWN) -> Duty:
    return next(duty for duty in calendar(programme, drawn_at) if standing_of in duty.standings)


def test_s17_who_did_not_win_goes_14_days_after_the_draw_and_winners_on_the_contracts_last_day() -> None:
    for loser in ("lost", "not-counted", "withdrawn", "struck"):
        duty = erasing(LIVE_SITE, loser)
        assert LIVE_SITE.local(duty.due_at).isoformat() == "2021-07-07T00:00:00+09:00"
        assert (duty.returned, duty.approval) == (False, "R3-45-1-17")
    for winner in ("won", "waiting"):
        duty = erasing(LIVE_SITE, winner)
        assert LIVE_SITE.local(duty.due_at).isoformat() == "2021-10-05T00:00:00+09:00"
        assert duty.returned


def test_s17_on_the_contracts_last_day_return_cards_keys_and_certificate_fall_together() -> None:
    last = start_of(LIVE_SITE, LIVE_SITE.contract.last)
    assert {duty.what for duty in calendar(LIVE_SITE, DRAWN) if duty.due_at == last} == {
        "erase", "return", "cards", "keys", "certificate"}


@pytest.mark.parametrize("programme", [LIVE_SITE, STAGE, by_rules()], ids=["live-site", "stage", "no rules"])
@pytest.mark.parametrize("drawn_at", [None, DRAWN])
def test_s17_every_standing_has_one_duty_and_none_is_later_than_the_contract(
    programme: Programme, drawn_at: datetime | None
) -> None:
    duties = calendar(programme, drawn_at)
    held = [name for duty in duties for name in duty.standings]
    assert sorted(held) == sorted([*STANDINGS, UNDECIDED])
    assert max(duty.due_at for duty in duties) < contract_end(programme)
    assert list(duties) == sorted(duties, key=lambda duty: duty.due_at)
    assert len({duty.code for duty in duties}) == len(duties)


def test_s17_a_programme_without_rules_returns_and_erases_all_at_the_contracts_end() -> None:
    duty = erasing(by_rules(), "lost")
    assert (duty.due_at, duty.returned) == (start_of(LIVE_SITE, LIVE_SITE.contract.last), True)


def test_b10_without_a_draw_its_rules_fall_due_on_the_contracts_last_day_and_warn_nobody() -> None:
    duty = erasing(LIVE_SITE, "lost", None)
    assert duty.waits_for_draw
    assert duty.due_at == start_of(LIVE_SITE, LIVE_SITE.contract.last)
    assert {near.code for near in warnings(LIVE_SITE, calendar(LIVE_SITE, None))} == {"contract-end"}


def test_b10_warnings_come_30_14_and_3_days_before_and_once_for_all_of_the_contracts_last_day() -> None:
    found = warnings(LIVE_SITE, calendar(LIVE_SITE, DRAWN))
    assert all(near.due_at - near.at == timedelta(days=near.days) for near in found)
    losers = erasing(LIVE_SITE, "lost").code
    assert [(near.code, near.days) for near in found] == [
        (code, days) for code in (losers, "contract-end") for days in (30, 14, 3)]


def test_b10_a_withdrawal_may_have_a_term_of_its_own_counted_in_days_of_the_place() -> None:
    rest = [name for name in STANDINGS if name != "withdrawn"]
    programme = by_rules({"outcomes": ["withdrawn"], "after": "withdrawal", "days": 5}, {
        "outcomes": rest, "after": "contract"})
    duty = erasing(programme, "withdrawn")
    assert duty.each_after_days == 5
    # Withdrawn on 1 June at 23:59 in Tokyo: gone when 6 June begins there, not a second earlier.
    withdrawn = datetime(2021, 6, 1, 14, 59, 59, tzinfo=UTC)
    assert withdrawn < withdrawn_before(programme, 5, datetime(2021, 6, 5, 15, tzinfo=UTC))
    assert withdrawn >= withdrawn_before(programme, 5, datetime(2021, 6, 5, 14, 59, 59, tzinfo=UTC))


def test_s17_an_order_has_a_week_and_never_longer_than_the_contract() -> None:
    early, last = erasing(LIVE_SITE, "lost").due_at, start_of(LIVE_SITE, LIVE_SITE.contract.last)
    assert removed_by(LIVE_SITE, early) - early == timedelta(days=7)
    assert removed_by(LIVE_SITE, last) == final_by(LIVE_SITE, last) == contract_end(LIVE_SITE)
    lifted_late = contract_end(LIVE_SITE) + timedelta(days=100)
    assert removed_by(LIVE_SITE, lifted_late) > lifted_late


def test_what_is_kept_back_is_looked_at_again_when_the_next_day_begins_there() -> None:
    evening = datetime(2021, 7, 7, 14, 59, tzinfo=UTC)
    assert next_look(LIVE_SITE, evening) == datetime(2021, 7, 7, 15, tzinfo=UTC)
    assert next_look(LIVE_SITE, next_look(LIVE_SITE, evening)) == datetime(2021, 7, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(("state", "result", "stands"), [
    ("taken", None, UNDECIDED), (None, None, UNDECIDED), ("counted", None, UNDECIDED), ("counted", "won", "won"),
    (None, "lost", "lost"), ("withdrawn", None, "withdrawn"), ("withdrawn", "struck", "withdrawn"),
    ("not-counted", None, "not-counted"), ("counted", "struck", "struck"),
])
def test_s17_the_standing_follows_from_what_was_heard_in_whatever_order(
    state: str | None, result: str | None, stands: str
) -> None:
    assert standing(state, result) == stands


@pytest.mark.parametrize(("result", "kind", "slot", "holds", "then"), [
    ("waiting", "promoted", "s", ("s",), "won"), ("won", "withdrawn", None, (), "withdrawn"),
    ("won", "declined", "s", (), "withdrawn"), ("won", "declined", "s", ("t",), "won"),
    ("waiting", "declined", "s", (), "waiting"), ("waiting", "withdrawn", None, (), "withdrawn"),
    ("won", "disqualified", None, (), "struck"), ("won", "revoked", "s", (), "won"),
])
def test_s17_changes_after_the_draw_change_the_standing(
    result: str, kind: str, slot: str | None, holds: tuple[str, ...], then: str
) -> None:
    assert changed(result, kind, slot, holds) == then


def test_s18_a_batch_says_what_it_waits_for() -> None:
    assert waits_for("awaiting-return") == ("return",)
    assert waits_for("awaiting-return", held=True) == ("hold",)
    assert waits_for("ordered", ["lottery"]) == ("lottery",)
    assert waits_for("attested") == ("rotation",)
    assert waits_for("attested", (), [name for name in SERVICES if name != "notifier"]) == ("keys-notifier",)
    assert waits_for("final") == ("audit",)
    assert waits_for("certified") == ()
    assert unanswered(SERVICES) == ()


def test_b10_ids_follow_from_the_duty_so_that_a_restart_repeats_nothing() -> None:
    assert batch_id("p/erase", 0) == batch_id("p/erase", 0) != batch_id("p/erase", 1)
    assert order_id("b", 1) == order_id("b", 1) != order_id("b", 2)


def test_b17_what_counts_from_the_events_end_counts_from_the_last_day_that_is_held() -> None:
    programme = by_rules({"outcomes": list(STANDINGS), "after": "event", "days": 10})
    decided = datetime(2021, 8, 20, 3, tzinfo=UTC)
    paralympic = frozenset(slot.id for slot in LIVE_SITE.slots if slot.day.isoformat() > "2021-08-08")
    everything = frozenset(slot.id for slot in LIVE_SITE.slots)
    for slots, last, due in ((frozenset({LIVE_SITE.slots[0].id}), "2021-09-05", "2021-09-15"),
                             (paralympic, "2021-08-08", "2021-08-18"), (everything, "2021-08-20", "2021-08-30")):
        cancelled = Cancellation(slots, decided)
        assert event_ends(programme, cancelled).isoformat() == last
        duty = next(duty for duty in calendar(programme, DRAWN, cancelled) if "won" in duty.standings)
        assert programme.local(duty.due_at).date().isoformat() == due
        cards = next(duty for duty in calendar(programme, DRAWN, cancelled) if duty.what == "cards")
        assert programme.local(cards.due_at).date().isoformat() == "2021-10-05", "as it was announced on the cards"


def test_b17_applications_to_an_event_that_was_cancelled_without_a_draw_go_as_those_who_did_not_win() -> None:
    decided = datetime(2021, 6, 18, 3, tzinfo=UTC)
    everything = Cancellation(frozenset(slot.id for slot in LIVE_SITE.slots), decided)
    part = Cancellation(frozenset({LIVE_SITE.slots[0].id}), decided)

    def left_over(drawn_at: datetime | None, cancelled: Cancellation | None) -> str:
        duty = next(duty for duty in calendar(LIVE_SITE, drawn_at, cancelled) if UNDECIDED in duty.standings)
        return LIVE_SITE.local(duty.due_at).date().isoformat()

    assert left_over(None, everything) == "2021-07-02", "14 days after the decision"
    assert {left_over(None, None), left_over(None, part), left_over(DRAWN, everything)} == {"2021-10-05"}
