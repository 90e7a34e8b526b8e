"""Reads one Excel workbook from standard input in a process of its own, and writes its cells as JSON.

What strangers pack into a workbook is met here: the process gives itself little memory and time, may write no file, and
knows neither settings nor keys. The parser gets a container that was packed anew, of the few parts it needs, each of
the size it says. Only the standard library and the parser are imported, so that it is started as a bare file.
"""

from __future__ import annotations

import io
import json
import posixpath
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from xml.parsers import expat

import python_calamine

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 10
MAX_PARTS = 200
MAX_UNPACKED = 32 * 1024 * 1024
MAX_RATIO = 200
"""XML of a sheet is packed ten to fifty times smaller."""
SMALL_PART = 1024 * 1024
"""Below this the ratio does not matter."""
LAST_ROW, LAST_COLUMN = 10_000, 100
MAX_TEXT = 2 * 1024 * 1024
LONGEST_CELL = 1000
"""A longer text is cut: whatever it stands in, it is too long."""

_NEEDED = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
           "xl/sharedStrings.xml", "xl/styles.xml")
_UNREADABLE = (zipfile.BadZipFile, zipfile.LargeZipFile, expat.ExpatError, python_calamine.CalamineError, KeyError,
               ValueError, NotImplementedError, EOFError, RuntimeError, UnicodeError, zlib.error, OSError)


class Refused(Exception):
    """The workbook is not read; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Grid:
    """Where a sheet's values and formulas lie; rows and columns count from 1."""

    formulas: list[tuple[int, int]] = field(default_factory=list)
    row: int = 0
    column: int = 0

    def enter(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
        elif name == "c":
            self._cell(attributes.get("r"))
        elif name == "f":
            self.formulas.append((self.row, self.column))
        elif name in ("v", "is") and (self.row > LAST_ROW or self.column > LAST_COLUMN):
            raise Refused("too-far")

    def _cell(self, reference: str | None) -> None:
        self.column += 1
        if reference:
            letters = reference.rstrip("0123456789")
            self.row, self.column = int(reference[len(letters):]), column_number(letters)


def column_number(letters: str) -> int:
    """The column of `AB`: 28. Raises `ValueError` for anything else than one to three letters."""
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise ValueError(letters)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def read(data: bytes) -> dict[str, Any]:
    """`{sheet, others, rows, formulas}` of the first visible sheet, or `{refused: code}`."""
    try:
        return _read(data)
    except Refused as refused:
        return {"refused": refused.code}
    except MemoryError:
        return {"refused": "unpacked"}
    except _UNREADABLE:
        return {"refused": "damaged"}


def _read(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        _check_container(container)
        parts = {name: _part(container, name) for name in _NEEDED if name in container.NameToInfo}
        if b"macroEnabled" in parts["[Content_Types].xml"]:
            raise Refused("macros")
        name, path, others = _first_sheet(parts)
        parts[path] = _part(container, path)
    grid = Grid()
    for part, xml in parts.items():
        _walk(xml, grid.enter if part == path else None)
    rows = _cells(_packed_anew(parts), name)
    return {"sheet": name[:100], "others": others, "rows": rows, "formulas": grid.formulas}


def _check_container(container: zipfile.ZipFile) -> None:
    entries = container.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_PARTS or len(set(names)) < len(names):
        raise Refused("unpacked")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("encrypted")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise Refused("damaged")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED or any(map(_blown_up, entries)):
        raise Refused("unpacked")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("macros")
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise Refused("not-excel")


def _part(container: zipfile.ZipFile, name: str) -> bytes:
    """The part, unpacked as far as it says that it goes and no further."""
    entry = container.getinfo(name)
    with container.open(entry) as packed:
        return packed.read(entry.file_size + 1)


def _blown_up(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > SMALL_PART and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)


def _walk(xml: bytes, enter: Any = None) -> list[tuple[str, dict[str, str]]]:
    """All elements by local name; `enter` is called instead where given. No document type, so no entities."""
    found: list[tuple[str, dict[str, str]]] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition("}")[2]
        plain = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        if enter is not None:
            enter(local, plain)
        elif local in ("sheet", "Relationship"):
            found.append((local, plain))

    def refuse(*_: Any) -> None:
        raise Refused("entities")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = begin, refuse
    parser.Parse(xml, True)
    return found


def _first_sheet(parts: dict[str, bytes]) -> tuple[str, str, int]:
    """Name and part of the first sheet that is shown, and how many others there are."""
    targets = {attributes["Id"]: attributes["Target"]
               for _, attributes in _walk(parts["xl/_rels/workbook.xml.rels"])}
    sheets = [attributes for _, attributes in _walk(parts["xl/workbook.xml"])]
    shown = [sheet for sheet in sheets if sheet.get("state", "visible") == "visible"]
    if not shown:
        raise Refused("empty")
    path = posixpath.normpath(posixpath.join("/xl", targets[shown[0]["id"]])).lstrip("/")
    return shown[0]["name"], path, len(shown) - 1


def _packed_anew(parts: dict[str, bytes]) -> io.BytesIO:
    clean = io.BytesIO()
    with zipfile.ZipFile(clean, "w", zipfile.ZIP_STORED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    clean.seek(0)
    return clean


def _cells(container: io.BytesIO, sheet: str) -> list[list[Any]]:
    with python_calamine.load_workbook(container) as workbook:
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    plain = [[_plain(value) for value in row] for row in rows]
    if sum(len(value) for value in _texts(plain)) > MAX_TEXT:
        raise Refused("unpacked")
    return plain


def _texts(rows: list[list[Any]]) -> Iterator[str]:
    return (value for row in rows for value in row if isinstance(value, str))


def _plain(value: Any) -> Any:
    """As JSON has it: text, a number, or `{"date": "2021-06-10"}`."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)[: LONGEST_CELL + 1]
    return value


def confine() -> None:
    """Little memory and time, no file, no core dump."""
    for limit, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS),
                        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (most, most))


def main() -> None:
    """Standard input to standard output."""
    confine()
    json.dump(read(sys.stdin.buffer.read()), sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
