"""Pictures of a demo's pages for README and handbook: `python -m tests.browser.pictures --state .kujibiki`.

All pages at three widths go to `.cache/pictures`, to be looked at; a chosen few to `docs/pictures`. A clerk of its own
signs in for them, whom the first officer designates and takes off the register again. One application is made in the
second programme, and one winner of the first is let in at the door.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from deploy.local.environment import Endpoints
from deploy.local.state import CHECKOUT, DEFAULT_STATE, State
from shared.contracts.programme import Programme
from tests.browser.chromium import WIDTHS, open_browser

FIRST, SECOND = "live-site-2020", "summer-stage-2024"
ALL, CHOSEN = CHECKOUT / ".cache" / "pictures", CHECKOUT / "docs" / "pictures"
HEIGHTS = {360: 780, 768: 1024, 1440: 900}
ROLES = ("officer", "desk", "notices", "attendant", "records")
# For the handbook: the page, at the width at which it is mostly used, and how much of it fits a book.
KEPT = {
    ("apply", 768): 1500, ("check", 360): None, ("receipt", 360): None, ("mine", 360): 1300, ("draw", 1440): 1500,
    ("verify", 768): None, ("postcard-desk", 1440): 1000, ("draw-desk", 1440): 1300, ("notices", 1440): 1100,
    ("door-admit", 360): 780, ("seats", 768): 1024, ("cards", 1440): 1100, ("state", 1440): 1300,
    ("postcard", 768): None,
}  # fmt: skip
PATIENCE_MS = 15_000


@dataclass
class Demo:
    """A running demo, and who looks at it."""

    state: State
    urls: dict[str, str]
    http: httpx.Client
    officer: str = ""
    clerk: str = "staff-7"
    password: str = ""

    @classmethod
    def of(cls, folder: Path) -> Demo:
        """The demo in that state folder."""
        state = State(folder.resolve())
        return cls(state, Endpoints.load(state).public_urls(), httpx.Client(timeout=60))

    def token(self, staff: str, password: str, service: str) -> str:
        """A sign-in for one service."""
        answer = self.http.post(f"{self.urls['retention']}/retention/api/signin", json={
            "staff": staff, "password": password, "service": service})
        answer.raise_for_status()
        return str(answer.json()["token"])

    def call(self, method: str, service: str, path: str, *, official: bool = False, **arguments: Any) -> Any:
        """The JSON answer to the clerk, or to the first officer."""
        who = ("officer-1", self.officer) if official else (self.clerk, self.password)
        headers = {"Authorization": f"Bearer {self.token(*who, service)}"}
        answer = self.http.request(method, f"{self.urls[service]}{path}", headers=headers, **arguments)
        answer.raise_for_status()
        kind = answer.headers.get("content-type", "")
        return answer.json() if answer.content and "json" in kind else answer.content

    @contextmanager
    def staffed(self) -> Iterator[None]:
        """With the clerk on the register."""
        self.officer = json.loads((self.state.user("retention") / "first-officer.json").read_text())["password"]
        self.password = self.call("POST", "retention", "/retention/api/staff", official=True, json={
            "staff": self.clerk, "name": "写真 係", "employer": "contractor", "roles": list(ROLES),
            "programmes": [FIRST, SECOND], "trained_on": "2021-04-01"})["password"]
        try:
            yield
        finally:
            self.call("DELETE", "retention", f"/retention/api/staff/{self.clerk}", official=True)

    def receipts(self) -> Iterator[dict[str, Any]]:
        """Of the web applications of the first programme: `{receipt, secret, …}`."""
        for line in (self.state.root / "demo" / "applicants.jsonl").read_text().splitlines():
            receipt = json.loads(line)["receipt"]
            if receipt and "secret" in receipt:
                yield receipt

    def mine(self, receipt: dict[str, Any]) -> Any:
        """What an applicant is shown."""
        answer = self.http.post(f"{self.urls['intake']}/intake/{FIRST}/api/mine", json={
            "receipt": receipt["receipt"], "secret": receipt["secret"]})
        answer.raise_for_status()
        return answer.json()

    def go_to(self, moment: datetime) -> None:
        """Sets the first programme's time."""
        self.call("POST", "retention", f"/retention/api/programmes/{FIRST}/clock", official=True,
                  json={"at": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")})

    def programme(self) -> Programme:
        """The first programme."""
        import tomllib

        return Programme.model_validate(tomllib.loads((CHECKOUT / "programmes" / f"{FIRST}.toml").read_text()))


class Camera:
    """Takes a page at all widths."""

    def __init__(self, demo: Demo, browser: BrowserContext, folder: Path = ALL) -> None:
        self.demo, self.browser, self.folder = demo, browser, folder
        self.page = browser.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.glances: list[bytes] = []
        self.folder.mkdir(parents=True, exist_ok=True)

    def glance(self, at: str | None = None) -> None:
        """What a telephone shows of the page, from the part `at` on: one of three in the overview."""
        self.page.set_viewport_size({"width": 480, "height": 744})
        self.page.evaluate("document.fonts.ready.then(() => true)")
        if at:
            self.page.locator(at).first.evaluate("part => { part.scrollIntoView(); scrollBy(0, -24) }")
        self.glances.append(self.page.screenshot())

    def sign_in(self, service: str) -> None:
        """Takes the clerk's session over, as the hand-over form does."""
        token = self.demo.token(self.demo.clerk, self.demo.password, service)
        base = self.demo.urls[service]
        self.browser.request.post(f"{base}/{service}/session", form={"token": token, "next": "/"}, max_redirects=0)

    def go(self, url: str) -> Page:
        """Opens a page."""
        self.page.goto(url, wait_until="load")
        return self.page

    def take(self, name: str, part: str | None = None, full: bool = True) -> None:
        """A picture of the page as it stands, or of a part of it, at each width."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            self.page.evaluate("document.fonts.ready.then(() => true)")
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                print(f"{name} is {wide} px wide on a screen of {width}")
            path = self.folder / f"{name}-{width}.png"
            if part:
                self.page.locator(part).first.screenshot(path=path)
            else:
                self.page.screenshot(path=path, full_page=full)

    def shoot(self, name: str, url: str) -> None:
        """Opens and takes."""
        self.go(url)
        self.take(name)


def fill_in(page: Page) -> None:
    """The second programme's form, as a family of three."""
    typed = {"name": "新宿 花子", "address": "くじ野市緑町2丁目3番4号 102", "telephone": "090-1234-5678",
             "email": "hanako@example.jp", "companions.1": "新宿 太郎", "companions.2": "新宿 さくら", "seats": "2"}
    for name, value in typed.items():
        box = page.locator(f'[name="{name}"]')
        if box.count():
            box.fill(value)
    for place, index in ((1, 3), (2, 6)):
        page.locator(f'[name="wishes.{place}"]').select_option(index=index)


def public_pages(camera: Camera) -> None:
    """Form, check, receipt; the draw."""
    urls = camera.demo.urls
    page = camera.go(f"{urls['intake']}/intake/{SECOND}")
    camera.take("apply")
    camera.glance()
    fill_in(page)
    page.locator('[name="name"]').fill("")
    send(page)
    camera.take("apply-wrong")
    page.locator('[name="name"]').fill("新宿 花子")
    send(page)
    camera.take("check")
    send(page)
    camera.take("receipt")
    page.locator('a[href*="/mine#"]').first.click()
    page.wait_for_load_state()
    camera.take("mine-open")
    camera.shoot("apply-shut", f"{urls['intake']}/intake/{FIRST}")
    camera.shoot("mine-ask", f"{urls['intake']}/intake/{FIRST}/mine")
    camera.shoot("draw-second", f"{urls['lottery']}/lottery/{SECOND}")
    camera.shoot("draw", f"{urls['lottery']}/lottery/{FIRST}")
    camera.take("verify", "section:has(pre.command)")
    camera.glance("section:has([data-copy]) > h2")
    camera.shoot("start", urls["start"])
    camera.shoot("sign-in", f"{urls['retention']}/retention/signin?service=lottery&next=/lottery/{FIRST}/desk")


def send(page: Page) -> None:
    """Presses the form's main button."""
    with page.expect_navigation():
        page.locator("main form .button--main").first.click()


def winner_pages(camera: Camera) -> None:
    """My application of a winner, the mail, and the entry looked up."""
    urls = camera.demo.urls
    receipt = next(one for one in camera.demo.receipts() if camera.demo.mine(one)["passes"])
    page = camera.go(f"{urls['intake']}/intake/{FIRST}/mine")
    page.locator('[name="receipt"]').fill(receipt["receipt"])
    page.locator('[name="secret"]').fill(receipt["secret"])
    send(page)
    camera.take("mine")
    page = camera.go(f"{urls['lottery']}/lottery/{FIRST}#look-up")
    page.locator('[name="entry"]').fill(receipt["entry"])
    send(page)
    camera.take("draw-found", "#look-up")
    camera.shoot("mails", urls["mail"])
    mails = camera.demo.http.get(f"{urls['mail']}/api/mails").json()["mails"]
    won = next((mail for mail in mails if "当選" in mail["subject"]), mails[0])
    camera.shoot("mail", f"{urls['mail']}/mails/{won['id']}")


def desk_pages(camera: Camera) -> None:
    """What staff see."""
    urls = camera.demo.urls
    for service in ("intake", "lottery", "notifier", "checkin", "retention"):
        camera.sign_in(service)
    for name, service, path in (
        ("postcard-desk", "intake", f"{SECOND}/desk"), ("postcard-desk-first", "intake", f"{FIRST}/desk"),
        ("draw-desk", "lottery", f"{FIRST}/desk"), ("draw-desk-second", "lottery", f"{SECOND}/desk"),
        ("preflight", "lottery", f"{SECOND}/desk/preflight"), ("dry-runs", "lottery", f"{SECOND}/desk/rehearsals"),
        ("notices", "notifier", f"{FIRST}/desk"), ("notices-list", "notifier", f"{FIRST}/notices"),
        ("terminal", "checkin", f"{FIRST}/terminal"), ("cards", "checkin", f"{FIRST}/cards"),
        ("cluster", "checkin", f"{FIRST}/cluster"), ("destruction", "checkin", f"{FIRST}/destruction"),
        ("state", "retention", f"state/{FIRST}"),
        ("records-office", "retention", ""), ("staff", "retention", "staff"),
    ):  # fmt: skip
        camera.shoot(name, f"{urls[service]}/{service}/{path}")


def door_pages(camera: Camera) -> None:
    """A winner is let in; the same pass is shown again; a forged one; a seat for a group."""
    for slot, token in _coming(camera.demo):
        page = show_pass(camera, slot, token)
        if page.locator(".answer--admit").count():
            break
    else:
        raise SystemExit("Every pass of the slots to come was used. Run `kujibiki demo` again.")
    camera.take("door-admit", full=False)
    camera.glance()
    show_pass(camera, slot, token)
    camera.take("door-again", full=False)
    show_pass(camera, slot, token[:-9] + "AAAAAAAAA")
    camera.take("door-forged", full=False)
    seat_a_group(camera)


def show_pass(camera: Camera, slot: str, token: str) -> Page:
    """The terminal's answer to a pass."""
    page = camera.go(f"{camera.demo.urls['checkin']}/checkin/{FIRST}/terminal?slot={slot}")
    page.locator('[name="token"]').fill(token)
    page.locator("#scan .button").first.click()
    page.wait_for_selector("#answer .answer")
    return page


def _coming(demo: Demo) -> Iterator[tuple[str, str]]:
    """Slots and passes of the last day, whose doors the demo leaves open; the time is set if they are not open yet."""
    programme = demo.programme()
    clock = demo.call("GET", "retention", f"/retention/api/programmes/{FIRST}/clock", official=True)
    held = [(programme.slot_by_id[one["slot"]], one["token"]) for mine in demo.receipts()
            for one in demo.mine(mine)["passes"]]
    for slot, token in sorted(held, key=lambda one: (one[0].day, one[0].starts)):
        starts, ends = (datetime.combine(slot.day, time, programme.zone) for time in (slot.starts, slot.ends))
        now = datetime.fromisoformat(clock["at"])
        if now < starts:
            demo.go_to(starts + timedelta(minutes=10))
            clock["at"] = (starts + timedelta(minutes=10)).isoformat()
            _wait_for_door(demo, slot.id)
        if now < ends:
            yield slot.id, token


def _wait_for_door(demo: Demo, slot: str) -> None:
    """Until checkin has heard of the new time: a pass of nobody is then refused for what it is, not for the hour."""
    for _ in range(200):
        answer = demo.http.post(
            f"{demo.urls['checkin']}/checkin/{FIRST}/api/admissions",
            json={"token": "x", "slot": slot, "terminal": "door-1"},
            headers={"Authorization": f"Bearer {demo.token(demo.clerk, demo.password, 'checkin')}"})
        if answer.status_code == 422:
            return
    raise SystemExit("The door's time did not come.")


def seat_a_group(camera: Camera) -> None:
    """The seat map of the day's slot with most groups, as a group of three is about to be seated."""
    base = f"{camera.demo.urls['checkin']}/checkin/{FIRST}/seats"
    page, most, best = camera.go(base), -1, ""
    for link in page.locator(".slotbar__choice").all():
        address = str(link.get_attribute("href"))
        slot = parse_qs(urlsplit(address).query)["slot"][0]
        groups = camera.demo.call("GET", "checkin", f"/checkin/{FIRST}/api/slots/{slot}")["groups"]
        if groups >= most:
            most, best = groups, slot
    camera.shoot("seats", f"{base}?slot={best}&people=3")


def postcard(camera: Camera) -> None:
    """Both sides of one printed card."""
    rows = camera.demo.call("GET", "notifier", f"/notifier/{FIRST}/api/notices")["notices"]
    run = next((row["run"] for row in rows if row["run"]), None)
    if run is None:
        return
    path = f"/notifier/{FIRST}/api/print-runs/{run}/cards.pdf"
    document = pypdfium2.PdfDocument(camera.demo.call("GET", "notifier", path))
    sides = [document[number].render(scale=2.4).to_pil() for number in range(min(2, len(document)))]
    both = Image.new("RGB", (sum(side.width for side in sides) + 60, sides[0].height + 40), "#d8d8db")
    for number, side in enumerate(sides):
        both.paste(side, (20 + number * (side.width + 20), 20))
    both.save(camera.folder / "postcard-768.png")


def keep(camera: Camera) -> None:
    """The chosen ones, cut to a readable height and to 256 colours."""
    CHOSEN.mkdir(parents=True, exist_ok=True)
    for (name, width), height in KEPT.items():
        source = camera.folder / f"{name}-{width}.png"
        if source.exists():
            picture = Image.open(source).convert("RGB")
            small(picture.crop((0, 0, picture.width, min(height or picture.height, picture.height)))).save(
                CHOSEN / f"{name}-{width}.png", optimize=True)


def small(picture: Image.Image) -> Image.Image:
    """With 256 colours: pages have few."""
    return picture.quantize(256, dither=Image.Dither.NONE)


_OVERVIEW = """<!doctype html><html lang="ja"><meta charset="utf-8"><style>
body {{ margin: 0; padding: 32px; background: #eef1f6; display: flex; gap: 32px; width: max-content }}
img {{ display: block; border-radius: 14px; box-shadow: 0 1px 3px #0003, 0 8px 24px #0002 }}
</style>{pictures}</html>"""


def overview(camera: Camera) -> None:
    """Three pages side by side, for the README's first screen."""
    shown = "".join(f'<img src="data:image/png;base64,{base64.b64encode(one).decode()}">' for one in camera.glances)
    page = camera.page
    page.set_viewport_size({"width": 2000, "height": 1000})
    page.goto("about:blank")
    page.set_content(_OVERVIEW.format(pictures=shown))
    page.wait_for_function("[...document.images].every(one => one.complete)")
    picture = page.locator("body").screenshot()
    small(Image.open(BytesIO(picture)).convert("RGB")).save(CHOSEN / "overview.png", optimize=True)


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description="Takes pictures of a running demo's pages.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="the demo's state folder")
    demo = Demo.of(parser.parse_args().state)
    steps: tuple[Callable[[Camera], None], ...] = (
        public_pages, winner_pages, desk_pages, door_pages, postcard, keep, overview)
    with demo.staffed(), open_browser() as browser:
        camera = Camera(demo, browser)
        for step in steps:
            step(camera)


if __name__ == "__main__":
    main()
