"""The file format `kujibiki-archive/1`: records sealed one by one to the ward's key, with a manifest (S17).

Whoever makes an archive and whoever opens it use this one module; `docs/archive-format.md` describes the format for
those who have only the file. All lines are canonical JSON: UTF-8, keys in order, no white space.

    {"archive":…,"format":"kujibiki-archive/1","items":[…],"key":…,"made_at":…,"programme":…,"subjects":N}
    {"record":1,"sealed":…}          … one line a record, numbered without gaps
    {"chain":…,"confirmation":…,"missing":…,"records":M,"subjects":N}

`chain` is a SHA-256 over all lines before it, `confirmation` the SHA-256 of the plain digest: what only those can say
who opened every record.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec

from shared.privacy.hpke import CannotOpen, open_sealed, seal

FORMAT = "kujibiki-archive/1"
PADDED_TO = 64
SALT_BYTES = 16

T = TypeVar("T")


class ArchiveBroken(Exception):
    """The file is not what was made. `code` says what is wrong, `line` where (from 1).

    Codes: not-an-archive, cut, number, not-for-this-key, changed, count, digest.
    """

    def __init__(self, code: str, line: int) -> None:
        super().__init__(f"{code} at line {line}")
        self.code, self.line = code, line


@dataclass(frozen=True)
class Header:
    """The first line. `subjects` were ordered; `key` is the fingerprint of the ward's key; `items` are codes."""

    archive: str
    programme: str
    subjects: int
    key: str
    items: tuple[str, ...]
    made_at: str


@dataclass(frozen=True)
class Manifest:
    """The last line. `missing` subjects had no record any more; `chain` and `confirmation` are SHA-256, hex."""

    subjects: int
    records: int
    missing: int
    chain: str
    confirmation: str


@dataclass(frozen=True)
class Written:
    """How far an archive is written. Small, and it holds no plain text: the making goes on from it after a crash."""

    records: int
    missing: int
    chain: str
    plain: str


def begin(header: Header) -> tuple[bytes, Written]:
    """The first line, without its end of line."""
    line = canonical({**asdict(header), "format": FORMAT})
    return line, Written(0, 0, _digest(line), _digest(line))


def add(
    written: Written, archive: str, records: Sequence[dict[str, Any]], missing: int, public_key: str
) -> tuple[list[bytes], Written]:
    """The lines of the next `records`, each sealed to `public_key`; `missing` more subjects have none."""
    lines, number, chain, plain = [], written.records, written.chain, written.plain
    for record in records:
        number += 1
        # Salted, so that the digests say nothing to somebody who guesses what a record says.
        text = _padded(canonical({**record, "salt": secrets.token_hex(SALT_BYTES)}))
        line = canonical({"record": number, "sealed": seal(text, public_key, _info(archive, number))})
        lines.append(line)
        chain, plain = _digest(bytes.fromhex(chain), line), _digest(bytes.fromhex(plain), text)
    return lines, Written(number, written.missing + missing, chain, plain)


def finish(written: Written, subjects: int) -> tuple[bytes, Manifest]:
    """The last line."""
    manifest = Manifest(subjects, written.records, written.missing, written.chain, confirmation_of(written.plain))
    return canonical(asdict(manifest)), manifest


def confirmation_of(plain_digest: str) -> str:
    """What the plain digest is checked against by those who may not know it."""
    return _digest(bytes.fromhex(plain_digest))


def check(lines: Iterable[bytes]) -> tuple[Header, Manifest]:
    """Reads a whole archive without any key. Raises `ArchiveBroken` where it was changed, cut or reordered."""
    reading = _Reading()
    for line in lines:
        reading.take(line)
    return reading.end()


class Opening:
    """The records of an archive, in order, as they were sealed (salt left out).

    Iterating raises `ArchiveBroken`, at the latest after the last record: what was yielded before is to be thrown away
    then. `plain_digest` is there when all were read: with it the ward acknowledges.
    """

    def __init__(self, lines: Iterable[bytes], private_key: ec.EllipticCurvePrivateKey) -> None:
        self._lines, self._private_key = lines, private_key
        self.plain_digest = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        reading, plain = _Reading(), ""
        for line in self._lines:
            sealed = reading.take(line)
            if sealed is None:
                plain = plain or reading.chain
                continue
            text = self._opened(sealed, reading)
            plain = _digest(bytes.fromhex(plain), text)
            record = json.loads(text)
            del record["salt"]
            yield record
        _, manifest = reading.end()
        if confirmation_of(plain) != manifest.confirmation:
            raise ArchiveBroken("digest", reading.line)
        self.plain_digest = plain

    def _opened(self, sealed: str, reading: _Reading) -> bytes:
        try:
            return open_sealed(sealed, self._private_key, _info(reading.archive, reading.records))
        except CannotOpen:
            raise ArchiveBroken("not-for-this-key", reading.line) from None


def canonical(value: Any) -> bytes:
    """UTF-8 JSON with keys in order and no white space."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class _Reading:
    """An archive, line by line."""

    def __init__(self) -> None:
        self.line, self.records, self.archive, self.chain = 0, 0, "", ""
        self._header: Header | None = None
        self._manifest: Manifest | None = None

    def take(self, line: bytes) -> str | None:
        """The sealed text if this is a record's line."""
        self.line += 1
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if self._manifest is not None:
            raise ArchiveBroken("count", self.line)
        said = self._parsed(line)
        if self._header is None:
            self._begin(said, line)
            return None
        if "record" not in said:
            self._manifest = self._made(Manifest, said)
            return None
        self.records += 1
        if said["record"] != self.records or not isinstance(said.get("sealed"), str):
            raise ArchiveBroken("number", self.line)
        self.chain = _digest(bytes.fromhex(self.chain), line)
        return str(said["sealed"])

    def end(self) -> tuple[Header, Manifest]:
        """What the archive says of itself, which is what was read."""
        if self._header is None or self._manifest is None:
            raise ArchiveBroken("cut", self.line)
        manifest = self._manifest
        if manifest.chain != self.chain:
            raise ArchiveBroken("changed", self.line)
        subjects = self._header.subjects
        counts = (manifest.records, manifest.subjects, manifest.records + manifest.missing)
        if counts != (self.records, subjects, subjects):
            raise ArchiveBroken("count", self.line)
        return self._header, manifest

    def _begin(self, said: dict[str, Any], line: bytes) -> None:
        if said.pop("format", None) != FORMAT:
            raise ArchiveBroken("not-an-archive", self.line)
        self._header = self._made(Header, {**said, "items": tuple(said.get("items", ()))})
        self.archive = self._header.archive
        self.chain = _digest(line)

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise ArchiveBroken("changed" if self._header else "not-an-archive", self.line)
        return said

    def _made(self, kind: type[T], said: dict[str, Any]) -> T:
        try:
            return kind(**said)
        except TypeError:
            raise ArchiveBroken("changed" if self._header else "not-an-archive", self.line) from None


def _info(archive: str, number: int) -> bytes:
    return canonical([FORMAT, archive, number])


def _padded(text: bytes) -> bytes:
    """With spaces, which JSON ignores, so that lengths say little."""
    return text + b" " * (-len(text) % PADDED_TO)


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
