"""What the browser tests look at: a running system with programmes in three states, and what must hold of each page.

One application has gone the whole way in one programme; in two others the window is open, of which one is a ward's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page

from cli.demo.people import OFFICER
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces
from tests.browser.chromium import check_accessibility
from tests.journeys.test_one_application import Way, publish, walk
from tests.system import System

DRAWN, OPEN, WARD = "pages-drawn", "pages-open", "pages-ward"
CLERK, ROLES = "pages-clerk", ("officer", "desk", "notices", "attendant", "records")
FIELDS = {
    "name": "新宿 花子", "address": "くじ野市緑町2丁目3番4号", "telephone": "090-1234-5678",
    "companions.1": "新宿 太郎", "seats": "2",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """The running system, the application that went its way, and a clerk who may do everything."""

    urls: dict[str, str]
    way: Way
    password: str

    def sign_in(self, browser: BrowserContext, service: str) -> None:
        """As the hand-over form does."""
        answer = httpx.post(f"{self.urls['retention']}/retention/api/signin", json={
            "staff": CLERK, "password": self.password, "service": service}, timeout=30)  # fmt: skip
        answer.raise_for_status()
        form = {"token": answer.json()["token"], "next": "/"}
        browser.request.post(f"{self.urls[service]}/{service}/session", form=form, max_redirects=0)


@pytest.fixture(scope="session")
def site(system: System, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Made once."""
    folder = tmp_path_factory.mktemp("site")
    # Playwright's own loop runs in this thread already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, prepare(system, folder)).result()


async def prepare(system: System, folder: Path) -> Site:
    """One programme with its application at the door, one with an open form, and the clerk."""
    async with Interfaces(system.urls) as interfaces:
        interfaces.knows(OFFICER, system.officer_password)
        way = Way(await publish(interfaces, "live-site-2020", DRAWN))
        await walk(way, interfaces, folder, system.endpoints.mail_url)
        opened = await publish(interfaces, "summer-stage-2024", OPEN)
        await TimeDriver(interfaces, OPEN, OFFICER).to(opened.window.opens + timedelta(hours=1))
        ward = await publish(interfaces, "live-site-2020", WARD)
        await TimeDriver(interfaces, WARD, OFFICER).to(ward.window.opens + timedelta(hours=1))
        clerk = await interfaces.call("POST", "retention", "/retention/api/staff", staff=OFFICER, json={
            "staff": CLERK, "name": "画面 係", "employer": "contractor", "roles": list(ROLES),
            "programmes": [DRAWN, OPEN], "trained_on": "2021-04-01"})  # fmt: skip
    return Site(system.urls, way, clerk["password"])


@pytest.fixture
def tab(browser: BrowserContext) -> Iterator[Page]:
    """A new tab that may be answered with errors."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def forgetful(browser: BrowserContext) -> Iterator[None]:
    """The language that was chosen is forgotten afterwards."""
    yield
    browser.clear_cookies(name="kujibiki_lang")


def fits(page: Page) -> bool:
    """Nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def sound(page: Page) -> None:
    """What must hold of each page at each width."""
    assert [str(one) for one in check_accessibility(page)] == []
    assert fits(page)


def send(page: Page) -> None:
    """Presses the form's main button."""
    with page.expect_navigation():
        page.locator("main form .button--main").first.click()


def tab_to(page: Page, selector: str) -> None:
    """Goes on with the Tab key until the element has the focus."""
    for _ in range(80):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")
