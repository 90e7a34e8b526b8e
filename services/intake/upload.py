"""A file that somebody of the staff sends: read into memory, never to a disk, where it would lie unsealed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Set
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.intake.domain.sheet import SheetRefused
from services.intake.sheets.reading import MAX_BYTES

MAX_BODY = MAX_BYTES + 64 * 1024
"""The file, and the form's fields and boundaries around it."""


@dataclass(frozen=True)
class Upload:
    """The file and the form's other fields."""

    data: bytes
    fields: dict[str, str]


class _InMemory(MultiPartParser):
    """Starlette's own parser writes files of over 1 MB to the disk."""

    spool_max_size = MAX_BODY


async def read_upload(request: Request, others: Set[str]) -> Upload:
    """The field `file`, and of the form's other fields these. Raises `SheetRefused`: not-sent, other-field (S13)."""
    body = await request.body()
    try:
        form = await _InMemory(request.headers, _once(body), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError):
        raise SheetRefused("not-sent") from None
    file = form.get("file")
    data = await file.read() if isinstance(file, UploadFile) else b""
    if not data:
        raise SheetRefused("not-sent")
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    if set(form) - {"file", *others}:
        raise SheetRefused("other-field")
    return Upload(data, fields)


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body
