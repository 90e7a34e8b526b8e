"""All that an applicant sees, in a real browser on a narrow screen: picked, sent, printed, looked at, amended (B14)."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
import segno
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from shared.platform.entrances import Again, Entrance, Entrances, Turnstiles
from shared.platform.turnstile import Turnstile
from shared.ui import Pages
from tests.browser.conftest import serve
from tests.browser.site import FIELDS, OPEN, WARD, Site, fits, send, sound, tab_to

RESIDENT = {**FIELDS, "address": "東京都新宿区西新宿二丁目8番1号", "age": "34"}
INTAKE_PAGES = Path(__file__).parents[2] / "services" / "intake" / "pages"
# What is left of 1280 px at 400 %, and less than any telephone has.
NARROW = {"width": 320, "height": 640}
LIGHT_FROM = 128
QUIET = 4


def press(page: Page, step: str) -> None:
    """Presses the button of that step."""
    with page.expect_navigation():
        page.locator(f'main button[value="{step}"]:not([tabindex])').first.click()


def pick(page: Page, number: int) -> str:
    """Presses that button of the open calendar, and returns the slot."""
    button = page.locator(".picks__button:visible").nth(number)
    slot = str(button.get_attribute("value")).removeprefix("pick-")
    with page.expect_navigation():
        button.click()
    return slot


@pytest.mark.parametrize("language", ["日本語", "한국어"])
def test_b14_b16_from_the_form_to_withdrawing_every_page_is_accessible_and_narrow(
    tab: Page, site: Site, forgetful: None, language: str
) -> None:
    """Also where something is wrong; the secret is in no address that is asked for, only in the link's fragment."""
    asked_for: list[str] = []
    tab.on("request", lambda request: asked_for.append(request.url))
    tab.set_viewport_size(NARROW)
    tab.goto(f"{site.urls['intake']}/intake/{WARD}")
    if language != "日本語":
        tab.get_by_role("link", name=language).click()
    tab.locator(".picks__venue summary").last.press("Enter")  # a click misses what moves while fonts load
    slots = [pick(tab, 6), pick(tab, 3)]
    send(tab)
    tab.wait_for_function("document.activeElement.matches('.summary')")
    assert [tab.input_value(f'[name="wishes.{wish}"]') for wish in (1, 2)] == slots
    sound(tab)
    for name, text in RESIDENT.items():
        tab.fill(f'[name="{name}"]', text)
    for step in ("check", "send"):
        press(tab, step)
        sound(tab)
    receipt, secret = (tab.locator(".ticket .copy__value").nth(which).inner_text() for which in (0, 1))
    link = str(tab.locator("main a.button--main").get_attribute("href"))
    assert link == f"/intake/{WARD}/mine#{receipt}.{secret.replace('-', '')}"
    tab.goto(f"{site.urls['intake']}/intake/{WARD}/mine")
    for name, text in (("receipt", receipt), ("secret", secret)):
        tab.fill(f'[name="{name}"]', text)
    send(tab)
    sound(tab)
    for step in ("erase", "withdraw"):
        tab.locator(f'main form:has([name="step"][value="{step}"]) .button').click()
        sound(tab)
        press(tab, "look")
    tab.locator('main form[action$="/mine/data"] .button').first.click()
    sound(tab)
    press(tab, "amend")
    sound(tab)
    tab.locator(".picks__venue summary").last.press("Enter")  # a click misses what moves while fonts load
    press(tab, f"pick-{slots[0]}")
    assert tab.input_value('[name="wishes.1"]') == slots[1]
    press(tab, "check")
    sound(tab)
    press(tab, "amended")
    sound(tab)
    assert not any(secret in address or secret.replace("-", "") in address for address in asked_for)


def test_s03_wishes_are_picked_by_keyboard_alone_and_without_scripts(
    browser: BrowserContext, tab: Page, site: Site
) -> None:
    """Nothing typed is lost, the focus comes back to the wishes, and a second press takes a slot out again."""
    browser.new_cdp_session(tab).send("Emulation.setScriptExecutionDisabled", {"value": True})
    tab.set_viewport_size({"width": 360, "height": 800})
    tab.goto(f"{site.urls['intake']}/intake/{OPEN}")
    tab_to(tab, '[name="name"]')
    tab.keyboard.insert_text("新宿 花子")
    tab_to(tab, ".picks__venue summary")
    tab.keyboard.press("Enter")
    chosen = tab.locator(".picks__button").first
    button = f'[name="step"][value="{chosen.get_attribute("value")}"]'
    for label in ("第1希望にする", "第1希望を外す"):
        tab_to(tab, button)
        assert all(part in tab.locator(button).inner_text() for part in ("席", "月", label))
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        assert tab.locator("#wishes:focus").count() == 1 and fits(tab)
        assert tab.input_value('[name="name"]') == "新宿 花子"
        assert bool(tab.input_value('[name="wishes.1"]')) == (label == "第1希望にする")


def test_b16_the_receipt_is_one_sheet_and_its_code_opens_my_application(page: Page, site: Site) -> None:
    """Printed on A4 with number and secret; the code is, module by module, that of the link."""
    page.goto(f"{site.urls['intake']}/intake/{WARD}")
    for name, text in {**RESIDENT, **{f"companions.{one}": f"新宿 {one}子" for one in "2345"}}.items():
        page.fill(f'[name="{name}"]', text)
    for wish in (1, 2, 3):
        page.select_option(f'[name="wishes.{wish}"]', index=20 + wish)
    press(page, "check")
    press(page, "send")
    link = str(page.locator("main a.button--main").get_attribute("href"))
    drawn = Image.open(BytesIO(page.locator(".ticket__code svg").screenshot())).convert("L")
    code = segno.make(f"{site.urls['intake']}{link}", error="m")
    assert modules(drawn, code.symbol_size(border=QUIET)[0]) == [[bool(one) for one in row] for row in code.matrix]
    sheets = pypdfium2.PdfDocument(page.pdf(format="A4"))
    assert len(sheets) == 1
    text = sheets[0].get_textpage().get_text_range()
    assert all(one in text for one in page.locator(".ticket .copy__value").all_inner_texts())


def modules(drawn: Image.Image, across: int) -> list[list[bool]]:
    """What is dark in the middle of each module of a picture that is `across` modules wide, quiet zone included."""
    side = drawn.width / across
    middles = [int((one + 0.5) * side) for one in range(QUIET, across - QUIET)]
    return [[drawn.getpixel((x, y)) < LIGHT_FROM for x in middles] for y in middles]


@pytest.mark.parametrize("language", ["ja", "zh-Hans"])
def test_s01_the_page_for_whom_a_rush_turned_away_is_accessible_and_narrow(
    tab: Page, forgetful: None, language: str
) -> None:
    """B14: it holds what was typed, and one button brings it again."""
    with serve(a_full_intake()) as address:
        tab.set_viewport_size(NARROW)
        tab.goto(f"{address}/intake/start?lang={language}")
        tab.locator("button").click()
        tab.wait_for_selector("[data-again]")
        assert tab.locator('[name="name"]').input_value() == "新宿 花子"
        sound(tab)


def a_full_intake() -> Turnstiles:
    """An intake whose places for applying are all taken."""
    app, entrances, full = FastAPI(), Entrances(), Turnstile("applying", 1, longest_wait=0)
    full.inside = 1
    entrances.add(Entrance(lambda method, _: method == "POST", full, page="busy.html"))
    pages = Pages(INTAKE_PAGES, "intake", "/intake")
    pages.mount_static(app)

    @app.get("/intake/start", response_class=HTMLResponse)
    async def start() -> str:
        return '<form action="/intake/x" method="post"><input name="name" value="新宿 花子"><button>go</button></form>'

    return Turnstiles(app, entrances, Again(entrances, pages))
