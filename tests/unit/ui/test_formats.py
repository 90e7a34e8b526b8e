"""Times carry date, weekday and zone; numbers carry their unit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shared.ui import charts, formats
from shared.ui.language import Words, speaking
from shared.ui.rendering import HERE

OPENING = datetime(2021, 7, 23, 1, 0, tzinfo=UTC)
WORDS = Words([HERE / "words", Path("nowhere")])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "2021年7月23日（金）10:00（日本時間）"),
        ("en", "Fri 23 July 2021, 10:00 (Japan time)"),
        ("zh-Hans", "2021年7月23日（周五）10:00（日本时间）"),
        ("ko", "2021년 7월 23일(금) 10:00(일본 시간)"),
    ],
)
def test_a_time_has_date_weekday_and_zone(language: str, text: str) -> None:
    with speaking(WORDS, language):
        assert formats.jst(OPENING) == text


def test_another_zone_is_named() -> None:
    assert formats.jst(OPENING, timedelta(hours=-3, minutes=-30)).endswith("21:30（UTC-03:30）")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        formats.jst(OPENING.replace(tzinfo=None))


def test_a_time_in_html_is_readable_by_machines() -> None:
    assert '<time datetime="2021-07-23T01:00:00+00:00">' in formats.moment(OPENING)


def test_numbers_have_separators_and_units() -> None:
    with speaking(WORDS, "ja"):
        assert formats.number(10214) == "10,214"
        assert formats.seats(1200) == "1,200席"
        assert formats.unit(41.25, "percent", 1) == "41.2%"
    assert formats.percent(0.374) == "37%"
    assert formats.short_day(date(2021, 8, 1)) == "8/1（日）"


def test_a_scale_ends_on_a_round_number_above_all_values() -> None:
    assert charts.scale([160, 12]).top == 200
    assert charts.scale([3, 1]).ticks == (0, 1, 2, 3)
    assert charts.scale([]).top == 1
    assert charts.scale([0.3]).top == pytest.approx(0.3)


def test_a_line_breaks_where_nothing_is_known() -> None:
    assert charts.line([0, None, 2], charts.scale([2])) == "M0.0 1000.0 M1000.0 0.0"
    assert charts.area([None], charts.scale([1])) == ""


def test_a_calendar_leaves_out_the_weeks_between() -> None:
    rows = charts.weeks([date(2021, 8, 8), date(2021, 8, 24)])
    assert len(rows) == 2
    assert rows[0][6] == date(2021, 8, 8)
    assert charts.weeks([]) == []


def test_page_numbers_show_ends_and_neighbours() -> None:
    assert charts.page_numbers(6, 12) == [1, None, 5, 6, 7, None, 12]
    assert charts.page_numbers(1, 2) == [1, 2]
    assert charts.page_numbers(3, 5) == [1, 2, 3, 4, 5]
