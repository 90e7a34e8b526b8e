"""The sample pages in a real browser: accessible, reachable by keyboard, the same without JavaScript (B14)."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page

from shared.ui.styleguide import PAGES
from tests.browser.chromium import WIDTHS, check_accessibility

# A page that says 503 is a complaint of the browser's; it is looked at in its own test.
SOUND = [name for name in PAGES if name != "problem"]
DARK = pytest.mark.parametrize("scheme", ["light", "dark"])
SMALL_TARGETS = """least => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
  .filter(e => e.checkVisibility() && !e.closest('p, dd, .skip, caption, .visually-hidden'))
  .filter(e => { const r = e.getBoundingClientRect(); return r.height < least || r.width < least })
  .map(e => e.outerHTML.slice(0, 90))"""


@DARK
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("name", SOUND)
def test_axe_finds_nothing(page: Page, styleguide: str, name: str, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{styleguide}/{name}.html")
    assert [str(one) for one in check_accessibility(page)] == []


def test_axe_does_find_faults(page: Page) -> None:
    page.set_content("<html lang='ja'><title>x</title><main><input><p style='color:#ccc'>薄い</p></main></html>")
    assert {one.rule for one in check_accessibility(page)} >= {"label", "color-contrast"}


def test_the_problem_page_is_accessible_too(browser: BrowserContext, styleguide: str) -> None:
    page = browser.new_page()
    answer = page.goto(f"{styleguide}/problem.html")
    assert answer
    assert answer.status == 503
    assert check_accessibility(page) == []
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SOUND)
def test_no_page_is_wider_than_the_screen(page: Page, styleguide: str, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{styleguide}/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", SOUND)
def test_at_200_percent_nothing_is_cut_off(page: Page, styleguide: str, name: str) -> None:
    # 1280 px at 200 % is a page of 640 px; and letters alone can be doubled, too.
    page.set_viewport_size({"width": 640, "height": 400})
    page.goto(f"{styleguide}/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize(("name", "least"), [*((name, 24) for name in SOUND if name != "door"), ("door", 44)])
def test_targets_are_large_enough(page: Page, styleguide: str, name: str, least: int) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{styleguide}/{name}.html")
    assert page.evaluate(SMALL_TARGETS, least) == []


@pytest.mark.parametrize("name", SOUND)
def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(page: Page, styleguide: str, name: str) -> None:
    page.goto(f"{styleguide}/{name}.html")
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input:not([type=hidden]):not([disabled]), select, summary')]"
        ".filter(e => e.checkVisibility() && !(e.type === 'radio' && !e.checked)).length"
    )
    # From the top: the error summary has the focus otherwise.
    page.evaluate("const skip = document.querySelector('.skip'); skip.focus(); window.reached = new Set([skip])")
    page.evaluate("window.unseen = []")
    for _ in range(wanted * 4):
        page.keyboard.press("Tab")
        if page.evaluate(_NOTE_FOCUS):
            break
    assert page.evaluate("reached.size") >= wanted
    assert page.evaluate("unseen") == []


# Notes what has the focus; true when the round is over. Date fields and scrolling tables take more than one stop.
_NOTE_FOCUS = """() => {
  const e = document.activeElement;
  if (e === document.body) return true;
  if (getComputedStyle(e).outlineStyle === 'none') unseen.push(e.outerHTML.slice(0, 90));
  if (e.matches('a, button, input, select, summary')) reached.add(e);
  return false;
}"""


def test_the_skip_link_comes_first_and_leads_to_the_content(page: Page, styleguide: str) -> None:
    page.goto(f"{styleguide}/index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page: Page, styleguide: str) -> None:
    page.goto(f"{styleguide}/form.html")
    page.wait_for_function("document.activeElement.matches('.summary')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "f-tel"


def test_the_copy_button_copies(browser: BrowserContext, page: Page, styleguide: str) -> None:
    browser.grant_permissions(["clipboard-read", "clipboard-write"], origin=styleguide)
    page.goto(f"{styleguide}/index.html")
    page.click("[data-copy]")
    page.wait_for_function("document.querySelector('[data-copy-label]').textContent === 'コピーしました'")
    assert page.evaluate("navigator.clipboard.readText()") == "K7Q4-2M9X-81TD"


def test_a_living_block_renews_itself_and_says_when_it_cannot(browser: BrowserContext, styleguide: str) -> None:
    page = browser.new_page()
    page.clock.install()
    page.goto(f"{styleguide}/index.html")
    page.evaluate("document.querySelector('[data-live-body]').replaceChildren()")
    page.clock.fast_forward(6000)
    page.wait_for_selector("[data-live-body] .tile")
    page.route("**/index.html", lambda route: route.abort())
    page.clock.fast_forward(6000)
    page.wait_for_selector(".live--old")
    assert "更新できません" in page.inner_text(".live__stamp")
    page.close()


def test_without_javascript_the_page_says_the_same(browser: BrowserContext, styleguide: str) -> None:
    page = browser.new_page()
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{styleguide}/index.html")
    assert "K7Q4-2M9X-81TD" in page.inner_text(".copy__value")
    assert page.is_hidden("[data-copy]")
    assert page.is_visible(".live a")
    page.close()


def test_on_paper_there_are_no_buttons(page: Page, styleguide: str) -> None:
    page.goto(f"{styleguide}/desk.html")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.is_hidden(".buttons")
    assert page.is_visible("table")
