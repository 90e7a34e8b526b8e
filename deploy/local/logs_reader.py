"""Reading the log files of a stack, also while they are written and rotated."""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from deploy.local.errors import StackError
from deploy.local.state import State

_LOOK_EVERY = 0.2


def files(state: State, parts: Sequence[str]) -> dict[str, Path]:
    """Part → its log file; all parts if none are named."""
    present = {path.stem: path for path in sorted(state.logs.glob("*.log"))}
    unknown = [name for name in parts if name not in present]
    if unknown or not present:
        there = ", ".join(present) or "none yet; start with `kujibiki up`"
        raise StackError(f"No log of {', '.join(unknown) or 'any part'} in {state.logs}. There are: {there}.")
    return {name: present[name] for name in parts or present}


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a file."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]


def follow(paths: dict[str, Path], show: Callable[[str, str], None]) -> None:
    """Show new lines until Ctrl-C."""
    readers = {name: _Follower(path) for name, path in paths.items()}
    try:
        while True:
            for name, reader in readers.items():
                for line in reader.new_lines():
                    show(name, line)
            time.sleep(_LOOK_EVERY)
    except KeyboardInterrupt:
        return


class _Follower:
    """One file; when it is rotated, the old one is read to its end and the new one from its start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] = self._open()
        self._file.seek(0, os.SEEK_END)
        self._rest = ""

    def new_lines(self) -> list[str]:
        text = self._rest + self._file.read()
        if self._rotated():
            self._file.close()
            self._file = self._open()
            text += self._file.read()
        *lines, self._rest = text.split("\n")
        return lines

    def _rotated(self) -> bool:
        try:
            return self._path.stat().st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:
            # Between the two steps of a rotation; the next look finds the new file.
            return False

    def _open(self) -> IO[str]:
        return self._path.open(encoding="utf-8", errors="replace")
