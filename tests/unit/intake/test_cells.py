"""S02, S14: what a cell says; what Excel made of it is mended where that is certain, and a formula is no value."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.cells import Cell, Said, said
from services.intake.domain.slotwords import slot_in_words, slot_words
from shared.contracts.programme import Programme

DAY = "2021-06-10"


@pytest.mark.parametrize(
    "cell",
    [
        date(2021, 6, 10),
        "2021-06-10",
        "2021/06/10",
        "2021/6/10",
        "2021.6.10",
        "2021年6月10日",
        "２０２１年６月１０日",
        "20210610",
        20210610.0,
        "令和3年6月10日",
        "令和３年６月１０日",
        "R3.6.10",
        "R3/6/10",
        "r3.6.10".upper(),
        "㋿3年6月10日",
        "44357",
        44357,
        44357.0,
        "2021/6/10(木)",
        "2021年6月10日（木）",
        "2021/6/10 0:00",
        "2021/6/10 0:00:00",
        " 2021/6/10 ",
    ],
)
def test_s02_a_date_is_read_however_japan_writes_it(programme: Programme, cell: Cell) -> None:
    found = said("postmarked_on", cell, programme)
    assert (found.text, found.fault) == (DAY, None)


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("6/10", "cell-no-year"),
        ("6月10日", "cell-no-year"),
        ("6/10/2021", "cell-unread-date"),
        ("21/6/10", "cell-unread-date"),
        ("2021/13/1", "cell-unread-date"),
        ("2021/2/30", "cell-unread-date"),
        ("令和0年6月10日", "cell-unread-date"),
        ("平成33年6月10日", "cell-unread-date"),
        ("12345", "cell-unread-date"),
        (99999, "cell-unread-date"),
        (1.5, "cell-unread-date"),
        ("昨日", "cell-unread-date"),
        ("=TODAY()", "cell-formula"),
        ("令和99年6月10日", None),
    ],
)
def test_s02_a_date_that_may_be_another_is_asked_for(programme: Programme, cell: Cell, fault: str | None) -> None:
    assert said("received_on", cell, programme).fault == fault


def test_s02_the_first_year_of_an_era_is_gannen(programme: Programme) -> None:
    assert said("received_on", "令和元年6月10日", programme).text == "2019-06-10"


@pytest.mark.parametrize(
    ("cell", "text", "fault", "mended"),
    [
        ("090-1234-5678", "090-1234-5678", None, None),
        ("03-3209-1111", "03-3209-1111", None, None),
        (9012345678, "09012345678", None, "cell-zero"),
        (9012345678.0, "09012345678", None, "cell-zero"),
        ("9012345678", "09012345678", None, "cell-zero"),
        (332091111, "0332091111", None, "cell-zero"),
        ("9.01E+10", "", "cell-rounded", None),
        ("9.01235E+09", "", "cell-rounded", None),
        ("9E9", "", "cell-rounded", None),
        ("+819012345678", "+819012345678", None, None),
        ("+81-90-1234-5678", "", "cell-formula", None),
        ("+81 cmd", "", "cell-formula", None),
        ("=09012345678", "", "cell-formula", None),
        (date(1990, 3, 4), "", "cell-date", None),
        (12, "12", None, None),
    ],
)
def test_s02_a_telephone_number_that_excel_took_for_a_number(
    programme: Programme, cell: Cell, text: str, fault: str | None, mended: str | None
) -> None:
    assert said("telephone", cell, programme) == Said(text, fault, mended)


@pytest.mark.parametrize(
    ("cell", "text", "fault"),
    [
        (34, "34", None),
        (34.0, "34", None),
        ("34", "34", None),
        ("３４歳", "34", None),
        ("2席", "2", None),
        ("2人", "2", None),
        (2.5, "", "number"),
        ("約30", "", "number"),
        ("-1", "", "cell-formula"),
        (date(1900, 2, 3), "", "cell-date"),
        (None, "", None),
        ("TRUE", "", "number"),
    ],
)
def test_s02_a_count_is_digits_with_or_without_its_unit(
    programme: Programme, cell: Cell, text: str, fault: str | None
) -> None:
    assert said("seats", cell, programme) == Said(text, fault)


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://example.test","x")',
        "+1+1",
        "-1+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        " =1+1",
        "\u3000=1+1",
        "\n=1+1",
        "\t=1",
        "\ttext",
        "\rtext",
        "\xa0=1",
        "=",
    ],
)
@pytest.mark.parametrize(
    "kind", ["name", "address", "companions", "card", "age", "wishes", "postmarked_on", "telephone"]
)
def test_s14_what_a_spreadsheet_would_run_is_refused_in_every_field(programme: Programme, kind: str, text: str) -> None:
    assert said(kind, text, programme).fault == "cell-formula"


@pytest.mark.parametrize(
    "text", ["髙橋　﨑子", "𠮷田 はな", "ジョン＝スミス", "東京都新宿区西新宿2-8-1", "A-12", "O'Neil"]
)
def test_s14_what_only_contains_such_a_sign_is_kept_as_written(programme: Programme, text: str) -> None:
    assert said("name", text, programme) == Said(text)


@pytest.mark.parametrize(
    ("cell", "fault"), [(date(2002, 8, 1), "cell-date"), (12.0, "cell-number"), (7, "cell-number")]
)
def test_s02_an_address_that_excel_made_a_date_is_typed_again(programme: Programme, cell: Cell, fault: str) -> None:
    assert said("address", cell, programme) == Said(fault=fault)
    assert said("card", cell, programme) == Said(fault=fault)


@pytest.mark.parametrize(
    "text",
    [
        "2021-07-23-sumitomo-am",
        "7/23 午前の部 新宿住友ビル",
        "7月23日 午前 新宿住友ビル",
        "2021/7/23 新宿住友ビル 午前の部",
        "２０２１年７月２３日（金）午前の部新宿住友ビル",
        "7/23（金） 10:00〜13:00 新宿住友ビル",
        "7/23 午前の部 10:00～13:00 新宿住友ビル",
        "7-23 午前・新宿住友ビル",
    ],
)
def test_s03_a_wish_is_understood_in_words(programme: Programme, text: str) -> None:
    assert said("wishes", text, programme) == Said("2021-07-23-sumitomo-am")


@pytest.mark.parametrize(
    "text",
    [
        "7/23",
        "7/23 午前の部",
        "7/23 新宿住友ビル",
        "7/20 午前の部 新宿住友ビル",
        "2022/7/23 午前の部 新宿住友ビル",
        "7/23 夜の部 新宿住友ビル",
        "どこでも",
        "23",
    ],
)
def test_s03_a_wish_that_names_no_slot_or_several_is_asked_for(programme: Programme, text: str) -> None:
    assert said("wishes", text, programme).fault == "cell-wish"


def test_s03_the_template_s_own_words_lead_back_to_every_slot(programme: Programme) -> None:
    assert all(slot_in_words(slot_words(slot, programme), programme) == slot.id for slot in programme.slots)


@given(
    cell=st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.dates()),
    kind=st.sampled_from(["card", "postmarked_on", "name", "telephone", "age", "wishes", "companions", "seats"]),
)
def test_s14_no_cell_breaks_the_reading_and_no_formula_gets_through(
    programme: Programme, cell: Cell, kind: str
) -> None:
    found = said(kind, cell, programme)
    assert (
        found.fault
        or not isinstance(cell, str)
        or not found.text.lstrip().startswith(("=", "-", "@", "＝", "－", "＠", "＋"))
    )
    assert not (found.fault and found.text)
