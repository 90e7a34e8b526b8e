"""B01, S24: what nobody should send. Refused with a reason, at its line, by the rules and by both verifiers."""

import gzip
import hashlib
import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.lottery.domain.faults import Refused
from services.lottery.domain.replay import replay
from services.lottery.domain.witness import commitment, signed_message, with_signatures
from tests.unit.lottery.campaign import CLOSED_AT, DRAW, FROZEN_AT, PUBLIC, WHY, slot, vector_lines
from tests.unit.lottery.javascript import VERIFY, both_refuse
from tests.unit.lottery.test_javascript import NODE, honest, resigned
from tests.unit.lottery.test_tampering import line_of

MEGABYTE = 1 << 20
PYTHON_BYTES, NODE_MEGABYTES, MOST_MEGABYTES = 300 * MEGABYTE, 64, 64
LITTLE_HEAP, ADJUSTMENTS, CROWD = 24, 250_000, 600
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


def adjusted_over_and_over(lines: list[bytes]) -> tuple[bytes, int]:
    """The lines up to the reveals, then one seat more and one less again and again: as gzip, and the number of the line
    that is missing after them."""
    before = lines[: next(at for at, line in enumerate(lines) if b'"type":"reveal"' in line)]
    rules, freeze = (next(json.loads(line) for line in lines if b'"type":"%b"' % kind in line)
                     for kind in (b"rules", b"freeze"))  # fmt: skip
    both = b"".join(line_of({"type": "adjusted", "slot": rules["slots"][0]["slot"], "seats": seats,
                             "at": freeze["at"], **WHY}) for seats in (1, -1))  # fmt: skip
    return gzip.compress(b"".join(before) + both * (ADJUSTMENTS // 2), 1), len(before) + ADJUSTMENTS + 1


def refused_in_a_little_heap(file: bytes) -> bytes:
    """What the JavaScript check prints of a file that it refuses."""
    done = subprocess.run([NODE, f"--max-old-space-size={LITTLE_HEAP}", VERIFY, "-"], input=file,
                          capture_output=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
    return done.stdout


def test_s24_of_lines_without_number_javascript_keeps_none() -> None:
    """Each is right, so that it must be read; the heap is smaller than a note of each would be."""
    file, last = adjusted_over_and_over(vector_lines("one-win-dice"))
    assert b"line %d: is missing" % last in refused_in_a_little_heap(file)


def signed_by_a_crowd() -> tuple[bytes, int]:
    """A draw up to its closing, signed by hundreds of witnesses with long names, and the number of the line after."""
    keys = {f"{n:064d}": Ed25519PrivateKey.from_private_bytes(n.to_bytes(32, "big")) for n in range(CROWD)}
    records = honest()
    witnesses = [{"name": name, "key": key.public_key().public_bytes_raw().hex()} for name, key in keys.items()]
    first, *others = keys
    secret = {"type": "reveal", "witness": first, "secret": "0" * 64, "at": FROZEN_AT}
    told = [{"type": "commitment", "witness": name, "commitment": commitment(DRAW, name, "0" * 64),
             "at": "2021-04-30T00:00:00Z"} for name in keys]  # fmt: skip
    frozen = [record for record in records if record["type"] in ("freeze", "entry")]
    lines = [line_of(record) for record in ({**records[0], "witnesses": witnesses}, *told, *frozen, secret)]
    closed = {"type": "closed", "at": CLOSED_AT, "digest": hashlib.sha256(b"".join(lines)).hexdigest(),
              "revealed": [first], "missing": others}  # fmt: skip
    message = signed_message(closed)
    closed = with_signatures(closed, {name: key.sign(message).hex() for name, key in keys.items()})
    return b"".join([*lines, line_of(closed)]), len(lines) + 2


def test_s24_of_many_signatures_javascript_does_not_keep_what_was_signed() -> None:
    """All are right; the heap is smaller than the closing once for each."""
    file, last = signed_by_a_crowd()
    assert b"line %d: is missing" % last in refused_in_a_little_heap(file)
