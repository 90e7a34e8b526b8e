"""B02, B14: how fair a draw came out, as the public sees it: two widths, four languages, no scripts, paper."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from services.lottery.pages.public_view import Record
from services.lottery.store import STATED, DrawState
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.ui import Pages
from tests.browser.chromium import check_accessibility
from tests.browser.conftest import serve
from tests.browser.draws import registered, rendered

ROOT = Path(__file__).parents[2]
PROGRAMME = Programme.model_validate(tomllib.loads((ROOT / "programmes/live-site-2020.toml").read_text("utf-8")))
SLOT = PROGRAMME.slots[0].id
LEAF = "#fairness"


def group(kind: str, key: str, entries: int, won: int, expected: tuple[int, int, int], **more: Any) -> dict[str, Any]:
    total, low, high = expected
    return {"kind": kind, "key": key, "entries": entries, "won": won, "as_extreme": 700, "detectable": 30,
            "expected": {"total": total * 1000, "low": low, "high": high}, **more}  # fmt: skip


FAIR: dict[str, Any] = {
    "state": STATED, "draw": PROGRAMME.draw.id, "result_digest": "0" * 64, "entries": 400, "runs": 1000,
    "runs_alone": 100, "envious": 0,
    "groups": [
        group("party", "1", 150, 63, (60, 50, 70)), group("party", "2", 247, 97, (97, 88, 107)),
        group("party", "few", 3, 0, (1, 0, 2), detectable=6), group("day", "2021-06-01", 200, 94, (80, 70, 90)),
        group("day", "2021-06-02", 200, 66, (78, 70, 90), detectable=12),
        group("channel", "web", 300, 120, (119, 109, 129)),
        group("channel", "postcard", 100, 40, (39, 31, 47)), group("wish", "1", 400, 150, (149, 140, 158)),
        group("wish", "2", 220, 10, (9, 3, 15)),
    ],
    "left": [{"slot": None, "left": 2, "expected": {"total": 3000, "low": 0, "high": 6}},
             {"slot": SLOT, "left": 2, "expected": {"total": 3000, "low": 0, "high": 6}}],
    "alone": [{"key": "1", "entries": 150, "persons": 150, "won": 6100, "together": 6100},
              {"key": "2", "entries": 247, "persons": 494, "won": 20000, "together": 4100},
              {"key": "few", "entries": 3, "persons": 15, "won": 600, "together": 0}],
}  # fmt: skip
UNUSUAL = [{**one, "as_extreme": 2} if one["key"] == "2021-06-01" else one for one in FAIR["groups"]]
CERTAIN = [{**one, "detectable": None} for one in FAIR["groups"]]
CASES = {
    "fair": FAIR, "unusual": {**FAIR, "groups": UNUSUAL, "envious": 3},
    "several-wins": {**FAIR, "envious": None}, "waiting": {"state": "due", "done": 250, "runs": 1000},
    "too-many": {**FAIR, "runs": 0, "runs_alone": 0, "alone": [], "groups": CERTAIN},
    "no-chance": {**FAIR, "groups": CERTAIN},
}  # fmt: skip


def show(pages: Pages, request: Request) -> HTMLResponse:
    """The page of a draw that is done."""
    at = moment_text(PROGRAMME.draw.timetable.commit_until)
    state = DrawState(programme=PROGRAMME.id, draw=PROGRAMME.draw.id, stage="drawn", count=400,
                      witnesses=registered(PROGRAMME, at), seed="0" * 64)
    known = json.loads(json.dumps(CASES[request.path_params["name"]]))
    return rendered(
        pages, request, PROGRAMME, state, PROGRAMME.draw.timetable.promote_until, Record(fairness=known))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The lottery's own templates and headers, without its stores."""
    pages = Pages(ROOT / "services/lottery/pages", "lottery", "/lottery")
    app = Starlette(routes=[Route("/{name}", lambda request: show(pages, request))])
    pages.mount_static(app)
    with serve(app) as url:
        yield url


SEEN = [(name, "ja", width) for name in CASES for width in (360, 1440)]
SEEN += [("fair", language, 360) for language in ("en", "zh-Hans", "ko")]


@pytest.mark.parametrize(("name", "language", "width"), SEEN)
def test_b02_each_state_is_accessible_and_fits_and_speaks_each_language(
    page: Page, address: str, name: str, language: str, width: int
) -> None:
    """With every table open; nothing of it falls back to Japanese but the slots' own names."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/{name}?lang={language}")
    part = page.locator(LEAF)
    part.evaluate("part => part.querySelectorAll('details').forEach(one => { one.open = true })")
    assert [str(one) for one in check_accessibility(page)] == []
    assert part.evaluate("part => part.scrollWidth <= part.clientWidth")
    assert language == "ja" or part.locator("span[lang=ja]").count() == 0


def test_b02_a_citizen_reads_the_verdict_and_what_each_dot_means(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(f"{address}/fair?lang=ja")
    said = page.locator(LEAF).inner_text()
    words = ("1,000回くり返して", "偶然で起こる範囲でした", "順番を飛ばされた組はありません", "9の区分をくらべました",
             "幅の外に出た区分は2です", "平均で0.5まで", "42.0%", "33.3–46.7", "余った席は繰上げ当選")  # fmt: skip
    assert [one for one in words if one not in said] == []
    page.locator(f"{LEAF} details > summary").first.click()
    table = page.locator(f"{LEAF} table").first.inner_text()
    assert "見分けられない" in table, "of three parties nothing can be told"
    page.goto(f"{address}/unusual?lang=ja")
    said = page.locator(LEAF).inner_text()
    assert "めったに起こらないかたよりがあります：6/1（火）" in said and "飛ばされた組があります：3組" in said
    assert "誤りとは言えません" in said
    page.goto(f"{address}/several-wins?lang=ja")
    assert "飛ばされた組" not in page.locator(LEAF).inner_text(), "several wins promise nothing of it"
    page.goto(f"{address}/waiting?lang=ja")
    assert "250回 / 1,000回" in page.locator(LEAF).inner_text()
    page.goto(f"{address}/too-many?lang=ja")
    assert "100万件を超える" in page.locator(LEAF).inner_text() and page.locator(f"{LEAF} .chart-band").count() == 0


def test_b02_without_scripts_and_on_paper_dots_and_bands_are_there(
    browser: BrowserContext, page: Page, address: str
) -> None:
    session = browser.new_cdp_session(page)
    session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    page.emulate_media(media="print")
    page.goto(f"{address}/fair?lang=ja")
    session.send("Emulation.setScriptExecutionDisabled", {"value": False})
    assert page.locator(f"{LEAF} .chart-point").count() == 10
    for figure in page.locator(f"{LEAF} .chart-band").all():
        assert figure.is_visible()
    page.emulate_media(media="screen")
