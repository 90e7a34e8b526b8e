"""S02, S14: Excel workbooks, from the office's and from those who mean harm; read in a confined process."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import zipfile
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.sheet import Sheet, SheetRefused
from services.intake.sheets import workbook_reader
from services.intake.sheets.reading import MAX_BYTES, Readers
from tests.sheets import TITLES, a_card, as_xlsx, cards, part, repacked

SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PLAIN = as_xlsx(cards(2))


def read(data: bytes) -> Sheet:
    """As the service does, in the process of its own."""
    return asyncio.run(Readers().read(data, {}))


def refusal(data: bytes) -> str:
    with pytest.raises(SheetRefused) as refused:
        read(data)
    return refused.value.code


def with_sheet(xml: str) -> bytes:
    return repacked(PLAIN, {SHEET: xml.encode()})


def sheet_of(cells: str) -> str:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{cells}</sheetData></worksheet>"
    )


def test_s02_numbers_days_and_texts_come_as_excel_keeps_them() -> None:
    sheet = read(as_xlsx([a_card(1, 消印の日=date(2021, 6, 10), 電話番号=9012345678, 年齢=34)]))
    assert tuple(sheet.rows[0]) == TITLES and sheet.found == "xlsx" and not sheet.formulas
    row = dict(zip(TITLES, sheet.rows[1], strict=True))
    assert (row["消印の日"], row["電話番号"], row["年齢"]) == (date(2021, 6, 10), 9012345678, 34)
    assert row["代表者のお名前"] == "髙橋　1子" and row["同行者2のお名前"] is None


def test_s14_a_formula_is_found_where_it_stands_whatever_value_it_shows() -> None:
    book = as_xlsx([a_card(1), a_card(2, ご住所='=HYPERLINK("http://x.example","東京都新宿区西新宿2-8-1")')])
    assert read(book).formulas == {(3, 5)}


def test_s14_a_formula_in_a_cell_without_a_reference_is_found_too() -> None:
    cells = '<row><c t="str"><v>a</v></c><c t="str"><f>1+1</f><v>2</v></c></row><row><c><f>A1</f></c></row>'
    assert read(with_sheet(sheet_of(cells))).formulas == {(1, 2), (2, 1)}


def test_s02_what_helps_to_read_a_name_aloud_is_no_part_of_it() -> None:
    """Excel in Japan keeps how a name was typed (furigana) beside it."""
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>新宿 花子</t><rPh sb="0" eb="2"><t>シンジュク</t></rPh></is></c>'
        '<c r="B1" t="s"><v>0</v></c></row>'
    )
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>髙橋</t>'
        '<rPh sb="0" eb="2"><t>タカハシ</t></rPh><phoneticPr fontId="1"/></si></sst>'
    ).encode()
    book = repacked(PLAIN, {SHEET: sheet_of(cells).encode(), STRINGS: strings})
    assert [list(row) for row in read(book).rows] == [["新宿 花子", "髙橋"]]


def test_s02_the_first_sheet_that_is_shown_is_read_and_the_others_are_told() -> None:
    out = io.BytesIO()
    import xlsxwriter  # type: ignore[import-untyped]

    with xlsxwriter.Workbook(out) as book:
        for name, state in (("下書き", "hide"), ("はがき", ""), ("一覧", "")):
            sheet = book.add_worksheet(name)
            sheet.write(0, 0, name)
            if state:
                sheet.hide()
            else:
                sheet.activate()
    sheet = read(out.getvalue())
    assert [list(row) for row in sheet.rows] == [["はがき"]] and sheet.other_sheets == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OLE + b"\x00" * 600, "old-excel"),
        (OLE + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 600, "encrypted"),
        (b"PK\x03\x04 and no more", "damaged"),
        (PLAIN[:-300], "damaged"),
        (PLAIN[:400] + b"\x00" * 80 + PLAIN[480:], "damaged"),
        (repacked(PLAIN, {"xl/vbaProject.bin": b"Sub Auto_Open()"}), "macros"),
        (
            repacked(
                PLAIN,
                {
                    "[Content_Types].xml": part(PLAIN, "[Content_Types].xml").replace(
                        b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
                    )
                },
            ),
            "macros",
        ),
        (repacked(PLAIN, {f"xl/media/{number}.png": b"x" for number in range(300)}), "unpacked"),
        (b"PK\x05\x06" + b"\x00" * 18, "not-excel"),
    ],
    ids=["xls", "encrypted", "stump", "cut off", "torn", "xlsm", "xlsm by its type", "many parts", "empty zip"],
)
def test_s02_what_is_no_plain_workbook_is_refused_for_what_it_is(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_s02_another_container_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        container.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        container.writestr("content.xml", "<x/>")
    assert refusal(out.getvalue()) == "not-excel"


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
FILE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declared", [LAUGHS, FILE], ids=["billion laughs", "a file of ours"])
@pytest.mark.parametrize("where", [SHEET, STRINGS, BOOK])
def test_s14_entities_are_not_even_looked_at(where: str, declared: str) -> None:
    xml = part(PLAIN, where).decode()
    plain = xml[xml.index("?>") + 2 :]
    name = "j" if declared is LAUGHS else "a"
    assert (
        refusal(repacked(PLAIN, {where: f"{declared}{plain}".replace("</", f"&{name};</", 1).encode()})) == "entities"
    )


def test_s14_a_far_away_cell_does_not_make_a_vast_table() -> None:
    assert (
        refusal(
            with_sheet(
                sheet_of('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
            ),
        )
        == "too-far"
    )
    assert refusal(with_sheet(sheet_of('<row r="1"><c r="CW1"><v>1</v></c></row>'))) == "too-far"


@cache
def bomb(megabytes: int) -> bytes:
    """Small on the disk: spaces between two tags."""
    head, tail = sheet_of("<row r='1'><c r='A1'><v>1</v></c></row>|").encode().split(b"|")
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(PLAIN)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
        with new.open(SHEET, "w") as packed:
            packed.write(head)
            for _ in range(megabytes):
                packed.write(b" " * (1 << 20))
            packed.write(tail)
    return out.getvalue()


def lying(book: bytes) -> bytes:
    """The container says that the part is small; what is packed in it is not."""
    out = bytearray(book)
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        real = container.getinfo(SHEET).file_size.to_bytes(4, "little")
    at = out.rindex(SHEET.encode()) - 22
    assert out[at : at + 4] == real
    out[at : at + 4] = (100).to_bytes(4, "little")
    return bytes(out)


def peak(data: bytes) -> int:
    """The most memory in bytes that the reader's process had for real, as the kernel counted it."""
    told = (
        f"import runpy,sys; runpy.run_path({workbook_reader.__file__!r}, run_name='__main__')\n"
        "sys.stderr.write(open('/proc/self/status').read())"
    )
    done = subprocess.run([sys.executable, "-I", "-c", told], input=data, capture_output=True, check=True)
    (line,) = [line for line in done.stderr.decode().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("megabytes", [30, 300])
def test_s14_a_bomb_is_refused_by_what_it_says(megabytes: int) -> None:
    data = bomb(megabytes)
    assert len(data) < MAX_BYTES
    assert refusal(data) == "unpacked"


def test_s14_a_bomb_that_lies_about_its_size_is_never_unpacked() -> None:
    assert refusal(lying(bomb(300))) == "damaged"


def test_s14_one_long_text_in_a_million_cells_ends_the_reader_and_not_the_service() -> None:
    """Each cell is small in the file: a reference to one string of 30,000 characters."""
    row = "".join('<c t="s"><v>0</v></c>' for _ in range(100))
    strings = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{"長" * 30_000}</t></si></sst>'
    )
    book = repacked(PLAIN, {SHEET: sheet_of(f"<row>{row}</row>" * 9000).encode(), STRINGS: strings.encode()})
    assert len(book) < MAX_BYTES
    assert refusal(book) == "unpacked"


def test_s14_a_bomb_takes_no_more_memory_than_a_sheet() -> None:
    for data in (bomb(300), lying(bomb(300)), as_xlsx(cards(2000))):
        assert peak(data) < 100 << 20 < workbook_reader.MEMORY_BYTES


def test_s02_two_thousand_cards_are_read() -> None:
    assert len(read(as_xlsx(cards(2000))).rows) == 2001


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_s02_a_damaged_workbook_is_refused_or_read_and_never_more(data: Any) -> None:
    """In this process, where a crash would be seen."""
    book = bytearray(PLAIN)
    for _ in range(data.draw(st.integers(1, 8))):
        book[data.draw(st.integers(0, len(book) - 1))] = data.draw(st.integers(0, 255))
    found = workbook_reader.read(bytes(book))
    assert set(found) in ({"refused"}, {"sheet", "others", "rows", "formulas"})
