"""B14: what a refusal quotes from the programme is in the language of the refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import services.intake
from services.intake.domain.window import WindowRefused
from services.intake.refusals import Say, window_words
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
