"""When paper cards may be destroyed, by whom and before whom (S16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.checkin.domain.cards import UnknownCard, card_span
from services.checkin.domain.destruction import MOST_AT_ONCE, Batch, Refused, check_batch, destroyable_from, ranges
from shared.contracts.programme import Programme

DUE = datetime(2021, 10, 4, 15, 0, tzinfo=UTC)  # 5 October 0:00 in Tokyo
BEFORE = datetime(2021, 10, 4, 14, 59, 59, tzinfo=UTC)
BATCH = Batch(("a", "b"), "w", counted=2)
IN_CASE = {"LS-00001": "case", "LS-00002": "case"}


def check(
    programme: Programme, batch: Batch = BATCH, places: dict[str, str] = IN_CASE, **more: object
) -> Refused | None:
    given = {"taken_from": "case", "witness_employer": "ward", "concerned": (), "now": DUE} | more
    return check_batch(programme, batch, places, **given)  # type: ignore[arg-type]


def why(refused: Refused | None) -> str | None:
    return refused.why if refused else None


def test_s16_cards_are_destroyed_from_thirty_days_after_the_event_on(programme: Programme) -> None:
    assert destroyable_from(programme) == date(2021, 10, 5) == programme.contract.last
    assert check(programme) is None
    assert check(programme, now=BEFORE) == Refused("too-early", since=date(2021, 10, 5))
    assert check(programme, replace(BATCH, reason="ward-order"), now=BEFORE) is None
    assert why(check(programme, replace(BATCH, reason="ward-order"))) == "reason-not-needed"


@pytest.mark.parametrize(("batch", "employer", "refused"), [
    (BATCH, "ward", None), (BATCH, "contractor", "witness-not-ward"), (BATCH, None, "witness-not-ward"),
    (replace(BATCH, witnessed_by="a"), "ward", "same-person"),
    (replace(BATCH, destroyed_by=("a", "a")), "ward", "same-person"),
])
def test_s16_two_people_and_a_witness_of_the_ward_are_three_people(
    programme: Programme, batch: Batch, employer: str | None, refused: str | None
) -> None:
    assert why(check(programme, batch, witness_employer=employer)) == refused


def test_s16_the_two_count_what_the_ledger_has(programme: Programme) -> None:
    assert check(programme, replace(BATCH, counted=3)) == Refused("count", 2)
    assert why(check(programme, places={})) == "no-cards"
    many = {f"LS-{number:05d}": "case" for number in range(MOST_AT_ONCE + 1)}
    assert why(check(programme, replace(BATCH, counted=len(many)), many)) == "too-many"


def test_s16_no_card_is_destroyed_from_where_it_is_not_or_while_an_incident_needs_it(programme: Programme) -> None:
    used = {"LS-00001": "stock", "LS-00002": "case"}
    assert check(programme, places=used, taken_from="stock") == Refused("not-destroyable", cards=("LS-00002",))
    assert check(programme, concerned={"LS-00002"}) == Refused("concerned", cards=("LS-00002",))


def test_s16_ranges_name_every_card(programme: Programme) -> None:
    assert programme.cards is not None
    names = ["LS-00003", "LS-00001", "LS-00002", "LS-00007"]
    assert ranges(programme.cards, names) == (("LS-00001", "LS-00003"), ("LS-00007", "LS-00007"))
    assert card_span(programme.cards, "5998", "ls6000", 10) == ("LS-05998", "LS-05999", "LS-06000")
    for first, last in (("3", "2"), ("1", "12"), ("5999", "6001")):
        with pytest.raises(UnknownCard):
            card_span(programme.cards, first, last, 10)
