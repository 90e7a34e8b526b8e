"""B01: the check in the browser: on the page of a draw, and as a file that is kept and opened without a network."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route

from services.lottery.api.downloads import STANDALONE
from services.lottery.pages.public_view import page_of
from services.lottery.pages.second_view import Second
from services.lottery.store import DrawState, Witness
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.ui import Form, Pages
from tests.browser.chromium import check_accessibility
from tests.browser.conftest import serve
from tests.unit.lottery.campaign import VECTORS, vector_records

ROOT = Path(__file__).parents[2]
MINE = "4cb6e4da613b8f83521bc3f7fc04fd88"
ANNOUNCEMENT = "e280694b73b165be0bf2a2443fe68f5dd030744d7b45f008b1f98b789053ed97"
PATIENCE_MS = 30_000


def show(pages: Pages, request: Request) -> HTMLResponse:
    """The page of a draw that is done, with a vector as its transcript."""
    programme = Programme.model_validate(tomllib.loads((ROOT / "programmes/live-site-2020.toml").read_text("utf-8")))
    at = moment_text(programme.draw.timetable.commit_until)
    witnesses = {one.name: Witness(key="0" * 64, commitment="0" * 64, at=at) for one in programme.draw.witnesses}
    state = DrawState(
        programme=programme.id, draw=programme.draw.id, stage="drawn", announcement=ANNOUNCEMENT, count=24,
        witnesses=witnesses)  # fmt: skip
    context = page_of(programme, state, programme.draw.timetable.promote_until, None)
    return pages.render(
        request, "draw.html", form=Form(), found=None, slot_kinds=[], verifier_sha="0" * 64, standalone_sha="0" * 64,
        published="/transcript.jsonl", second=Second(1), **context)  # fmt: skip


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The lottery's own template, static files and headers, without its stores."""
    pages = Pages(ROOT / "services/lottery/pages", "lottery", "/lottery")
    transcript = VECTORS["one-win-dice"]
    app = Starlette(routes=[
        Route("/draw", lambda request: show(pages, request)),
        Route("/transcript.jsonl", lambda _: FileResponse(transcript)),
    ])  # fmt: skip
    pages.mount_static(app)
    with serve(app) as url:
        yield url


def verdict(page: Page, kind: str) -> str:
    """The text of the verdict that the check gives."""
    page.wait_for_selector(f"[data-out] .notice--{kind}", timeout=PATIENCE_MS)
    return page.locator("[data-out]").inner_text()


def sound(page: Page) -> None:
    assert [str(one) for one in check_accessibility(page)] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [360, 1440])
def test_b01_the_page_checks_its_draw_on_the_readers_device(page: Page, address: str, width: int) -> None:
    """By keyboard; with the reason of one's own result; what was kept is compared; axe finds nothing."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/draw")
    page.locator("#f-mine").fill(MINE.upper())
    page.keyboard.press("Enter")
    said = verdict(page, "success")
    end = vector_records("one-win-dice")[-1]
    for words in ("24組のうち12番目", "繰上げ当選", "分からないこと", end["digest"]):
        assert words in said
    sound(page)
    page.locator("#f-announcement").fill("0" * 64)
    page.locator("[data-verify] button[type=submit]").click()
    assert "正しくありません。記録の5行目" in verdict(page, "error")
    page.locator("#f-announcement").fill("abc")
    page.keyboard.press("Enter")
    assert "64文字" in verdict(page, "warning")
    assert page.evaluate("document.activeElement.name") == "announcement"
    sound(page)


@pytest.mark.parametrize("name", VECTORS)
def test_b01_the_file_checks_a_draw_without_any_network(page: Page, tmp_path: Path, name: str) -> None:
    """From file://, both vectors, and a record in which one digit was changed."""
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(STANDALONE.as_uri())
    page.locator("#f-file").set_input_files(VECTORS[name])
    page.locator("button[type=submit]").click()
    assert vector_records(name)[-1]["digest"] in verdict(page, "success")
    page.get_by_role("button", name="English").click()
    page.locator("button[type=submit]").click()
    page.get_by_text("The record is true").wait_for(timeout=PATIENCE_MS)
    for language in ("简体中文", "한국어"):
        page.get_by_role("button", name=language).click()
        sound(page)
    page.get_by_role("button", name="日本語").click()
    sound(page)
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(VECTORS[name].read_bytes().replace(b'"place":3,', b'"place":4,', 1))
    page.locator("#f-file").set_input_files(changed)
    page.locator("button[type=submit]").click()
    line = next(i for i, record in enumerate(vector_records(name), 1) if record.get("place") == 3)
    assert f"記録の{line}行目" in verdict(page, "error")
