"""S01, S02: when applications are taken."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from services.intake.domain.window import (
    WindowRefused,
    check_closable,
    closable_from,
    phase,
    postcard_date_faults,
    postcard_verdict,
    web_verdict,
)
from shared.contracts.programme import Postcards, Programme

SECOND = timedelta(seconds=1)


def test_s01_the_web_is_open_from_the_opening_until_before_the_closing(
    programme: Programme,
) -> None:
    window = programme.window
    assert web_verdict(programme, window.opens).counted
    assert web_verdict(programme, window.closes - SECOND).counted


def test_s01_outside_the_window_the_refusal_says_which_time_decided(programme: Programme) -> None:
    with pytest.raises(WindowRefused) as early:
        web_verdict(programme, programme.window.opens - SECOND)
    with pytest.raises(WindowRefused) as late:
        web_verdict(programme, programme.window.closes)
    assert (early.value.code, early.value.at) == ("too-early", programme.window.opens)
    assert (late.value.code, late.value.at) == ("too-late", programme.window.closes)


def test_s01_late_ones_are_kept_where_the_programme_says_so(programme: Programme) -> None:
    keeping = programme.model_copy(
        update={"window": programme.window.model_copy(update={"late": "keep"})}
    )
    verdict = web_verdict(keeping, programme.window.closes)
    assert (verdict.counted, verdict.reason) == (False, "late")


@pytest.mark.parametrize(
    ("postmarked", "received", "counted", "reason"),
    [
        (date(2021, 6, 14), date(2021, 6, 18), True, None),
        (date(2021, 5, 31), date(2021, 6, 1), True, None),
        (date(2021, 6, 15), date(2021, 6, 16), False, "late-postmark"),
        (date(2021, 6, 14), date(2021, 6, 19), False, "late-receipt"),
        (date(2021, 5, 30), date(2021, 6, 1), False, "early"),
    ],
)
def test_s02_postmark_and_receipt_decide_whether_a_card_counts(
    programme: Programme, postmarked: date, received: date, counted: bool, reason: str | None
) -> None:
    verdict = postcard_verdict(programme, postmarked, received)
    assert (verdict.counted, verdict.reason) == (counted, reason)


def test_s02_dates_that_cannot_be_are_refused(programme: Programme) -> None:
    today = date(2021, 6, 10)
    assert [
        fault.field for fault in postcard_date_faults(programme, date(2021, 6, 9), date(2021, 6, 8), today)
    ] == ["postmarked_on"]
    assert [
        fault.field for fault in postcard_date_faults(programme, date(2021, 6, 9), date(2021, 6, 11), today)
    ] == ["received_on"]
    assert postcard_date_faults(programme, today, today, today) == []


@pytest.mark.parametrize(
    ("received", "by_hand", "counted", "reason"),
    [
        (date(2021, 6, 18), False, True, None),  # without a postmark the day of receipt decides
        (date(2021, 6, 19), False, False, "late-receipt"),
        (date(2021, 6, 14), True, True, None),  # handed in: as if posted on that day
        (date(2021, 6, 15), True, False, "late"),
        (date(2021, 5, 30), True, False, "early"),
    ],
)
def test_s02_a_card_without_a_postmark_is_judged_by_the_day_it_came(
    programme: Programme, received: date, by_hand: bool, counted: bool, reason: str | None
) -> None:
    verdict = postcard_verdict(programme, None, received, by_hand)
    assert (verdict.counted, verdict.reason) == (counted, reason)


def test_s02_where_the_programme_says_so_a_missing_postmark_is_held(programme: Programme) -> None:
    today = date(2021, 6, 10)
    holds = programme.model_copy(update={"postcards": Postcards(missing_postmark="hold")})
    assert postcard_date_faults(programme, None, today, today) == []
    assert [fault.code for fault in postcard_date_faults(holds, None, today, today)] == ["postmark-missing"]
    assert postcard_date_faults(holds, None, today, today, by_hand=True) == []
    assert [fault.code for fault in postcard_date_faults(holds, today, today, today, by_hand=True)] == [
        "postmark-by-hand"]


def test_the_window_cannot_be_closed_before_the_last_day_for_postcards_is_over(
    programme: Programme,
) -> None:
    assert closable_from(programme) == datetime.fromisoformat("2021-06-19T00:00:00+09:00")
    with pytest.raises(WindowRefused) as refused:
        check_closable(programme, closable_from(programme) - SECOND)
    assert refused.value.code == "not-yet-closable"
    check_closable(programme, closable_from(programme))


def test_without_postcards_the_window_can_be_closed_at_its_end(programme: Programme) -> None:
    web_only = [item.model_copy(update={"channels": ("web",)}) for item in programme.data_items]
    assert (
        closable_from(programme.model_copy(update={"data_items": tuple(web_only)}))
        == programme.window.closes
    )


def test_the_phases_follow_each_other(programme: Programme) -> None:
    window = programme.window
    moments = (window.opens - SECOND, window.opens, window.closes, window.closes)
    assert [
        phase(programme, moment, closed)
        for moment, closed in zip(moments, (False,) * 3 + (True,), strict=True)
    ] == ["before", "open", "ended", "closed"]
