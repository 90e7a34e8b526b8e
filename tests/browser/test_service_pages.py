"""The services' own pages in a real browser, whole: accessible, narrow, by keyboard, without scripts (B14).

One application has gone the whole way in one programme; in two others the window is open, of which one is a ward's.
"""

from __future__ import annotations

import json
import secrets
import time
from io import BytesIO

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page
from python_calamine import CalamineWorkbook, load_workbook

from tests.browser.site import DRAWN, FIELDS, OPEN, WARD, Site, fits, send, sound, tab_to
from tests.journeys.test_one_application import FORM
from tests.sheets import as_csv

PUBLIC = {
    "form": ("intake", f"/intake/{OPEN}"), "form of a ward": ("intake", f"/intake/{WARD}"),
    "my application asked": ("intake", f"/intake/{DRAWN}/mine"),
    "closed form": ("intake", f"/intake/{DRAWN}"), "draw": ("lottery", f"/lottery/{DRAWN}"),
    "draw to come": ("lottery", f"/lottery/{OPEN}"),
    "sign-in": ("retention", f"/retention/signin?service=lottery&next=/lottery/{DRAWN}/desk"),
}  # fmt: skip
STAFF = {
    "window closed": ("intake", f"/intake/{DRAWN}/window"), "window open": ("intake", f"/intake/{OPEN}/window"),
    "duplicates desk closed": ("intake", f"/intake/{DRAWN}/duplicates"),
    "postcard desk": ("intake", f"/intake/{OPEN}/desk"), "enquiry desk": ("intake", f"/intake/{OPEN}/enquiry"),
    "batches": ("intake", f"/intake/{OPEN}/desk/batches"), "checks": ("intake", f"/intake/{OPEN}/desk/checks"),
    "sheets of cards": ("intake", f"/intake/{OPEN}/desk/import"),
    "held postcards": ("intake", f"/intake/{OPEN}/desk/held"), "draw desk": ("lottery", f"/lottery/{DRAWN}/desk"),
    "cancellation": ("lottery", f"/lottery/{DRAWN}/cancellation"),
    "call list": ("notifier", f"/notifier/{DRAWN}/calls"),
    "draw desk before": ("lottery", f"/lottery/{OPEN}/desk"), "notices": ("notifier", f"/notifier/{DRAWN}/desk"),
    "list of notices": ("notifier", f"/notifier/{DRAWN}/notices"),
    "terminal": ("checkin", f"/checkin/{DRAWN}/terminal"), "seats": ("checkin", f"/checkin/{DRAWN}/seats"),
    "cards": ("checkin", f"/checkin/{DRAWN}/cards"), "cluster": ("checkin", f"/checkin/{DRAWN}/cluster"),
    "destruction": ("checkin", f"/checkin/{DRAWN}/destruction"),
    "state of handling": ("retention", f"/retention/state/{DRAWN}"),
    "records office": ("retention", "/retention/"), "staff register": ("retention", "/retention/staff"),
}  # fmt: skip
BOTH_WIDTHS = pytest.mark.parametrize("width", [360, 1440])


def until_there(page: Page, part: Locator) -> None:
    """Loads the page again until the part is there."""
    deadline = time.monotonic() + 30
    while not part.count():
        assert time.monotonic() < deadline, page.content()[-3000:]
        page.wait_for_timeout(300)
        page.reload()


@BOTH_WIDTHS
@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages_are_accessible_and_fit(page: Page, site: Site, name: str, width: int) -> None:
    """B14: axe finds nothing, nothing is wider than the screen."""
    service, path = PUBLIC[name]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.urls[service]}{path}")
    sound(page)


@BOTH_WIDTHS
@pytest.mark.parametrize("name", ["form", "my application asked"])
def test_b14_the_public_pages_are_in_english_where_the_programme_offers_it(
    page: Page, site: Site, forgetful: None, name: str, width: int
) -> None:
    """None of the page's own words falls back to Japanese; the switch offers what the programme does."""
    service, path = PUBLIC[name]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.urls[service]}{path}")
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("main span[lang=ja]").count() == 0
    assert page.locator("nav.languages a").count() == {OPEN: 2, DRAWN: 4}[path.split("/")[2]]
    sound(page)


@BOTH_WIDTHS
@pytest.mark.parametrize("name", STAFF)
def test_staff_pages_are_accessible_and_fit(
    browser: BrowserContext, page: Page, site: Site, name: str, width: int
) -> None:
    """B14: desks and terminals too."""
    service, path = STAFF[name]
    site.sign_in(browser, service)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.urls[service]}{path}")
    assert "signin" not in page.url
    sound(page)


@BOTH_WIDTHS
def test_b03_two_applications_are_compared_and_judged_and_the_judgement_is_undone(
    browser: BrowserContext, page: Page, site: Site, width: int
) -> None:
    """By the desk's pages alone: a search, two views side by side, a judgement, and back."""
    base = f"{site.urls['intake']}/intake/{OPEN}"
    receipts = []
    for email in ("home", "work"):
        body = {"name": f"重複 {'花' if width == 360 else '梅'}子", "address": f"くじ野市緑町1-{width}-1", "seats": 1,
                "telephone": f"090-1234-{width:04}", "email": f"{email}.{width}@mail.example",
                "wishes": ["2024-08-31-hall-morning"], "companions": []}
        answer = httpx.post(f"{base}/api/applications", json=body, timeout=30)
        receipts.append(answer.raise_for_status().json()["receipt"])
    site.sign_in(browser, "intake")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{base}/duplicates")
    page.get_by_role("button", name="いまの申込みを照合する").click()
    pair = page.locator(f'main a[aria-label*="{receipts[0]}"][aria-label*="{receipts[1]}"]')
    until_there(page, pair)
    sound(page)
    pair.click()
    assert page.locator("tbody tr").count() >= 8
    sound(page)
    page.get_by_role("button", name="同じ方", exact=True).click()
    assert page.get_by_text("同じ方の申込みと判断しました").count() >= 1
    sound(page)
    page.locator("main").get_by_role("button", name="判断を取り消す").first.click()
    assert page.get_by_text("判断を取り消しました").count() == 1
    assert pair.count() == 1


@BOTH_WIDTHS
def test_my_application_with_its_pass_is_accessible_and_fits(page: Page, site: Site, width: int) -> None:
    """B14, B16."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.urls['intake']}/intake/{DRAWN}/mine")
    page.fill("[name=receipt]", site.way.receipt["receipt"])
    page.fill("[name=secret]", site.way.receipt["secret"])
    send(page)
    assert page.locator(".pass__code svg").count() == 1
    sound(page)


@BOTH_WIDTHS
def test_b01_my_application_leads_to_how_the_draw_treated_it_and_to_its_proof(
    page: Page, site: Site, width: int
) -> None:
    """Over to the other service's page by a form: the entry is in no address."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.urls['intake']}/intake/{DRAWN}/mine")
    page.fill("[name=receipt]", site.way.receipt["receipt"])
    page.fill("[name=secret]", site.way.receipt["secret"])
    send(page)
    entry = site.way.receipt["entry"]
    with page.expect_download() as saved:
        page.get_by_role("button", name="抽選の証明ファイルを保存").click()
    assert json.loads(saved.value.path().read_text("utf-8"))["entry"]["line"]["entry"] == entry
    page.get_by_role("button", name="抽選での扱いを見る").click()
    page.get_by_role("heading", name="順番が来たときの空席").wait_for()
    assert page.url.startswith(site.urls["lottery"]) and entry not in page.url
    sound(page)


@BOTH_WIDTHS
def test_check_page_and_receipt_are_accessible_and_fit(page: Page, site: Site, width: int) -> None:
    """B14, S01."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.urls['intake']}/intake/{OPEN}")
    for name, text in FIELDS.items():
        page.fill(f'[name="{name}"]', text)
    page.select_option('[name="wishes.1"]', index=1)
    send(page)
    sound(page)
    send(page)
    assert page.locator(".ticket__code svg").count() == 1
    sound(page)


@BOTH_WIDTHS
def test_the_doors_answer_is_accessible_and_fits(browser: BrowserContext, tab: Page, site: Site, width: int) -> None:
    """B14, B06: the pass was admitted before, so the answer is no."""
    site.sign_in(browser, "checkin")
    held = site.way.mine["passes"][0]
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(f"{site.urls['checkin']}/checkin/{DRAWN}/terminal?slot={held['slot']}")
    tab.fill("[name=token]", held["token"])
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#answer .answer--stop")
    sound(tab)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_form_is_filled_in_and_sent_by_keyboard_alone(
    browser: BrowserContext, tab: Page, site: Site, scripts: bool
) -> None:
    """B14, S01: from the first field to the receipt without a mouse; scripts are not needed."""
    browser.new_cdp_session(tab).send("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    name = f"新宿 {secrets.token_hex(2)}"
    tab.goto(f"{site.urls['intake']}/intake/{OPEN}")
    for field, text in {**FIELDS, "name": name}.items():
        tab_to(tab, f'[name="{field}"]')
        tab.keyboard.insert_text(text)
    tab_to(tab, '[name="wishes.1"]')
    tab.keyboard.press("ArrowDown")
    tab_to(tab, "main form .button--main")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert name in tab.locator("main").inner_text()
    tab_to(tab, 'main [name="step"][value="send"]')
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert tab.locator(".ticket").count() == 1


@BOTH_WIDTHS
def test_b19_a_caller_is_confirmed_by_keyboard_and_told_the_state(
    browser: BrowserContext, tab: Page, site: Site, width: int
) -> None:
    """B14: from the script to what may be said; what was not confirmed keeps what was typed."""
    site.sign_in(browser, "intake")
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(f"{site.urls['intake']}/intake/{DRAWN}/enquiry")
    for choice in ('[name="caller"][value="applicant"]', '[name="place"][value="telephone"]'):
        tab_to(tab, choice)
        tab.keyboard.press("Space")
    for field, said in {"name": FORM["name"], "telephone": FORM["telephone"], "address": "新宿区神楽坂4-7-12",
                        "age": "50"}.items():
        tab_to(tab, f'[name="{field}"]')
        tab.keyboard.insert_text(said)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert "確認できませんでした" in tab.locator(".notice--warning").inner_text()
    assert tab.input_value('[name="telephone"]') == FORM["telephone"]
    sound(tab)
    tab.fill('[name="age"]', str(FORM["age"]))
    send(tab)
    assert "ご本人のお申込みと確認しました" in tab.locator("main").inner_text()
    assert site.way.receipt["receipt"] not in tab.content()
    sound(tab)


def test_s02_a_whole_card_is_keyed_in_by_keyboard_alone(browser: BrowserContext, tab: Page, site: Site) -> None:
    """B14: Enter goes on, empty fields of a group are passed over, F8 leads to holding a card; no mouse at all."""
    site.sign_in(browser, "intake")
    tab.goto(f"{site.urls['intake']}/intake/{OPEN}/desk/batches")
    tab_to(tab, '[name="count"]')
    tab.keyboard.type("2")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    sound(tab)
    batch = tab.url.partition("opened=")[2]
    tab.goto(f"{site.urls['intake']}/intake/{OPEN}/desk?batch={batch}")
    key_in_card(tab, {**FIELDS, "postmarked_on": "0716", "wishes.1": "0831m"})
    assert f"{batch}-001" in tab.locator(".notice--success").inner_text()
    assert tab.input_value('[name="card"]') == f"{batch}-002" and tab.input_value('[name="postmarked_on"]') == "0716"
    sound(tab)
    tab.keyboard.press("F8")
    assert tab.evaluate("document.activeElement.name") == "hold-reason"
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert f"{batch}-002" in tab.locator(".notice--info").inner_text()
    sound(tab)


@BOTH_WIDTHS
def test_s04_the_postcode_fills_in_the_town_by_keyboard(tab: Page, site: Site, width: int) -> None:
    """B14: by an explicit press; the focus goes to the address, what was typed before stays, Enter elsewhere checks."""
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(f"{site.urls['intake']}/intake/{WARD}")
    tab.fill('[name="name"]', "新宿 花子")
    tab.fill('[name="postcode"]', "1600023")
    tab_to(tab, '[name="step"][value="postcode"]')
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    tab.wait_for_function("document.activeElement.name === 'address'")
    assert tab.input_value('[name="address"]') == "〒160-0023 東京都新宿区西新宿"
    assert tab.input_value('[name="name"]') == "新宿 花子"
    sound(tab)
    tab.locator('[name="telephone"]').focus()
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert tab.locator(".summary").count() == 1
    sound(tab)


def test_a_wrong_form_comes_back_with_what_was_typed(tab: Page, site: Site) -> None:
    """B14: nothing is lost; the summary has the focus and leads to the field."""
    tab.goto(f"{site.urls['intake']}/intake/{OPEN}")
    typed = {**FIELDS, "seats": "9"}
    for field, text in typed.items():
        tab.fill(f'[name="{field}"]', text)
    tab.select_option('[name="wishes.1"]', index=2)
    wish = tab.input_value('[name="wishes.1"]')
    send(tab)
    tab.wait_for_function("document.activeElement.matches('.summary')")
    assert {field: tab.input_value(f'[name="{field}"]') for field in typed} == typed
    assert tab.input_value('[name="wishes.1"]') == wish
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.name") == "seats"
    sound(tab)


def test_a_sheet_of_cards_is_mended_looked_over_and_kept_by_keyboard_alone_and_without_scripts(
    browser: BrowserContext, tab: Page, site: Site
) -> None:
    """B14, S02: on a narrow screen; another file than the one that was looked over is not kept."""
    browser.new_cdp_session(tab).send("Emulation.setScriptExecutionDisabled", {"value": True})
    site.sign_in(browser, "intake")
    where = f"{site.urls['intake']}/intake/{OPEN}/desk/import"
    template = load_workbook(BytesIO(tab.request.get(f"{where}/template.xlsx").body()))
    card = a_card_of_the_stage(template, f"SHEET-{secrets.token_hex(2)}")
    tab.set_viewport_size({"width": 360, "height": 800})
    tab.goto(where)
    for data, answer in (
        (as_csv([card | {"電話番号": "9.01E+10"}]), "1枚も登録していません"),
        (as_csv([card]), "まだ何も登録していません"),
        (as_csv([card | {"必要な席の数": "2"}]), "確かめたものと違うファイルです"),
        (as_csv([card]), "まだ何も登録していません"),
        (as_csv([card]), "すべて登録されています"),
    ):
        choose_by_keyboard(tab, data)
        assert answer in tab.locator("main").inner_text() and fits(tab)
    link = str(tab.locator("a[href*=receipts]").get_attribute("href"))
    listed = tab.request.get(f"{site.urls['intake']}{link}").text()
    assert card["はがきの番号"].upper() in listed and card["代表者のお名前"] not in listed


def a_card_of_the_stage(template: CalamineWorkbook, number: str) -> dict[str, str]:
    """A row under the template's own titles, with a wish in its own words."""
    titles, (_, (wish, _)) = (template.get_sheet_by_index(sheet).to_python(nrows=2) for sheet in (0, 1))
    filled = {
        "はがきの番号": number, "消印の日": "令和6年7月16日", "届いた日": "2024/7/16", "代表者のお名前": "新宿 花子",
        "ご住所": FIELDS["address"], "電話番号": "090-1234-5678", "必要な席の数": "1", "第1希望": str(wish),
    }  # fmt: skip
    return {str(title): filled.get(str(title), "") for title in titles[0]}


def choose_by_keyboard(page: Page, data: bytes) -> None:
    """Chooses the file in the page's form, and sends it."""
    tab_to(page, '[name="file"]')  # from here on the browser's own window would choose it
    page.set_input_files('[name="file"]', {"name": "cards.csv", "mimeType": "text/csv", "buffer": data})
    tab_to(page, "main form .button--main")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def key_in_card(page: Page, values: dict[str, str]) -> None:
    """Types where the focus is, and presses Enter, until the card is sent."""
    page.wait_for_function("document.activeElement.name === 'card'")
    for _ in range(20):
        name = page.evaluate("document.activeElement.name")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        if name in values:
            page.keyboard.insert_text(values[name])
        page.keyboard.press("Enter")
    raise AssertionError("Enter does not lead to the button")
