"""B01: both verifiers accept the proof file of every entry of the vectors, and neither one with any byte changed."""

import base64
import json
from pathlib import Path
from types import ModuleType

import pytest

from services.lottery.domain.canonical import canonical
from services.lottery.domain.proofs import Proofs
from services.lottery.domain.replay import replay
from tests.unit.lottery.campaign import VECTORS, vector_lines
from tests.unit.lottery.javascript import ask

CODES = {"true": 0, "refused": 1, "unreadable": 2}


def proofs_of(name: str) -> list[bytes]:
    """The proof file of each entry of a vector."""
    transcript = replay(vector_lines(name))
    assert transcript.entries is not None
    proofs = Proofs(transcript)
    return [canonical(proofs.proof(transcript.entries.entry(number))) for number in range(len(transcript.entries))]


def written(files: list[bytes], folder: Path) -> list[str]:
    paths = [folder / f"{number}.json" for number in range(len(files))]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    return [str(path) for path in paths]


def is_refused(verifier: ModuleType, content: bytes) -> bool:
    try:
        verifier.check_proof(verifier.parse(content, 0))
    except verifier.Fault:
        return True
    return False


@pytest.mark.parametrize("name", VECTORS)
def test_b01_each_entry_has_a_proof_that_both_verifiers_accept(
    name: str, verifier: ModuleType, tmp_path: Path
) -> None:
    """Alone by both, and beside the transcript, where ticket and roots are compared."""
    files = proofs_of(name)
    assert [is_refused(verifier, content) for content in files] == [False] * len(files)
    paths = written(files, tmp_path)
    assert {verdict.verdict for verdict in ask({"proof": path} for path in paths)} == {"true"}
    transcript = base64.b64encode(VECTORS[name].read_bytes()).decode()
    beside = [{"proof": path, "base64": transcript} for path in (paths[0], paths[-1])]
    assert [verdict.verdict for verdict in ask(beside)] == ["true", "true"]


@pytest.mark.parametrize("name", VECTORS)
def test_b01_a_proof_with_any_byte_changed_is_refused_by_both(name: str, verifier: ModuleType, tmp_path: Path) -> None:
    whole = proofs_of(name)[7]
    # Digits stay digits and letters letters, so that it is still JSON where it can be.
    changed = [whole[:at] + bytes([byte ^ 1]) + whole[at + 1:] for at, byte in enumerate(whole)]
    accepted = [at for at, content in enumerate(changed) if not is_refused(verifier, content)]
    verdicts = ask({"proof": path} for path in written(changed, tmp_path))
    assert (accepted, {verdict.verdict for verdict in verdicts}) == ([], {"refused"})


@pytest.mark.parametrize("name", VECTORS)
def test_b01_a_proof_alone_is_held_against_what_the_reader_kept_as_far_as_it_can_be(
    name: str, verifier: ModuleType, tmp_path: Path
) -> None:
    """By both: its root is compared; whatever only the record can answer is not passed over in silence."""
    whole = proofs_of(name)[7]
    [path] = written([whole], tmp_path)
    proven = json.loads(whole)["entry"]
    kept = [("root", proven["root"], 0), ("root", "0" * 64, 1), ("announcement", "0" * 64, 2),
            ("closed", "0" * 64, 2), ("entry", proven["line"]["entry"], 2)]  # fmt: skip
    verdicts = ask({"proof": path, option: value} for option, value, _ in kept)
    assert [CODES[verdict.verdict] for verdict in verdicts] == [code for _, _, code in kept]
    assert [exit_code(verifier, "--proof", path, f"--{option}", value) for option, value, _ in kept] == [
        code for _, _, code in kept
    ]


def exit_code(verifier: ModuleType, *arguments: str) -> int:
    """Of the first verifier, also where it takes the arguments for a mistake."""
    try:
        return int(verifier.main(list(arguments)))
    except SystemExit as stopped:
        return int(str(stopped.code))
