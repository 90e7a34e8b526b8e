"""B01, S24: what nobody should send. Refused with a reason, at its line, by the rules and by both verifiers."""

import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from services.lottery.domain.faults import Refused
from services.lottery.domain.replay import replay
from tests.unit.lottery.campaign import PUBLIC, slot, vector_lines
from tests.unit.lottery.javascript import VERIFY, both_refuse
from tests.unit.lottery.test_javascript import NODE, honest, resigned
from tests.unit.lottery.test_tampering import line_of

MEGABYTE = 1 << 20
PYTHON_BYTES, NODE_MEGABYTES, MOST_MEGABYTES = 300 * MEGABYTE, 64, 64
NESTED = b"[" * 100_000 + b"]" * 100_000


def with_record(kind: str, number: int, **fields: object) -> tuple[list[bytes], int]:
    """A draw with other fields in the record of a kind that comes as `number` (from 0), signed so; and its line."""
    records = honest()
    place = [at for at, record in enumerate(records) if record["type"] == kind][number]
    records[place] = {**records[place], **fields}
    lines = resigned(records)
    lines[place] = line_of(records[place])  # signing makes a seed that is right
    return lines, place + 1


def wrong_records() -> dict[str, tuple[list[bytes], int]]:
    """What the bad records are: the transcript's lines, and the one that is bad."""
    others = honest()[0]["slots"][1:]
    first = next(record for record in honest() if record["type"] == "entry")
    return {
        "seats below zero": with_record("rules", 0, slots=[slot("a", -1), *others]),
        "a wish for an unknown slot": with_record("entry", 2, wishes=["a", "nowhere"]),
        "a wish for a slot of another kind": with_record("entry", 2, wishes=["__proto__"]),
        "a party larger than any slot": with_record("entry", 2, seats=9),
        "a party of nobody": with_record("entry", 2, seats=0),
        "one id twice": with_record("entry", 1, entry=first["entry"]),
        "a seed that is too short": with_record("seed", 0, seed="ab" * 31),
        "a seed that is too long": with_record("seed", 0, seed="ab" * 33),
        "frozen before the deadline": with_record("freeze", 0, at="2021-06-01T23:59:59Z"),
        "a time that is none": with_record("freeze", 0, at="2021-06-02T24:00:00Z"),
    }


def test_b01_records_that_can_not_be_are_refused_at_their_line_by_all(verifier: ModuleType) -> None:
    """Everything behind them is signed, hashed and ended as if they were right."""
    wrong = wrong_records()
    mutants = [lines for lines, _ in wrong.values()]
    faults = zip(wrong, both_refuse(verifier, mutants), strict=True)
    assert dict(faults) == {what: line for what, (_, line) in wrong.items()}
    for lines in mutants:
        with pytest.raises(Refused):
            replay(lines)


def spoilt(line: bytes) -> Iterator[bytes]:
    """The line, as none may be written."""
    yield line.replace(b'"type"', b'"ty\x00pe"')
    yield line.replace(b'"type"', b'"ty\\u0000pe"')
    yield line.replace(b'"type"', b'"\\u0074ype"')
    yield line.replace(b'"type":"', b'"type":"\xff')
    yield line.replace(b'"type":"', b'"type":"\\ud800')
    yield line.replace(b'"type":"', b'"type":"\xed\xa0\x80')
    yield line.replace(b'"type":', b'"type":"x","type":')
    yield line.replace(b'"type":', b'"__proto__":{"type":1},"type":')
    yield line.replace(b'"type":', b'"aa":' + NESTED + b',"type":')
    yield line.replace(b":", b": ", 1)
    yield line.replace(b":", b":\t", 1)
    yield line[:-1] + b"\r\n"
    yield line[:-1] + b" \n"
    yield b"\xef\xbb\xbf" + line
    yield line.decode().encode("utf-16")
    for number in (rb"\1.0", rb"\1e0", rb"1e5", rb"-0", rb"0\1", rb"+\1", rb"0x1", rb"NaN", b"9" * 10_000):
        yield re.sub(rb"(?<=:)([0-9]+)(?=[,}])", number, line, count=1)


def test_b01_a_line_written_in_any_other_way_is_refused_at_its_line_by_all(verifier: ModuleType) -> None:
    lines = vector_lines("one-win-dice")
    places = [next(at for at, line in enumerate(lines) if b'"type":"%b"' % kind in line)
              for kind in (b"rules", b"freeze", b"entry", b"beacon", b"result", b"end")]  # fmt: skip
    mutants = [(place, wrong) for place in places for wrong in spoilt(lines[place]) if wrong != lines[place]]
    faults = both_refuse(verifier, [[*lines[:place], wrong, *lines[place + 1 :]] for place, wrong in mutants])
    assert faults == [place + 1 for place, _ in mutants]
    for place, wrong in mutants:
        with pytest.raises(Refused):
            replay([*lines[:place], wrong, *lines[place + 1 :]])


def in_little_memory() -> None:
    """Of a Python process: what it may have of addresses."""
    resource.setrlimit(resource.RLIMIT_AS, (PYTHON_BYTES, PYTHON_BYTES))


@pytest.mark.parametrize(("program", "limited"), [
    ([sys.executable, "-I", PUBLIC / "verify_draw.py"], in_little_memory),
    ([NODE, f"--max-old-space-size={NODE_MEGABYTES}", VERIFY], None),
], ids=["python", "javascript"])  # fmt: skip
def test_s24_a_line_without_end_is_refused_long_before_it_is_read(
    program: list[str | Path], limited: Callable[[], None] | None
) -> None:
    """On standard input, behind lines that are right: it reads little more than the longest line may have."""
    with subprocess.Popen([*program, "-"], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, preexec_fn=limited) as process:  # noqa: PLW1509
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write(b"".join(vector_lines("one-win-dice")[:6]))
        with pytest.raises(BrokenPipeError):
            for _ in range(MOST_MEGABYTES):
                process.stdin.write(b"x" * MEGABYTE)
        said, failed = process.stdout.read(), process.stderr.read()
    assert (process.returncode, failed) == (1, b"")
    assert b"line 7" in said and b"1 MiB" in said
