"""B14: what a refusal quotes from the programme is in the language of the refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import services.intake
from services.intake.domain.residency import eligibility, residency_fault
from services.intake.domain.window import WindowRefused
from services.intake.refusals import Say, fault_words, window_words
from services.intake.sheets.words import cell_words
from shared.contracts.programme import Programme
from shared.ui.language import NAMES, Phrase, Words

HERE = Path(services.intake.__file__).parent
WORDS = Words((HERE.parents[1] / "shared/ui/words", HERE / "pages/words"))


def speaking(language: str) -> Say:
    """As the request's language makes it."""
    def say(key: str, /, **values: Any) -> Phrase:
        return WORDS.say(language, key, values)

    return say


@pytest.mark.parametrize("language", NAMES)
def test_b14_a_refusal_names_the_office_in_its_own_language(programme: Programme, language: str) -> None:
    _, todo = window_words(speaking(language), programme, WindowRefused("too-late", programme.window.closes))
    office = programme.ward.office
    assert office.text(language) in todo and (language == "ja" or office.ja not in todo)


@pytest.mark.parametrize("language", NAMES)
def test_b14_s04_a_fault_quotes_the_rule_in_its_own_language(programme: Programme, language: str) -> None:
    rule = programme.residency
    fault = residency_fault(eligibility("東京都渋谷区1", rule), rule)
    assert rule is not None and fault is not None
    say = speaking(language)
    for said in (fault_words(say, [fault])["address"], cell_words(say, fault)):
        assert rule.rule.text(language) in said and (language == "ja" or rule.rule.ja not in said)
