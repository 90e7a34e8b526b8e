"""B01: the public part of a draw published by digest: no line of it can be dropped, doubled or added."""

import base64
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from services.lottery.domain.canonical import canonical
from services.lottery.domain.proofs import Proofs
from services.lottery.domain.transcript import Transcript
from tests.unit.lottery.campaign import FROZEN_AT, WHY, close, draw, entry, frozen, seats_changed
from tests.unit.lottery.javascript import ask
from tests.unit.lottery.test_tampering import line_of
from tests.unit.lottery.test_verifier import DAYS

NOBODY = "0" * 32


def published() -> Transcript:
    """A draw with every kind of line that a public part can have."""
    transcript = frozen([entry(n, 1 + n % 3, "a", "c") for n in range(1, 12)], publication="digest")
    assert transcript.entries is not None
    for number in (2, 5):
        transcript.strike(transcript.entries.entry(number), "withdrawn", "1", FROZEN_AT)
    transcript.adjust("a", 2, "more-seats", "1", FROZEN_AT)
    draw(close(transcript))
    for slot_name, seats, day in (("a", 2, DAYS[0]), ("c", -5, DAYS[1])):
        seats_changed(transcript, slot_name, seats, day)
        transcript.settle_day()
    transcript.end()
    return transcript


def is_refused(verifier: ModuleType, lines: list[bytes], proof: Any) -> bool:
    """By the first verifier."""
    try:
        verifier.Verifier(io.BufferedReader(io.BytesIO(b"".join(lines))), None, proof).verify()
    except verifier.Fault:
        return True
    return False


def test_b01_a_line_of_the_public_part_dropped_doubled_or_added_is_refused_by_both(
    verifier: ModuleType, tmp_path: Path
) -> None:
    """The end counts all lines, also those that only the whole has."""
    transcript = published()
    assert transcript.entries is not None
    proof = Proofs(transcript).proof(transcript.entries.entry(0))
    path = tmp_path / "proof.json"
    path.write_bytes(canonical(proof))
    lines = list(transcript.public_lines())
    struck = {"type": "struck", "entry": NOBODY, "at": FROZEN_AT, **WHY}
    withdrawn = {"type": "change", "kind": "withdrawn", "entry": NOBODY, "slot": None, "at": DAYS[1]}
    mutants = []
    for kind, record in ((b"struck", struck), (b"end", withdrawn)):
        place = next(at for at, line in enumerate(lines) if b'"type":"%b"' % kind in line)
        mutants.append([*lines[:place], line_of(record), *lines[place:]])
    for at, line in enumerate(lines):
        mutants += [[*lines[:at], *lines[at + 1 :]], [*lines[:at], line, *lines[at:]]]
    files = [lines, *mutants]
    verdicts = ask({"base64": base64.b64encode(b"".join(file)).decode(), "proof": str(path)} for file in files)
    assert [is_refused(verifier, file, proof) for file in files] == [False] + [True] * len(mutants)
    assert [verdict.verdict for verdict in verdicts] == ["true"] + ["refused"] * len(mutants)


def test_b01_of_a_public_part_that_cannot_explain_an_entry_both_say_so_before_they_read_on(
    verifier: ModuleType, tmp_path: Path
) -> None:
    """Whatever follows, however long, is not collected."""
    transcript = published()
    assert transcript.entries is not None
    mine = transcript.entries.entry(0)
    proof = Proofs(transcript).proof(mine)
    path = tmp_path / "proof.json"
    path.write_bytes(canonical(proof))
    cut_off = b"".join(list(transcript.public_lines())[:-1])
    job = {"base64": base64.b64encode(cut_off).decode(), "proof": str(path), "entry": mine}
    assert ask([job])[0].verdict == "unreadable"
    with pytest.raises(verifier.Unreadable):
        verifier.Verifier(io.BufferedReader(io.BytesIO(cut_off)), mine, proof).verify()
