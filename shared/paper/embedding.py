"""Hands a batch's font to ReportLab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from shared.paper.font import Script


@contextmanager
def registered(script: Script) -> Iterator[str]:
    """The font of everything that `script` took, known to ReportLab under a name of its own.

    ReportLab takes a font for one it knows when the PostScript names are equal: the next batch would then be set in
    this one's characters, with boxes for all others.
    """
    name = f"Kujibiki{uuid4().hex}"
    pdfmetrics.registerFont(TTFont(name, script.font_file(name)))
    try:
        yield name
    finally:
        font = pdfmetrics._fonts.pop(name)
        pdfmetrics._dynFaceNames.pop(font.face.name, None)
