"""B01: both published vectors are accepted by the verifier and made again, byte for byte, by the domain."""

from types import ModuleType

import pytest

from services.lottery.domain.replay import replay
from services.lottery.domain.stages import Stage
from services.lottery.domain.transcript import Transcript
from tests.unit.lottery.campaign import VECTORS, Record, fault_of, vector_lines, vector_records

pytestmark = pytest.mark.parametrize("name", VECTORS)


def test_verifier_accepts_the_vector(name: str, verifier: ModuleType) -> None:
    """B01."""
    assert fault_of(verifier, vector_lines(name)) is None


def test_domain_makes_the_vector_from_its_inputs(name: str) -> None:
    """B01, B02, B17: from entries in another order, strikes, adjustments, reveals, beacon and changes alone."""
    records = vector_records(name)
    transcript = _from_inputs(records)
    assert b"".join(transcript.lines()) == b"".join(vector_lines(name))
    assert transcript.stage is Stage.ENDED


def test_replay_of_its_lines_gives_the_same_transcript(name: str) -> None:
    """B12."""
    lines = vector_lines(name)
    assert list(replay(lines).lines()) == lines


@pytest.mark.parametrize("step", ["commitment", "entry", "reveal", "closed", "seed", "outcome", "promotion"])
def test_replay_takes_a_draw_up_where_it_stood(name: str, step: str) -> None:
    """B12: after the last line of each step the rest can be said, and gives the same file."""
    lines, records = vector_lines(name), vector_records(name)
    stop = max(i for i, record in enumerate(records) if record["type"] == step) + 1
    assert list(replay(lines[:stop]).lines()) == lines[:stop]


def _of(records: list[Record], kind: str) -> list[Record]:
    return [record for record in records if record["type"] == kind]


def _from_inputs(records: list[Record]) -> Transcript:
    transcript = Transcript(records[0], _of(records, "commitment"))
    freeze = _of(records, "freeze")[0]
    assert transcript.freeze(reversed(_of(records, "entry")), freeze["at"]) == freeze
    for record in reversed(_of(records, "struck")):
        transcript.strike(record["entry"], record["reason"], record["decision"], record["at"])
    for record in _of(records, "adjusted"):
        transcript.adjust(record["slot"], record["seats"], record["reason"], record["decision"], record["at"])
    for record in reversed(_of(records, "reveal")):
        transcript.reveal(record["witness"], record["secret"], record["at"])
    signed = _of(records, "closed")[0]
    assert {**transcript.propose_closing(signed["at"]), "signatures": signed["signatures"]} == signed
    transcript.close(signed)
    transcript.take_beacon(_of(records, "beacon")[0])
    transcript.draw()
    _tell_changes(transcript, _of(records, "change"))
    assert transcript.end() == records[-1]
    return transcript


def _tell_changes(transcript: Transcript, changes: list[Record]) -> None:
    for change in changes:
        assert transcript.holdings is not None
        if transcript.holdings.starts_new_day(change["at"]):
            transcript.settle_day()
        transcript.change(change)
    transcript.settle_day()
