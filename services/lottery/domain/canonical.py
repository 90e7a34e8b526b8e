"""Bytes of the transcript: the subset of RFC 8785 that the protocol needs, and SHA-256 over lines.

Keys are ASCII and sorted, values are strings, integers, booleans, null, arrays and objects; never a float,
so that no two implementations can write a number in two ways.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Self

from services.lottery.domain.faults import Refused

Json = Any
"""A JSON value as `json.loads` gives it, without floats."""

MAX_LINE = 1 << 20
"""Longest line, in bytes, line end included."""
MAX_DEPTH = 16
"""Deepest nesting that is read; the protocol's own records nest to 3."""
MAX_INTEGER = 2**53 - 1
"""Largest magnitude of an integer (RFC 7493, I-JSON): beyond it a JavaScript reader would see another number."""

_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""A string that nothing ends is one too, whole: else the search would begin again at each quote in it."""


def canonical(value: Json) -> bytes:
    """Canonical JSON (RFC 8785) of a plain value, without line end.

    Raises Refused on a float, an integer beyond ±(2**53 − 1), a key that is not ASCII, or anything not JSON.
    """
    _check_plain(value, "record")
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Refused("record", "a string is not Unicode text (lone surrogate)") from None


def line_of(record: Mapping[str, Json]) -> bytes:
    """A record as a line of the transcript, `\\n` included, at most 1 MiB."""
    line = canonical(dict(record)) + b"\n"
    if len(line) > MAX_LINE:
        raise Refused("record", f"its line has {len(line)} bytes, more than {MAX_LINE}")
    return line


def parse_line(line: bytes) -> dict[str, Json]:
    """Read one line strictly: ended by `\\n`, at most 1 MiB, an object, canonical to the byte.

    Raises Refused; nothing is repaired and nothing is skipped.
    """
    if len(line) > MAX_LINE:
        raise Refused("line", f"has {len(line)} bytes, more than {MAX_LINE}")
    if not line.endswith(b"\n"):
        raise Refused("line", "is not ended by a line feed")
    if _depth(line) > MAX_DEPTH:
        raise Refused("line", f"is nested deeper than {MAX_DEPTH}")
    try:
        value = json.loads(line.decode(), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Refused("line", f"is not JSON of this protocol ({error})") from None
    if not isinstance(value, dict):
        raise Refused("line", "is not a JSON object")
    if canonical(value) != line[:-1]:
        raise Refused("line", "is not canonical (RFC 8785): key order, doubled key, spaces, escapes or numbers")
    return value


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


class LineDigest:
    """SHA-256 over lines as they come, line ends included, and their number.

    Constant memory; `copy` lets a caller ask "what would it be with these lines too".
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.records = 0

    def add(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self._hash.update(line)
            self.records += 1

    def add_block(self, block: bytes, records: int) -> None:
        """Many lines in one piece of bytes; saves a call a line where there are millions."""
        self._hash.update(block)
        self.records += records

    def hex(self) -> str:
        return self._hash.hexdigest()

    def copy(self) -> Self:
        twin = type(self)()
        twin._hash = self._hash.copy()
        twin.records = self.records
        return twin


def _depth(line: bytes) -> int:
    depth = deepest = 0
    for token in _STRING_OR_BRACKET.finditer(line):
        character = line[token.start()]
        if character in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in b"]}":
            depth -= 1
    return deepest


def _integer(digits: str) -> int:
    # Bounded before conversion: int() of a million digits takes quadratic time.
    if len(digits) > 17:
        raise ValueError("integer out of range")
    return int(digits)


def _check_plain(value: Json, where: str) -> None:
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise Refused(where, "integer out of range")
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            _check_plain(item, f"{where}.{position}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise Refused(where, "a key is not ASCII")
            _check_plain(item, f"{where}.{key}")
    else:
        raise Refused(where, f"{type(value).__name__} has no place in a record")
