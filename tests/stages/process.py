"""A service's process, which tests may kill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy.local.environment import service_environment, surroundings


class Process:
    """`services.<name>` with what the stack tells it (`lottery.live` is lottery's Faust view)."""

    def __init__(self, state: Path, name: str, *, replica: int = 1, beside: bool = False) -> None:
        self._state, self._name = state, name
        self._replica, self._beside = replica, beside
        self._process: subprocess.Popen[bytes] | None = None
        self.log_file = state / f"{name.replace('.', '-')}{f'-{replica}' if replica > 1 else ''}.log"

    def start(self, **more: str) -> None:
        """Starts it, with more environment variables if need be; it is not ready at once."""
        told = service_environment(self._state, self._name, replica=self._replica, beside=self._beside)
        environment = {**surroundings(), **told, **more}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"services.{self._name}"], stdout=log, stderr=subprocess.STDOUT, env=environment)

    @property
    def pid(self) -> int:
        """The process as the system knows it."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ends it as an operator does: it gives back what it holds."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        """All that it wrote, over all its starts."""
        return self.log_file.read_text() if self.log_file.exists() else ""
