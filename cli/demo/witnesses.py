"""The witnesses, each with the stand-alone file that real ones get, run as a program of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from cli.interfaces import Unexpected


class Witness:
    """One witness: a name, a downloaded program, and a file that only they hold."""

    def __init__(self, name: str, draw: str, program: Path, folder: Path) -> None:
        self.name, self._draw, self._program = name, draw, program
        self._file = folder / f"witness-{name}.json"

    async def make(self) -> dict[str, Any]:
        """Key and commitment: `{key, commitment}`."""
        await self._run("new", "--name", self.name, "--draw", self._draw, "--file", str(self._file))
        shown = await self._run("show", "--file", str(self._file))
        return {"key": shown["key"], "commitment": shown["commitment"]}

    async def reveal(self) -> str:
        """The secret, 64 hex digits."""
        return str((await self._run("reveal", "--file", str(self._file)))["secret"])

    async def sign(self, record: dict[str, Any]) -> str:
        """The signature under a closing or a ceremony, 128 hex digits."""
        answer = await self._run("sign", "-", "--file", str(self._file), "--yes", stdin=json.dumps(record))
        return str(answer["signature"])

    async def _run(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(self._program),
            *arguments,
            "--json",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(stdin.encode())
        if process.returncode:
            raise Unexpected(f"the witness program of {self.name} said: {err.decode().strip() or out.decode().strip()}")
        answer: dict[str, Any] = json.loads(out)
        return answer
