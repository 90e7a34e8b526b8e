"""A page from a template given as text, parsed for looking at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from starlette.requests import Request

from shared.ui import Chrome, Pages

Render = Callable[..., BeautifulSoup]


def request_of(
    path: str = "/x/a", query: str = "", method: str = "GET", headers: dict[str, str] | None = None
) -> Request:
    """A request as Starlette would hand it to a page."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({
        "type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw,
        "scheme": "https", "server": ("example.jp", 443),
    })  # fmt: skip


def _write_words(folder: Path) -> Path:
    words = folder / "words"
    words.mkdir()
    (words / "ja.toml").write_text('[own]\nonly-ja = "残り{count}席"\nboth = "両方"\n', encoding="utf-8")
    (words / "en.toml").write_text('[own]\nboth = "both"\n', encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's folder of templates, with words of its own."""
    return _write_words(tmp_path)


@pytest.fixture
def pages(folder: Path) -> Pages:
    return Pages(folder, "sample", "/x", chrome=lambda _: Chrome("見本の催し"))


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """`render("{{ forms.text(…) }}", language="en", **context)` gives the parsed page."""
    # One for all tests: compiling the macros anew for each would take most of their time.
    folder = _write_words(tmp_path_factory.mktemp("pages"))
    pages = Pages(folder, "sample", "/x", chrome=lambda _: Chrome("見本の催し"))

    def _render(source: str, language: str = "ja", **context: Any) -> BeautifulSoup:
        template = '{% extends "base.html" %}{% block title %}t{% endblock %}{% block main %}' + source
        name = f"{abs(hash(source))}.html"
        (folder / name).write_text(template + "{% endblock %}", encoding="utf-8")
        response = pages.render(request_of(query=f"lang={language}"), name, **context)
        return BeautifulSoup(bytes(response.body), "html.parser")

    return _render
