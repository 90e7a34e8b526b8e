"""Mails on disk: each as an .eml file, and an index in SQLite so that memory does not grow."""

import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.state import private_folder

_TABLES = """
CREATE TABLE IF NOT EXISTS mails (
    id TEXT PRIMARY KEY, received REAL NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL,
    size INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recipients (
    address TEXT NOT NULL, mail TEXT NOT NULL, PRIMARY KEY (address, mail)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recipients_by_mail ON recipients (mail);
"""
_SELECT = "SELECT m.id, m.received, m.sender, m.subject, m.size FROM mails m"
_FIND = (
    f"{_SELECT} WHERE m.received >= :since AND (:before = '' OR m.id < :before) "  # noqa: S608  # all constants
    "AND (:to = '' OR m.id IN (SELECT mail FROM recipients WHERE instr(address, :to))) "
    "ORDER BY m.id DESC LIMIT :limit"
)


@dataclass(frozen=True)
class MailSummary:
    """One line of the list."""

    id: str
    received: float
    sender: str
    recipients: tuple[str, ...]
    subject: str
    size: int


class MailStore:
    """All mails of one stack. Used from one thread."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, or make it."""
        self._folder = private_folder(folder)
        self._index = sqlite3.connect(folder / "index.sqlite3", isolation_level=None)
        # The page cache of the system survives a killed process, and that is all that a catcher needs.
        self._index.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + _TABLES)

    def add(self, sender: str, recipients: Sequence[str], subject: str, content: bytes) -> str:
        """Keep one mail; return its id. Ids sort by time of arrival."""
        received = time.time()
        identity = f"{time.time_ns():016x}-{os.urandom(4).hex()}"
        self._write(identity, content)
        self._index.execute("BEGIN")
        row = (identity, received, sender, subject, len(content))
        self._index.execute("INSERT INTO mails VALUES (?, ?, ?, ?, ?)", row)
        self._index.executemany(
            "INSERT OR IGNORE INTO recipients VALUES (?, ?)",
            [(address.lower(), identity) for address in recipients],
        )
        self._index.execute("COMMIT")
        return identity

    def find(self, to: str = "", since: float = 0.0, limit: int = 100, before: str = "") -> list[MailSummary]:
        """The newest mails first; `to` is a part of an address, `before` an id for the next page."""
        rows = self._index.execute(
            _FIND,
            {"to": to.strip().lower(), "since": since, "before": before, "limit": limit},
        )
        return [self._summary(row) for row in rows.fetchall()]

    def get(self, identity: str) -> MailSummary | None:
        """One mail's line."""
        row = self._index.execute(_SELECT + " WHERE m.id = ?", (identity,)).fetchone()
        return self._summary(row) if row else None

    def raw(self, identity: str) -> bytes | None:
        """One mail as it came."""
        # Looked up first, so that only ids that we gave out become paths.
        return self._path(identity).read_bytes() if self.get(identity) else None

    def count(self, to: str = "") -> int:
        """How many mails there are (to this part of an address)."""
        if not to.strip():
            return int(self._index.execute("SELECT count(*) FROM mails").fetchone()[0])
        asked = "SELECT count(DISTINCT mail) FROM recipients WHERE instr(address, ?)"
        return int(self._index.execute(asked, (to.strip().lower(),)).fetchone()[0])

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def _summary(self, row: tuple[str, float, str, str, int]) -> MailSummary:
        identity, received, sender, subject, size = row
        asked = "SELECT address FROM recipients WHERE mail = ? ORDER BY address"
        addresses = self._index.execute(asked, (identity,)).fetchall()
        return MailSummary(identity, received, sender, tuple(a for (a,) in addresses), subject, size)

    def _write(self, identity: str, content: bytes) -> None:
        path = self._path(identity)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)

    def _path(self, identity: str) -> Path:
        return self._folder / identity[-2:] / f"{identity}.eml"
