"""B12, B02: a replay finds out a statement of fairness that is not of its draw."""

from __future__ import annotations

from typing import Any

import pytest

from services.lottery.domain.transcript import Transcript
from services.lottery.handlers.fairness import envious
from services.lottery.redrawing import unlike
from tests.unit.lottery.test_expect_program import stated, transcript_of


@pytest.fixture(scope="module")
def transcript() -> Transcript:
    return transcript_of(1)


def statement(transcript: Transcript) -> dict[str, Any]:
    """As it is kept, with days that the transcript does not know."""
    found, results = stated(transcript), transcript.results
    assert results is not None
    groups = [{"kind": one.group.kind, "key": one.group.key, "won": one.won} for one in found.groups]
    left = [{"slot": None, "left": found.left_in_all.left}]
    left += [{"slot": slot.slot, "left": row.left} for slot, row in zip(results.rules.slots, found.left, strict=True)]
    return {"result_digest": transcript.result_digest, "envious": envious(results), "left": left,
            "groups": [*groups, {"kind": "day", "key": "2021-06-01", "won": 7}]}  # fmt: skip


def test_b12_a_true_statement_agrees_with_the_draw_and_none_is_no_fault(transcript: Transcript) -> None:
    assert unlike(statement(transcript), transcript) == []
    assert unlike(None, transcript) == []


def test_b12_each_false_statement_is_found(transcript: Transcript) -> None:
    true = statement(transcript)
    first, *others = true["groups"]
    for what, false in {
        "results": {"result_digest": "0" * 64},
        "winners": {"groups": [{**first, "won": first["won"] + 1}, *others]},
        "seats left": {"left": [{**row, "left": row["left"] + 1} for row in true["left"]]},
        "envy": {"envious": 1},
    }.items():
        assert unlike({**true, **false}, transcript) == [what]
    assert unlike({**true, "groups": others}, transcript) == ["winners"], "a group is left out"
