"""A file of cards, whatever kind it is: told by its first bytes, never by its name."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from services.intake.domain.cells import Cell
from services.intake.domain.sheet import Sheet, SheetRefused
from services.intake.sheets.text_file import read_text

MAX_BYTES = 2 * 1024 * 1024
MAX_ANSWER = 32 * 1024 * 1024
SECONDS = 30
"""Of real time, on a busy machine; the reader itself gets less of the processor's."""

_READER = Path(__file__).parent / "workbook_reader.py"
_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Readers:
    """Reads sheets; two workbooks at a time at most, each in a process of its own."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(2)

    async def read(self, data: bytes, titles: Mapping[str, str]) -> Sheet:
        """The cells of a file. Raises `SheetRefused`."""
        if len(data) > MAX_BYTES:
            raise SheetRefused("too-large", most=MAX_BYTES // 1024 // 1024)
        if data.startswith(_OLE):
            raise SheetRefused("encrypted" if _ENCRYPTED in data else "old-excel")
        if not data.startswith(_ZIP):
            return read_text(data, titles)
        async with self._free:
            return _sheet(await _read_workbook(data))


async def _read_workbook(data: bytes) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        # Isolated, and with nothing of our environment: no settings, no keys.
        sys.executable, "-I", str(_READER), env={}, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(SECONDS):
            answer = await _asked(process, data)
    except TimeoutError:
        raise SheetRefused("unpacked") from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    # Ended by its own limits: no answer, or half of one.
    if process.returncode != 0 or answer is None:
        raise SheetRefused("unpacked")
    found: dict[str, Any] = json.loads(answer)
    return found


async def _asked(process: asyncio.subprocess.Process, data: bytes) -> bytes | None:
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(data)
        await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return None
    answer = bytearray()
    while chunk := await process.stdout.read(256 * 1024):
        answer += chunk
        if len(answer) > MAX_ANSWER:
            return None
    await process.wait()
    return bytes(answer)


def _sheet(found: dict[str, Any]) -> Sheet:
    if "refused" in found:
        raise SheetRefused(found["refused"])
    rows = [[_cell(value) for value in row] for row in found["rows"]]
    return Sheet(rows, "xlsx", frozenset((row, column) for row, column in found["formulas"]),
                 other_sheets=found["others"])


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        return date.fromisoformat(value["date"])
    return value if value != "" else None
