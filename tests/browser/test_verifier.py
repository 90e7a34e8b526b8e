"""B01: the check in the browser: on the page of a draw, and as a file that is kept and opened without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from services.lottery.api.downloads import STANDALONE
from tests.browser.chromium import check_accessibility
from tests.browser.conftest import serve
from tests.browser.draws import MINE, application
from tests.unit.lottery.campaign import VECTORS, vector_records

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The lottery's own template, static files and headers, without its stores."""
    with serve(application()) as url:
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


def test_b01_the_page_checks_a_proof_file_with_the_public_part(page: Page, address: str, tmp_path: Path) -> None:
    """Where digests are published: the public part alone, with a proof two lines more; a changed digit is refused."""
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(f"{address}/digest?lang=ko")
    button = page.locator("[data-verify] button[type=submit]")
    button.click()
    assert "공개된 부분은 올바른 기록입니다" in verdict(page, "success")
    proof = tmp_path / "proof.json"
    proof.write_bytes(httpx.get(f"{address}/proof.json").content)
    page.locator("#f-proof").set_input_files(proof)
    button.click()
    page.get_by_text("증명 파일에 있는 신청과 결과").wait_for(timeout=PATIENCE_MS)
    assert "14팀 중" in verdict(page, "success")
    sound(page)
    proof.write_bytes(proof.read_bytes().replace(b'"place":', b'"place":1', 1))
    page.locator("#f-proof").set_input_files(proof)
    button.click()
    page.wait_for_selector("[data-out] .notice--error", timeout=PATIENCE_MS)


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("path", [
    f"/draw?entry={MINE}", f"/draw?lang=ko&entry={MINE}", "/draw?state=preparing", "/draw?state=frozen",
    "/draw?state=closed&lang=zh-Hans", "/draw?state=missed&lang=en", "/digest?lang=zh-Hans",
])  # fmt: skip
def test_b01_b14_the_draw_is_accessible_in_each_state_and_language(
    page: Page, address: str, path: str, width: int
) -> None:
    """axe finds nothing, nothing is wider than the screen, nothing falls back to Japanese."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}{path}")
    sound(page)
    assert page.locator("main span[lang=ja]").count() == 0
