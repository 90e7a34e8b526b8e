"""B01, S24: what the verifier keeps is bounded by what it reads, whatever numbers a file announces."""

import tracemalloc
from array import array
from types import ModuleType

import pytest

from services.lottery.domain.canonical import canonical
from tests.unit.lottery.campaign import drawn, entry, rules, slot
from tests.unit.lottery.test_explaining import as_verified

ROUNDS, OTHERS = 500, 4_000


def test_s24_rounds_without_number_take_no_more_memory_than_the_lines_that_ask_for_them(verifier: ModuleType) -> None:
    """One entry wins in hundreds of rounds; all the others have nothing to do in them but to be there."""
    slots = [slot(f"s{number:03}", 1) for number in range(ROUNDS)]
    record = rules(slots=slots, max_wins=ROUNDS, max_wishes=ROUNDS, one_win_a_day=False)
    entries = [entry(0, 1, *(each["slot"] for each in slots)), *(entry(n, 2, "s000") for n in range(1, OTHERS))]
    lines = [canonical(each) for each in (record, *sorted(entries, key=lambda each: str(each["entry"])))]
    announced = verifier.Rules(record, 1)
    read = verifier.Entries(announced)
    read.add(lines[1:], 2)
    order = array("I", range(OTHERS))
    tracemalloc.start()
    draw = verifier.Draw(announced, read, order, [1] * ROUNDS)
    verifier.Holdings(announced, read, order, draw, "2021-06-03T02:00:00Z")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(draw.won(0)) == ROUNDS
    assert most < sum(map(len, lines))


def test_s24_an_explanation_of_rounds_without_number_ends_and_says_so(
    verifier: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = [slot("a", 1), slot("b", 1), slot("c", 1)]
    transcript = drawn([entry(1, 1, "a", "b", "c")], slots=slots, max_wins=3, one_win_a_day=False)
    transcript.end()
    whole, name = b"".join(transcript.lines()), str(entry(1, 1)["entry"])
    told = as_verified(verifier, whole, name)
    monkeypatch.setattr(verifier, "MAX_STORY", 4)
    *shorter, last = as_verified(verifier, whole, name)
    assert shorter == [line for line in told if "round 3" not in line]
    assert "is not told" in last
