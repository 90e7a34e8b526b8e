"""Feedback, data and chart macros: every state renders, escapes, and says what it must."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared.ui.charts import window
from tests.unit.ui.conftest import Render

HOSTILE = "<script>alert('x')</script>"
NOW = datetime(2021, 7, 23, 1, 0, tzinfo=UTC)

STATES = {
    "notice": '{{ feedback.notice("info", bad, bad) }}',
    "empty": "{{ feedback.empty(bad, bad, '#', bad) }}",
    "busy": "{{ feedback.busy(bad, bad, 1, 4) }}",
    "busy without end": "{{ feedback.busy(bad) }}",
    "failed": "{{ feedback.failed(bad, bad, bad, '#') }}",
    "stale": "{{ feedback.stale(now, bad) }}",
    "refused": "{{ feedback.refused(bad, bad, bad, bad) }}",
    "consequence": "{{ feedback.consequence(bad, [bad]) }}",
    "live": "{% call feedback.live(bad, now) %}{{ bad }}{% endcall %}",
    "definitions": "{{ data.definitions([(bad, bad, bad)]) }}",
    "table": '{{ data.table(bad, [bad, (bad, "number")], [[bad, bad]]) }}',
    "empty table": "{{ data.table(bad, [bad], [], empty=bad) }}",
    "steps": '{{ data.steps(bad, [(bad, "done", bad), (bad, "now"), (bad, "next"), (bad, "failed")]) }}',
    "progress": "{{ data.progress(bad, 0, 0, note=bad) }}",
    "copy": "{{ data.copy(bad, bad) }}",
    "status": '{{ data.status(bad, "waiting", bad) }}',
    "tag": "{{ data.tag(bad) }}",
    "tile": "{{ data.tile(bad, bad, '#', bad) }}",
    "pagination": "{{ data.pagination(4, 12, '?page=', 231) }}",
    "two people": "{{ data.two_people((bad, bad, now), none) }}",
    "more": "{% call data.more(bad) %}{{ bad }}{% endcall %}",
    "bars": '{{ charts.bars(bad, [{"label": bad, "value": 3, "mark": 2, "href": "#"}], mark_label=bad) }}',
    "ranges": '{{ charts.ranges(bad, [{"label": bad, "value": 3, "mark": 2, "low": 1, "high": 4, "says": bad}],'
              ' ([bad], [[bad, "3"]]), bad, bad, bad, note=bad) }}',
    "calendar": "{{ charts.calendar(bad, days, [bad, bad], capacity=10, href='#%s') }}",
    "burndown": "{{ charts.burndown(bad, [bad, bad], [4, none], note=bad) }}",
    "dayline": "{{ charts.dayline(bad, [bad, bad], [4, none], 9) }}",
}


@pytest.mark.parametrize("language", ["ja", "en", "zh-Hans", "ko"])
@pytest.mark.parametrize("source", STATES.values(), ids=STATES.keys())
def test_every_macro_renders_in_every_language_and_escapes(render: Render, source: str, language: str) -> None:
    page = render(source, language, bad=HOSTILE, now=NOW, days={date(2021, 7, 23): [3, 12]})
    assert len(page.select("script")) == 1
    assert page.select("main [style]") == []
    assert page.html is not None
    assert page.html["lang"] == language


@pytest.mark.parametrize("kind", ["bars", "ranges", "calendar", "burndown", "dayline"])
def test_a_chart_has_a_title_a_unit_and_its_table(render: Render, kind: str) -> None:
    page = render(STATES[kind], bad="題", days={date(2021, 7, 23): [3, 12]})
    assert "題" in page.select("figcaption")[0].text
    assert "単位" in page.select("figcaption")[0].text
    assert page.select("details table td")


def test_numbers_stand_to_the_right_and_rows_have_headers(render: Render) -> None:
    page = render('{{ data.table("表", ["名", ("席", "number")], [["A", 4]]) }}')
    assert page.select("td.cell--number")[0].text == "4"
    assert page.select("tbody th[scope=row]")[0].text == "A"
    assert page.select("caption")[0].text == "表"


def test_a_tile_leads_to_the_list_behind_it(render: Render) -> None:
    assert render("{{ data.tile('残り', 4 | seats, '/list') }}").select("a.tile[href='/list']")


@pytest.mark.parametrize(("figures", "bottom", "top"), [
    ([88.5, 81.5, 90.8], 80, 95), ([2.5, 0.1, 80.6], 0, 100), ([100, 100, 100], 0, 100), ([97, 92, 100], 92, 100),
    ([0, 0, 0], 0, 1), ([], 0, 1),
])  # fmt: skip
def test_ranges_are_drawn_in_a_window_of_round_numbers_around_them(
    figures: list[float], bottom: float, top: float
) -> None:
    names = ("value", "low", "high")
    found = window([dict(zip(names, figures, strict=True))] if figures else [])
    assert (found.bottom, found.top) == (bottom, top)
    assert all(0 <= found.share(figure) <= 1000 for figure in figures)


def test_a_chart_of_nothing_and_of_unknowns_can_be_drawn(render: Render) -> None:
    render("{{ charts.bars('t', []) }}{{ charts.calendar('t', {}, []) }}")
    render("{{ charts.ranges('t', [], (['a'], []), 'v', 'm', 'r') }}")
    nothing = '{"label": "a", "value": 0, "mark": none, "low": none, "high": 0, "says": none}'
    render("{{ charts.ranges('t', [" + nothing + "], (['a'], [['a']]), 'v', 'm', 'r') }}")
    render("{{ charts.burndown('t', ['a'], [none]) }}{{ charts.dayline('t', ['a', 'b'], [none, none], 5) }}")
