"""Every macro in every state on a few pages, to look at and for the browser tests to check."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from shared.ui.rendering import HERE, Chrome, Link, Pages, StaffBar
from shared.ui.styleguide import samples

TEMPLATES = Path(__file__).parent / "pages"
PAGES = ("index", "form", "desk", "charts", "door", "problem")
_PROGRAMME = "東京2020 新宿区コミュニティライブサイト"
_STAFF = StaffBar("大久保 直子", "受付責任者", "signed-out", {"csrf": "x"}, "早番 9:00–15:00")


def chrome_of(name: str) -> Chrome:
    """The surroundings of each sample page."""
    nav = tuple(Link(label, f"{page}.html") for page, label in samples.NAMES.items())
    footer = (Link("個人情報の取り扱い", "#"), Link("抽選のしくみ", "#"), Link("お問い合わせ", "#"))
    if name == "door":
        return Chrome(_PROGRAMME, _STAFF, theme="door", width="full", languages=())
    if name in ("desk", "charts"):
        return Chrome(_PROGRAMME, _STAFF, nav, footer, width="wide", languages=())
    return Chrome(_PROGRAMME, nav=nav, footer=footer)


def show(pages: Pages, request: Request, name: str) -> HTMLResponse:
    """One sample page."""
    if name == "problem":
        return pages.problem(request, status_code=503, chrome=chrome_of(name), **samples.PROBLEM)
    return pages.render(request, f"{name}.html", chrome=chrome_of(name), **samples.context())


def application() -> Starlette:
    """The sample pages as a service would serve them, headers and all."""
    pages = Pages(TEMPLATES, "styleguide", "")

    def route(name: str) -> Route:
        return Route(f"/{name}.html", lambda request: show(pages, request, name), methods=["GET", "POST"])

    app = Starlette(routes=[route(name) for name in PAGES])
    pages.mount_static(app)
    return app


def write(folder: Path) -> list[Path]:
    """The sample pages as files that a browser opens without a server."""
    pages = Pages(TEMPLATES, "styleguide", ".")
    copytree(HERE / "static", folder / "static" / pages.assets.digest / "ui", dirs_exist_ok=True)
    written = []
    for name in PAGES:
        path = folder / f"{name}.html"
        path.write_bytes(bytes(show(pages, _request(f"/{name}.html"), name).body))
        written.append(path)
    return written


def _request(path: str) -> Request:
    return Request({
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [],
        "scheme": "http", "server": ("localhost", 80),
    })  # fmt: skip
