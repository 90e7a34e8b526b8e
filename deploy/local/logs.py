"""Each part's lines: into its own rotated file, and those worth seeing to the terminal."""

import logging
import re
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

LARGEST = 10 * 1024 * 1024
KEPT = 3
Show = Callable[[str, str], None]

_WORTH_SEEING = re.compile(r'\b(WARN|WARNING|ERROR|FATAL)\b|"s":"[EF]"|Traceback|Exception')


class LogSink:
    """Where one part's lines go."""

    def __init__(self, name: str, folder: Path, show: Show, *, quiet: bool = False) -> None:
        """Quiet parts show only warnings and errors on the terminal; their file has all."""
        self.path = folder / f"{name}.log"
        self._name = name
        self._show = show
        self._quiet = quiet
        self._file = RotatingFileHandler(self.path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
        self.path.chmod(0o600)

    def pump(self, stream: IO[str]) -> None:
        """Take lines until the process has closed its end."""
        for line in stream:
            self.take(line.rstrip("\n"))

    def take(self, line: str) -> None:
        """Keep one line."""
        self._file.emit(logging.LogRecord(self._name, logging.INFO, "", 0, line, None, None))
        if not self._quiet or _WORTH_SEEING.search(line):
            self._show(self._name, line)

    def last_lines(self, count: int = 12) -> str:
        """The end of the file, for a message."""
        with self.path.open(encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-count:])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
