"""Sheets of invented postcards for tests, as CSV and as Excel writes them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

TITLES = (
    "はがきの番号", "消印の日", "届いた日", "代表者のお名前", "ご住所", "年齢", "電話番号",
    "同行者1のお名前", "同行者2のお名前", "必要な席の数", "第1希望", "第2希望",
)  # fmt: skip


def a_card(number: int, **change: Any) -> dict[str, Any]:
    """A row like no other: title → value."""
    values = (
        f"HG-{number:04}", "2021/6/10", "2021-06-11", f"髙橋　{number}子", "東京都新宿区西新宿二丁目8番1号", "34",
        f"090-{1000 + number // 10_000:04}-{number % 10_000:04}", "髙橋　太郎", "", "2", "2021-07-23-sumitomo-am",
        "8/24 午後の部 工学院大学",
    )  # fmt: skip
    return {**dict(zip(TITLES, values, strict=True)), **change}


def cards(count: int, first: int = 1) -> list[dict[str, Any]]:
    """`count` rows without a fault."""
    return [a_card(number) for number in range(first, first + count)]


def as_csv(rows: Sequence[dict[str, Any]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    """As a spreadsheet saves it."""
    text = io.StringIO(newline="")
    titles = list(dict.fromkeys(title for row in rows for title in row)) or list(TITLES)
    writer = csv.DictWriter(text, titles, delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[dict[str, Any]]) -> bytes:
    """As Excel saves it: numbers and dates as such, a text that begins with `=` as a formula."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, as_day = book.add_worksheet("はがき"), book.add_format({"num_format": "yyyy/m/d"})
        titles = list(dict.fromkeys(title for row in rows for title in row)) or list(TITLES)
        sheet.write_row(0, 0, titles)
        for line, row in enumerate(rows, 1):
            for column, title in enumerate(titles):
                value = row.get(title, "")
                if isinstance(value, date):
                    sheet.write_datetime(line, column, datetime.combine(value, time()), as_day)
                else:
                    sheet.write(line, column, value)
    return out.getvalue()


def repacked(book: bytes, change: dict[str, bytes], level: int = 6) -> bytes:
    """The container with other parts, or more of them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(
            out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as new:
        for name in dict.fromkeys([*old.namelist(), *change]):
            new.writestr(name, change.get(name) if name in change else old.read(name))  # type: ignore[arg-type]
    return out.getvalue()


def part(book: bytes, name: str) -> bytes:
    """One part of the container."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        return container.read(name)
