"""B01: both verifiers accept the proof file of every entry of the vectors, and neither one with any byte changed."""

import base64
from pathlib import Path
from types import ModuleType

import pytest

from services.lottery.domain.canonical import canonical
from services.lottery.domain.proofs import Proofs
from services.lottery.domain.replay import replay
from tests.unit.lottery.campaign import VECTORS, vector_lines
from tests.unit.lottery.javascript import ask


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
