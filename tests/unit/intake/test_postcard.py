"""S02, S11: the postcard to print and fill in."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

import services.intake
from services.intake.postcard.template import TooMuch, postcard
from shared.contracts.programme import Programme
from shared.contracts.programme_base import Words
from shared.ui import language
from tests.stages.programmes import programme_named

HERE = Path(services.intake.__file__).parent
WORDS = language.Words((HERE.parents[1] / "shared/ui/words", HERE / "pages/words"))


def pages_of(programme: Programme) -> list[str]:
    with language.speaking(WORDS, "ja"):
        pdf = PdfReader(io.BytesIO(postcard(programme)))
    assert [[round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] for page in pdf.pages] == [[100, 148]] * 2
    return ["".join(page.extract_text().split()) for page in pdf.pages]


@pytest.mark.parametrize("file", ["live-site-2020", "summer-stage-2024"])
def test_s02_s11_the_purpose_stands_before_the_first_field_and_only_declared_items_are_asked(file: str) -> None:
    programme = programme_named("card", file)
    address, form = pages_of(programme)
    purpose = "".join(programme.purpose_of_use.ja.split())
    assert purpose in form and form.index(purpose) < form.index(str(WORDS.say("ja", "field.name", {})))
    assert "メール" not in form
    assert all(venue.name.ja in form for venue in programme.venues)
    assert "".join(programme.ward.disclosure.ja.split()) in address and programme.ward.telephone in address
    for item in programme.data_items:
        if "postcard" in item.channels:
            assert "".join(item.until.ja.split()) in address


def test_s11_what_is_not_declared_for_postcards_is_not_asked() -> None:
    programme = programme_named("card")
    items = tuple(item for item in programme.data_items if item.item not in {"age", "companions"})
    form = pages_of(programme.model_copy(update={"data_items": items}))[1]
    assert str(WORDS.say("ja", "field.age", {})) not in form and "同行者1" not in form
    assert str(WORDS.say("ja", "field.telephone", {})) in form


def test_s02_a_programme_that_says_more_than_a_postcard_holds_is_refused_and_not_cut_off() -> None:
    programme = programme_named("card")
    longer = programme.model_copy(update={"purpose_of_use": Words(ja=programme.purpose_of_use.ja * 2)})
    assert "".join(longer.purpose_of_use.ja.split()) in pages_of(longer)[1]
    endless = programme.model_copy(update={"purpose_of_use": Words(ja=programme.purpose_of_use.ja * 12)})
    with pytest.raises(TooMuch):
        pages_of(endless)
