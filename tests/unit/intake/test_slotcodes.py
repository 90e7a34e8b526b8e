"""S03: wishes by short codes, as the desk keys them in."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from services.intake.domain.slotcodes import slot_code, typed_slot
from shared.contracts.programme import Programme

STAGE = Path(__file__).parents[3] / "programmes" / "summer-stage-2024.toml"


@pytest.mark.parametrize("typed", [
    "0723sa", "0723 s am", "723sa", "７／２３　Ｓ　Ａ", "7/23 sumitomo am", "7月23日・s・a", "2021-07-23-sumitomo-am",
])
def test_s03_a_code_is_read_however_it_is_spaced(programme: Programme, typed: str) -> None:
    assert typed_slot(programme, typed) == "2021-07-23-sumitomo-am"


@pytest.mark.parametrize("typed", ["", "0723", "0723s", "0723a", "0723xa", "0723sax", "0720sa", "1332sa", "髙橋"])
def test_s03_what_means_no_slot_or_several_is_not_guessed(programme: Programme, typed: str) -> None:
    assert typed_slot(programme, typed) is None


def test_s03_every_slot_has_a_code_of_its_own_that_leads_back(programme: Programme) -> None:
    one_venue = Programme.model_validate(tomllib.loads(STAGE.read_text(encoding="utf-8")))
    for known in (programme, one_venue):
        drawn = [slot for slot in known.slots if slot.seats]
        codes = {slot_code(known, slot): slot.id for slot in drawn}
        assert len(codes) == len(drawn)
        assert {code: typed_slot(known, code) for code in codes} == codes
    assert typed_slot(one_venue, "0831m") == "2024-08-31-hall-morning"
