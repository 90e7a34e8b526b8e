"""The font of all print: Noto Sans CJK JP, whose 44,810 characters hold 髙 﨑 𠮷 𣘺 and the names of the register.

The package carries it with PostScript outlines, which ReportLab can't embed. So the glyphs that a batch needs are
redrawn as TrueType outlines (0.3 ms each, kept for the process), and a small font is made of them.
"""

from __future__ import annotations

import io
import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from noto_cjk_sans_jp_regular import FONT_PATH

FIRST_PRIVATE = 0xE000
"""What ReportLab can't set becomes one private character of the batch: a character with a variation selector, since
it does not shape text, and characters beyond U+FFFF, which it writes into the PDF as broken hexadecimals."""

_VARIANT = re.compile("(.)([\ufe00-\ufe0f\U000e0100-\U000e01ef])", re.DOTALL)
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_LOOSE_MARKS = re.compile("[\u3041-\u30ff][\u3099\u309a]")
_ERROR_UNITS = 0.5

_lock = threading.Lock()


class MissingGlyph(Exception):
    """The font has no picture of a character; `code` is its code point, never the text around it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"U+{code:04X}")
        self.code = code


class Script:
    """The characters of one batch: collects what is to be set, and makes the font that can set it."""

    def __init__(self) -> None:
        self._glyphs: dict[int, str] = {}
        self._private: dict[str, str] = {}

    def take(self, text: str) -> str:
        """`text` as it is to be handed to the typesetting. Raises `MissingGlyph`."""
        text = _BEYOND.sub(self._beyond, _VARIANT.sub(self._variant, composed(text)))
        for character in set(text):
            code = ord(character)
            if code not in self._glyphs:
                self._glyphs[code] = _glyph_name(code)
        return text

    def width(self, taken: str) -> float:
        """The width of a text that was taken, in ems."""
        with _lock:
            return sum(_advance(self._glyphs[ord(character)]) for character in taken)

    def _variant(self, match: re.Match[str]) -> str:
        base, selector = match[1], ord(match[2])
        name = _variants().get(selector, {}).get(ord(base))
        # Without a name the variant looks like the base, or the font doesn't know it.
        return self._as_private(match[0], name) if name else base

    def _beyond(self, match: re.Match[str]) -> str:
        return self._as_private(match[0], _glyph_name(ord(match[0])))

    def _as_private(self, character: str, glyph: str) -> str:
        if character not in self._private:
            private = chr(FIRST_PRIVATE + len(self._private))
            self._private[character], self._glyphs[ord(private)] = private, glyph
        return self._private[character]

    def font_file(self, name: str) -> io.BytesIO:
        """A TrueType font with exactly these characters. `name` becomes its PostScript name."""
        with _lock:
            return _build(self._glyphs, name)


def composed(text: str) -> str:
    """Kana with a loose voicing mark, as some systems write them, in one piece; nothing else is changed.

    Full normalisation would turn variants of names into other characters.
    """
    return _LOOSE_MARKS.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)


def missing(texts: Iterable[str]) -> int | None:
    """The first code point that the font can't show, None if it can show all."""
    script = Script()
    try:
        for text in texts:
            script.take(text)
    except MissingGlyph as error:
        return error.code
    return None


def _build(glyphs: dict[int, str], name: str) -> io.BytesIO:
    source = _source()
    names = sorted({".notdef", *glyphs.values()})
    names.insert(0, names.pop(names.index(".notdef")))
    drawn = {glyph: _outline(glyph) for glyph in names}
    widths = source["hmtx"].metrics
    builder = FontBuilder(source["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(glyphs)
    builder.setupGlyf(drawn)
    builder.setupHorizontalMetrics({glyph: (widths[glyph][0], getattr(drawn[glyph], "xMin", 0)) for glyph in names})
    builder.setupHorizontalHeader(ascent=source["hhea"].ascent, descent=source["hhea"].descent)
    builder.setupNameTable({"familyName": "Noto Sans CJK JP", "styleName": "Regular", "psName": name})
    builder.setupOS2(sTypoAscender=source["hhea"].ascent, sTypoDescender=source["hhea"].descent, sCapHeight=733)
    builder.setupPost(keepGlyphNames=False)
    file = io.BytesIO()
    builder.save(file)
    file.seek(0)
    return file


@lru_cache(maxsize=1)
def _source() -> Any:
    return TTFont(io.BytesIO(FONT_PATH.read_bytes()), lazy=True)


@lru_cache(maxsize=1)
def _characters() -> dict[int, str]:
    characters: dict[int, str] = _source().getBestCmap()
    return characters


@lru_cache(maxsize=1)
def _variants() -> dict[int, dict[int, str | None]]:
    tables = [table for table in _source()["cmap"].tables if table.format == 14]
    return {selector: dict(pairs) for table in tables for selector, pairs in table.uvsDict.items()}


def _glyph_name(code: int) -> str:
    with _lock:
        name = _characters().get(code)
    if name is None:
        raise MissingGlyph(code)
    return name


@lru_cache(maxsize=20_000)
def _advance(name: str) -> float:
    advance: int = _source()["hmtx"].metrics[name][0]
    return advance / 1000


@lru_cache(maxsize=20_000)
def _outline(name: str) -> Any:
    pen = TTGlyphPen(None)
    _glyph_set()[name].draw(Cu2QuPen(pen, max_err=_ERROR_UNITS, reverse_direction=True))
    return pen.glyph()


@lru_cache(maxsize=1)
def _glyph_set() -> Any:
    return _source().getGlyphSet()
