"""S02, S13: which columns a sheet may have, and what its rows say; text files in the encodings of Japan's offices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.sheet import (
    MAX_CARDS,
    Sheet,
    SheetRefused,
    SheetRow,
    column_letters,
    columns_of,
    fields_of,
    rows_of,
)
from services.intake.sheets.text_file import read_text
from shared.contracts.programme import Programme
from tests.sheets import TITLES, a_card, as_csv, cards

FIELDS = (
    "card",
    "postmarked_on",
    "received_on",
    "name",
    "address",
    "age",
    "telephone",
    "companions.1",
    "companions.2",
    "seats",
    "wishes.1",
    "wishes.2",
)
NAMED = dict(zip(FIELDS, TITLES, strict=True))


def read(data: bytes, programme: Programme) -> tuple[Sheet, list[SheetRow]]:
    sheet = read_text(data, NAMED)
    return sheet, rows_of(sheet, columns_of(sheet.rows[0], NAMED), programme)


def refusal(data: bytes, programme: Programme) -> tuple[str, object]:
    with pytest.raises(SheetRefused) as refused:
        read(data, programme)
    return refused.value.code, refused.value.values


def test_s13_the_columns_are_the_declared_items_and_no_other(programme: Programme) -> None:
    assert fields_of(programme)[:8] == (
        "card",
        "postmarked_on",
        "received_on",
        "name",
        "address",
        "age",
        "telephone",
        "companions.1",
    )
    assert "email" not in fields_of(programme) and fields_of(programme)[-1] == f"wishes.{programme.draw.max_wishes}"


@pytest.mark.parametrize(
    ("encoding", "delimiter", "found"),
    [
        ("utf-8", ",", "utf-8"),
        ("utf-8-sig", ",", "utf-8-sig"),
        ("cp932", ",", "cp932"),
        ("utf-8-sig", "\t", "utf-8-sig tsv"),
        ("utf-16", "\t", "utf-16 tsv"),
        ("cp932", "\t", "cp932 tsv"),
    ],
)
def test_s02_an_office_s_file_is_read_in_its_own_encoding(
    programme: Programme, encoding: str, delimiter: str, found: str
) -> None:
    sheet, rows = read(as_csv(cards(3), encoding, delimiter), programme)
    assert sheet.found == found
    assert [row.values["name"] for row in rows] == ["髙橋　1子", "髙橋　2子", "髙橋　3子"]
    assert rows[0].values["wishes.2"] == "2021-08-24-kogakuin-pm" and not any(row.faults for row in rows)


def test_s02_bytes_that_two_encodings_can_read_are_read_by_the_one_that_names_our_columns(programme: Programme) -> None:
    data = "年齢\r\n34\r\n".encode()
    assert data.decode("cp932") != data.decode("utf-8")
    assert read_text(data, NAMED).found == "utf-8"
    assert read_text("年齢\r\n34\r\n".encode("cp932"), NAMED).found == "cp932"


def test_s02_a_character_that_shift_jis_lost_is_asked_for(programme: Programme) -> None:
    data = as_csv([a_card(1, 代表者のお名前="?田　はな")], "cp932")
    (row,) = read(data, programme)[1]
    assert [(fault.field, fault.code) for fault in row.faults] == [("name", "cell-lost")]
    assert not read(as_csv([a_card(1, 代表者のお名前="?田　はな")]), programme)[1][0].faults


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (as_csv([], "euc_jp"), "encoding"),
        ("ﾆ".encode("cp932") * 9, "no-header"),
        (b"\x81", "encoding"),
        ("新宿花子,090-1234-5678\r\n".encode(), "no-header"),
        (as_csv([]), "no-rows"),
        (as_csv(cards(1)) + b'"open', "quotes"),
        (as_csv([]) + b"," * 200 + b"\r\n", "too-far"),
        (as_csv(cards(1)).replace("年齢".encode(), "届いた日".encode()), "column-twice"),
        (as_csv(cards(1)).replace(b"\r\n", ",メモ\r\n".encode(), 1), "unknown-column"),
        (as_csv([a_card(1, 同行者2のお名前="はな")]).replace("同行者2のお名前".encode(), b""), "no-title"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_s02_a_file_that_is_no_such_sheet_is_refused_as_a_whole(programme: Programme, data: bytes, code: str) -> None:
    assert refusal(data, programme)[0] == code


def test_s13_a_column_that_is_not_declared_is_named_and_nothing_is_read_on(programme: Programme) -> None:
    data = as_csv([a_card(1, メールアドレス="hanako@mail.example", ご住所="=cmd")])
    assert refusal(data, programme) == ("unknown-column", {"title": "メールアドレス", "column": "M"})


def test_s02_a_missing_column_is_named(programme: Programme) -> None:
    row = {
        title: value
        for title, value in a_card(1).items()
        if title not in ("電話番号", "必要な席の数", "同行者2のお名前", "第2希望")
    }
    assert refusal(as_csv([row]), programme) == ("missing-column", {"title": "電話番号、必要な席の数"})


def test_s02_columns_in_any_order_and_width_and_blank_rows_between(programme: Programme) -> None:
    card = {title: a_card(1)[title] for title in reversed(TITLES)}
    data = as_csv([card, dict.fromkeys(TITLES, ""), {**card, "はがきの番号": "HG-0002"}])
    data = data.replace("第1希望".encode(), " 第１希望".encode())
    _, rows = read(data, programme)
    assert [row.number for row in rows] == [2, 4] and [row.values["card"] for row in rows] == ["HG-0001", "HG-0002"]


def test_s02_the_last_row_that_is_taken_and_one_more(programme: Programme) -> None:
    assert len(read(as_csv(cards(MAX_CARDS)), programme)[1]) == MAX_CARDS
    assert refusal(as_csv(cards(MAX_CARDS + 1)), programme)[0] == "too-many-rows"


def test_s14_a_formula_is_refused_where_it_stands(programme: Programme) -> None:
    _, rows = read(
        as_csv([a_card(1), a_card(2, ご住所='=HYPERLINK("http://x.example","x")', 電話番号="+819012345678")]), programme
    )
    assert [(row.number, fault.field, fault.code) for row in rows for fault in row.faults] == [
        (3, "address", "cell-formula")
    ]


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 28, 702, 703)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


@given(
    data=st.binary(max_size=400)
    | st.text(max_size=300).map(str.encode)
    | st.text(max_size=200).map(lambda text: as_csv([]) + text.encode("utf-8", "surrogatepass"))
)
def test_s02_whatever_bytes_come_they_are_refused_or_read(programme: Programme, data: bytes) -> None:
    try:
        _, rows = read(data, programme)
    except SheetRefused:
        return
    assert 0 < len(rows) <= MAX_CARDS
