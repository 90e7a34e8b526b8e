"""Puts the modules of the check, the vendored library among them, into one file: each becomes a function that returns
what the module exports, in an order in which each finds what it imports. Nothing is minified: who opens the file reads
the same code as in `pages/static/verify/`."""

from __future__ import annotations

import html
import json
import re
import tomllib
from pathlib import Path

from shared.ui.language import NAMES

HERE = Path(__file__).parent
MODULES = HERE.parent / "pages" / "static" / "verify"
WORDS = HERE.parent / "pages" / "words"
TARGET = HERE.parent / "public" / "verify-draw.html"

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([^"]+)\.mjs";$', re.M)
_EXPORTED = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.M)
_EXPORTS_LAST = re.compile(r"^export \{([^}]*)\};$", re.M)


def build() -> bytes:
    """The whole file, the same bytes on every run."""
    shell = (HERE / "shell.html").read_text(encoding="utf-8")
    parts = {
        "STYLE": (HERE / "shell.css").read_text(encoding="utf-8"),
        "ENGINE": _joined("worker"),
        "PANEL": _joined("panel"),
        "BOOT": (HERE / "boot.js").read_text(encoding="utf-8"),
        "LANGUAGES": "".join(_switch(language, name) for language, name in NAMES.items()),
        "WORDS": json.dumps({language: _words(language) for language in NAMES}, ensure_ascii=False, indent=0),
    }
    whole = re.sub(r"<!--(\w+)-->", lambda found: parts[found[1]], shell)
    return whole.encode()


def _switch(language: str, name: str) -> str:
    return f'<button class="button" type="button" lang="{language}" data-language="{language}">{name}</button>'


def _words(language: str) -> dict[str, str]:
    words: dict[str, str] = tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))["verify"]
    return {key: html.escape(text, quote=False) for key, text in words.items()}


def _joined(name: str) -> str:
    """A module and all that it needs, as one classic script."""
    return "".join(_as_function(module) for module in _in_order(name, []))


def _in_order(name: str, before: list[str]) -> list[str]:
    for needed in _IMPORT.findall(_source(name)):
        _in_order(needed[1], before)
    if name not in before:
        before.append(name)
    return before


def _source(name: str) -> str:
    return (MODULES / f"{name}.mjs").read_text(encoding="utf-8")


def _as_function(name: str) -> str:
    source = _source(name)
    exported = _EXPORTED.findall(source) + re.findall(r"\w+", ",".join(_EXPORTS_LAST.findall(source)))
    body = _IMPORT.sub(lambda found: f"const {found[1]} = {_variable(found[2])};", source)
    body = _EXPORTS_LAST.sub("", _EXPORTED.sub("", body))
    # The end of a script element must not stand within it.
    body = body.replace("</script", "<\\/script")
    head, last = f"const {_variable(name)} = (() => {{", f"return {{ {', '.join(exported)} }};"
    return f"\n// ---- {name}.mjs\n{head}\n{body}\n{last}\n}})();\n"


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name)
