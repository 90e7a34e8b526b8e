"""Pages carry their headers and their surroundings; static files may be kept for good."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from jinja2 import UndefinedError
from starlette.applications import Starlette
from starlette.testclient import TestClient

from shared.ui import Chrome, Link, Pages, StaffBar
from shared.ui.assets import MissingAsset
from tests.unit.ui.conftest import Render, request_of


def test_a_page_may_load_only_its_own_things_and_no_cache_keeps_it(pages: Pages, folder: Path) -> None:
    (folder / "a.html").write_text("x", encoding="utf-8")
    headers = pages.render(request_of(), "a.html").headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data:",
                 "form-action 'self'", "frame-ancestors 'none'"):  # fmt: skip
        assert part in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"


def test_a_service_may_add_sources(folder: Path) -> None:
    (folder / "a.html").write_text("x", encoding="utf-8")
    pages = Pages(folder, "door", "/x", policy={"script-src": ["'wasm-unsafe-eval'"], "worker-src": ["'self'"]})
    policy = pages.render(request_of(), "a.html").headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "worker-src 'self'" in policy


def test_the_surroundings_name_programme_and_person(pages: Pages, folder: Path) -> None:
    (folder / "a.html").write_text(
        '{% extends "base.html" %}{% block title %}題{% endblock %}{% block main %}<p>m</p>{% endblock %}',
        encoding="utf-8",
    )
    staff = StaffBar("<b>大久保</b>", "受付", "/out", {"csrf": "c"})
    chrome = Chrome("催し", staff, nav=(Link("一覧", "/x/a"),), theme="door")
    page = BeautifulSoup(bytes(pages.render(request_of(), "a.html", chrome=chrome).body), "html.parser")
    assert page.title is not None
    assert page.title.text == "題 | 催し | くじびき"
    assert page.select(".staffbar strong")[0].text == "<b>大久保</b>"
    assert page.select("form[action='/out'][method=post] input[name=csrf]")
    assert page.select(".nav a[aria-current=page]")
    assert page.select("html[data-theme=door]")
    assert page.select("a.skip[href='#main']")
    assert page.select("main#main")


def test_a_missing_value_or_a_taken_name_fails_loudly(render: Render) -> None:
    with pytest.raises(UndefinedError):
        render("{{ nothing }}")
    with pytest.raises(ValueError, match="data"):
        render("x", data={})


def test_a_problem_says_what_happened_what_was_kept_and_what_to_do(pages: Pages) -> None:
    response = pages.problem(request_of(), status_code=503, what="止まった", kept="保存した", todo="待つ")
    assert response.status_code == 503
    text = str(response.body, "utf-8")
    assert all(word in text for word in ("止まった", "保存した", "待つ"))


def test_static_files_are_kept_only_under_their_own_digest(pages: Pages, folder: Path) -> None:
    app = Starlette()
    pages.mount_static(app)
    client = TestClient(app)
    url = pages.asset("css/base.css")
    answer = client.get(url)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    old = client.get(url.replace(pages.assets.digest, "0" * 16))
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
    assert client.get("/x/static/0/ui/../../rendering.py").status_code == 404
    assert client.get("/x/static/0/ui/%2e%2e/rendering.py").status_code == 404
    assert client.post(url).status_code == 405


def test_a_services_own_files_lie_beside_its_templates(folder: Path) -> None:
    (folder / "static").mkdir()
    (folder / "static" / "door.js").write_text("// x", encoding="utf-8")
    pages = Pages(folder, "door", "/x")
    assert pages.own_asset("door.js").endswith("/own/door.js")
    with pytest.raises(MissingAsset):
        pages.asset("css/none.css")


def test_behind_a_proxy_that_takes_the_path_off(pages: Pages) -> None:
    app = Starlette()
    pages.mount_static(app, "/static")
    assert TestClient(app).get(pages.asset("js/page.js").removeprefix("/x")).status_code == 200
