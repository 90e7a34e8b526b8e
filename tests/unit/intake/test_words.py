"""B14: every code has its words in Japanese."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import services.intake
from services.intake.domain.standing import _OWN_CAUSES, State
from shared.contracts.programme import DataItemCode, Purpose
from shared.contracts.retention import Role
from shared.ui.language import Words

HERE = Path(services.intake.__file__).parent
WORDS = Words((HERE.parents[1] / "shared/ui/words", HERE / "pages/words")).keys("ja")


def test_b14_each_fault_has_its_words() -> None:
    source = "".join(path.read_text() for path in HERE.rglob("*.py"))
    codes = set(re.findall(r'Fault\([^)]*?, "([a-z-]+)"', source)) | {
        "control",
        "invisible",
        "unreadable",
        "private-use",
    }
    codes |= {"direction", "emoji", "card", "date", "required"}
    assert len(codes) > 20 and {f"fault.{code}" for code in codes} <= WORDS


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
