"""B14: every code has its words in Japanese."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import services.intake
from services.intake.domain import window
from services.intake.domain.duplicates import DUPLICATE, SPLIT_PARTY
from services.intake.domain.standing import _OWN_CAUSES, State
from services.intake.domain.window import Verdict
from shared.contracts.programme import DataItemCode, Purpose
from shared.contracts.retention import Role
from shared.ui.language import NAMES, Words

HERE = Path(services.intake.__file__).parent
WORDS = Words((HERE.parents[1] / "shared/ui/words", HERE / "pages/words")).keys("ja")


def _texts(language: str) -> dict[str, str]:
    tables = tomllib.loads((HERE / f"pages/words/{language}.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": text for table, texts in tables.items() for key, text in texts.items()}


@pytest.mark.parametrize("language", [language for language in NAMES if language != "ja"])
def test_b14_the_public_is_spoken_to_in_each_language_with_the_same_facts(language: str) -> None:
    """The desk is staff's, whose pages are Japanese; the desk reads the printed postcard."""
    japanese, own = _texts("ja"), _texts(language)
    staff = ("audit.", "desk.", "duplicates.", "enquiry.", "postcard.", "sheet.")
    assert {key for key in japanese if not key.startswith(staff)} == set(own)
    told = {key: [set(re.findall(r"{\w+}", texts[key])) for texts in (japanese, own)] for key in own}
    assert {key for key, (wanted, found) in told.items() if wanted != found} == set()


def test_b14_each_fault_has_its_words() -> None:
    source = "".join(path.read_text() for path in HERE.rglob("*.py"))
    codes = set(re.findall(r'Fault\([^)]*?, "([a-z-]+)"', source)) | {
        "control",
        "invisible",
        "unreadable",
        "private-use",
    }
    codes |= {"direction", "emoji", "card", "date", "required"}
    of_cells = set(re.findall(r'"(cell-[a-z-]+)"', source))
    assert len(codes) > 20 and {f"fault.{code}" for code in codes - of_cells} <= WORDS
    assert len(of_cells) > 10 and {f"sheet.{code}" for code in of_cells} <= WORDS


def test_s01_b03_each_reason_why_an_application_does_not_count_has_its_words() -> None:
    reasons = {verdict.reason for verdict in vars(window).values() if isinstance(verdict, Verdict) and verdict.reason}
    assert len(reasons) > 5 and {f"reason.{code}" for code in reasons | {DUPLICATE, SPLIT_PARTY}} <= WORDS


def test_s02_each_refusal_of_a_sheet_says_what_happened_and_what_to_do() -> None:
    source = "".join(path.read_text() for path in HERE.rglob("*.py"))
    codes = set(re.findall(r'(?:Sheet|raise )Refused\("([a-z-]+)"', source))
    assert len(codes) > 15 and {f"sheet.{code}{rest}" for code in codes for rest in ("", "-do")} <= WORDS


def test_b14_each_state_purpose_item_and_role_has_its_words() -> None:
    states = get_args(State)
    wanted = {f"{group}.{state}" for group in ("state", "sentence") for state in states}
    wanted |= {f"next.{state}" for state in states} | {
        f"next.not-counted-{cause}" for cause in _OWN_CAUSES
    }
    wanted |= {f"purpose.{purpose}" for purpose in get_args(Purpose)} | {"next.not-counted-decided"}
    wanted |= {f"item.{item}" for item in get_args(DataItemCode)} | {
        f"role.{role}" for role in get_args(Role)
    }
    assert wanted <= WORDS


def test_b14_templates_say_only_words_that_exist() -> None:
    for template in (HERE / "pages").glob("*.html"):
        said = set(re.findall(r'\bt\("([a-z0-9.-]+)"[,)]', template.read_text(encoding="utf-8")))
        assert said <= WORDS, template.name
