"""What holds for every template and static file: nothing inline, nothing from elsewhere, vendored as recorded."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import chain
from pathlib import Path

import pytest

from shared.ui.icons import symbols
from shared.ui.rendering import HERE

ROOT = HERE.parents[1]
TEMPLATES = sorted(chain(HERE.rglob("*.html"), ROOT.glob("services/*/pages/**/*.html")))
STATIC = [path for path in (HERE / "static").rglob("*") if path.suffix in (".css", ".js", ".svg")]
VENDORS = [HERE / "static" / "vendor", *ROOT.glob("services/*/pages/static/**/vendor")]

INLINE = {
    "a script without src": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle=", re.I),
    "a handler attribute": re.compile(r"<[^>]*\son[a-z]+=", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "a placeholder": re.compile(r"\splaceholder=", re.I),
    "words marked safe": re.compile(r"\|\s*safe\b"),
}
# The one thing that comes as markup: a QR code, drawn by segno from what is no markup.
QR_CODE = "{{ code | safe }}"
ELSEWHERE = re.compile(r"""(?:src|href|url\(|@import|from|import)\s*=?\s*\(?["']?\s*(?:https?:)?//""", re.I)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_nothing_inline_and_loads_nothing_from_elsewhere(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S).replace(QR_CODE, "")
    assert [name for name, pattern in INLINE.items() if pattern.search(source)] == []
    assert not ELSEWHERE.search(source)


@pytest.mark.parametrize("path", STATIC, ids=lambda path: str(path.relative_to(HERE)))
def test_a_static_file_loads_nothing_from_elsewhere(path: Path) -> None:
    assert not ELSEWHERE.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda path: str(path.relative_to(ROOT)))
def test_vendored_files_are_those_of_the_manifest(vendor: Path) -> None:
    manifest = json.loads((vendor / "manifest.json").read_text(encoding="utf-8"))
    recorded = {name: digest for package in manifest["packages"] for name, digest in package["files"].items()}
    there = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert there == recorded
    for package in manifest["packages"]:
        assert {"name", "version", "licence", "integrity", "why"} <= package.keys()
        assert any("LICENSE" in name for name in package["files"])


def test_every_icon_has_lines_of_the_texts_colour() -> None:
    assert {"check", "cross", "warning", "info", "seat", "card", "clock"} <= symbols().keys()
    assert all("currentColor" in shapes for _, shapes in symbols().values())


def test_the_style_sheets_of_the_base_template_are_all_there() -> None:
    base = (HERE / "templates" / "base.html").read_text(encoding="utf-8")
    listed = re.search(r"for sheet in \(([^)]*)\)", base)
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == {path.stem for path in (HERE / "static" / "css").iterdir()}
