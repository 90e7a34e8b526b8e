"""QR codes (ISO/IEC 18004) of passes and links.

One mask for all: choosing among the eight costs more than all the rest, and any is readable.
"""

from __future__ import annotations

import struct
import zlib

import segno

QUIET_ZONE = 4
_MASK = 3


def rows(text: str) -> tuple[bytearray, ...]:
    """The modules, row by row, 1 is dark; without the quiet zone."""
    matrix: tuple[bytearray, ...] = segno.make_qr(text, error="m", boost_error=False, mask=_MASK).matrix
    return matrix


def png(text: str, scale: int = 6) -> bytes:
    """A black and white picture for a mail, quiet zone included, `scale` pixels a module (PNG, second edition)."""
    modules = rows(text)
    side = (len(modules) + 2 * QUIET_ZONE) * scale
    blank = _scan_line("1" * side)
    margin = "1" * (QUIET_ZONE * scale)
    lines = [_scan_line(margin + "".join("01"[1 - dark] * scale for dark in row) + margin) * scale for row in modules]
    edge = blank * (QUIET_ZONE * scale)
    header = struct.pack(">2I5B", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(edge + b"".join(lines) + edge, 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _scan_line(bits: str) -> bytes:
    """One line of a 1-bit picture, without a filter; 1 is white."""
    width = (len(bits) + 7) // 8
    return b"\0" + int(bits.ljust(width * 8, "0"), 2).to_bytes(width, "big")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
