"""B14: the public pages of the draw say the same in each language; the desk is staff's, whose pages are Japanese."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import services.lottery
from shared.ui.language import NAMES

PAGES = Path(services.lottery.__file__).parent / "pages"
STAFF = ("desk.", "cancel.", "guide.", "refused.", "said.", "preflight.", "deskcharts.", "rehearsal.", "audit.",
         "problem.step-refused.", "problem.rehearsal-failed.", "problem.no-such-rehearsal.")
"""Words that staff alone reads."""


def texts(language: str) -> dict[str, str]:
    """All words of a language by their key; the singular that only English has is left out."""
    tables = tomllib.loads((PAGES / f"words/{language}.toml").read_text(encoding="utf-8"))
    return {key: text for key, text in _flat("", tables) if not key.endswith(".one")}


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value


@pytest.mark.parametrize("language", [language for language in NAMES if language != "ja"])
def test_b14_the_draw_is_shown_to_the_public_in_each_language_with_the_same_facts(language: str) -> None:
    japanese = {key: text for key, text in texts("ja").items() if not key.startswith(STAFF)}
    own = texts(language)
    assert japanese.keys() == own.keys()
    facts = {key: [set(re.findall(r"{\w+}", said[key])) for said in (japanese, own)] for key in own}
    assert {key for key, (wanted, found) in facts.items() if wanted != found} == set()
    assert {key for key, text in own.items() if not text.strip()} == set()


def test_b14_the_pages_say_only_words_that_exist() -> None:
    known = texts("ja").keys()
    own = {key.partition(".")[0] for key in known} - {"unit", "problem"}
    for template in PAGES.glob("*.html"):
        said = set(re.findall(r'\bt\("([a-z0-9.-]+)"[,)]', template.read_text(encoding="utf-8")))
        assert {key for key in said if key.partition(".")[0] in own} <= known, template.name
