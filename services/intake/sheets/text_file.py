"""Text files with columns, as spreadsheets save them: UTF-8, UTF-16 or Windows' Japanese, with commas or tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping

from services.intake.domain.sheet import Sheet, SheetRefused
from services.intake.domain.writing import comparable

_LAST_ROW, _LAST_COLUMN = 10_000, 100


def read_text(data: bytes, titles: Mapping[str, str]) -> Sheet:
    """The cells. Raises `SheetRefused`.

    Decoded strictly. Bytes that two encodings can read are read by the one in which the first line names our columns:
    no Japanese title comes out right by the wrong one.
    """
    readings = [(name, text) for name, text in _decoded(data) if text.strip()]
    if not readings:
        raise SheetRefused("empty" if not data.strip() else "encoding")
    name, text = next((one for one in readings if _names_columns(one[1], titles)), readings[0])
    delimiter = _delimiter(text)
    kind = f"{name} tsv" if delimiter == "\t" else name
    return Sheet(_rows(text, delimiter), kind, lossy=name == "cp932")


def _decoded(data: bytes) -> Iterator[tuple[str, str]]:
    marked = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    names = next(([name] for mark, name in marked if data.startswith(mark)), ["utf-8", "cp932"])
    for name in names:
        try:
            yield name, data.decode(name)
        except UnicodeDecodeError:
            continue


def _names_columns(text: str, titles: Mapping[str, str]) -> bool:
    first = comparable(text.partition("\n")[0])
    return any(comparable(title) in first for title in titles.values())


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return "\t" if first.count("\t") > first.count(",") else ","


def _rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > _LAST_ROW or len(row) > _LAST_COLUMN:
                raise SheetRefused("too-far")
    except csv.Error:
        raise SheetRefused("quotes", line=reader.line_num) from None
    return rows
