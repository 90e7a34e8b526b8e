"""B02: a draw that ranks rightly and allots wrongly is refused by both verifiers, and the check for envy can fail."""

import json
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from services.lottery.domain import results
from services.lottery.domain.entries import Entries
from services.lottery.domain.mechanism import NOTHING, Allotment, allot
from services.lottery.domain.rules import Rules
from tests.unit.lottery.campaign import drawn, entry, fault_of, slot
from tests.unit.lottery.javascript import both_refuse, judge, node

Mechanism = Callable[[Rules, Entries, Sequence[int], Collection[int], Sequence[int]], Allotment]
SLOTS = [slot("a", 2), slot("b", 6), slot("c", 12)]
ENTRIES = [entry(n, 1 + n % 4, *("abc", "bc", "ca", "cb")[n % 4]) for n in range(1, 25)]


def backwards(
    rules: Rules, entries: Entries, by_place: Sequence[int], struck: Collection[int], seats: Sequence[int]
) -> Allotment:
    """Serves the last first."""
    return allot(rules, entries, by_place[::-1], struck, seats)


def wish_rank_by_wish_rank(
    rules: Rules, entries: Entries, by_place: Sequence[int], struck: Collection[int], seats: Sequence[int]
) -> Allotment:
    """All first wishes, then all second ones: the Boston mechanism, which rewards tactics."""
    turns = ((number, [entries.wishes_of(number)[rank]]) for rank in range(3) for number in by_place
             if rank < len(entries.wishes_of(number)))  # fmt: skip
    return served(entries, turns, seats, lambda party, free: party <= free)


def parties_split(
    rules: Rules, entries: Entries, by_place: Sequence[int], struck: Collection[int], seats: Sequence[int]
) -> Allotment:
    """A party gets a slot that has any seat left."""
    turns = ((number, list(entries.wishes_of(number))) for number in by_place)
    return served(entries, turns, seats, lambda _, free: free > 0)


def two_exchanged(
    rules: Rules, entries: Entries, by_place: Sequence[int], struck: Collection[int], seats: Sequence[int]
) -> Allotment:
    """Drawn rightly; then the last winner's win goes to an entry of the same size that got nothing."""
    right = allot(rules, entries, by_place, struck, seats)
    won = right.rounds[0]
    for winner in reversed(by_place):
        for loser in by_place:
            fits = entries.seats[loser] == entries.seats[winner] and won[winner] in entries.wishes_of(loser)
            if won[winner] != NOTHING and won[loser] == NOTHING and fits:
                won[loser], won[winner] = won[winner], NOTHING
                return right
    raise AssertionError("nobody to exchange")


def served(
    entries: Entries, turns: Iterator[tuple[int, list[int]]], seats: Sequence[int], fits: Callable[[int, int], bool]
) -> Allotment:
    allotment = Allotment(list(seats))
    won = array("I", [NOTHING]) * len(entries)
    for number, slots in turns:
        slot = next((slot for slot in slots if fits(entries.seats[number], allotment.free[slot])), None)
        if won[number] == NOTHING and slot is not None:
            won[number] = slot
            allotment.free[slot] -= min(entries.seats[number], allotment.free[slot])
    allotment.rounds.append(won)
    return allotment


@pytest.mark.parametrize("wrong", [backwards, wish_rank_by_wish_rank, parties_split, two_exchanged])
def test_b02_results_allotted_wrongly_are_refused_by_both_verifiers_at_the_same_line(
    wrong: Mechanism, verifier: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order, tickets, roots and digests of the wrong result are all in order: what is wrong is who won."""
    right = drawn(ENTRIES, slots=SLOTS)
    right.end()
    true = list(right.lines())
    assert fault_of(verifier, true) is None and judge([b"".join(true)])[0].verdict == "true"
    monkeypatch.setattr(results, "allot", wrong)
    transcript = drawn(ENTRIES, slots=SLOTS)
    transcript.end()
    lines = list(transcript.lines())
    first = next(place for place, pair in enumerate(zip(true, lines, strict=True), 1) if pair[0] != pair[1])
    assert json.loads(lines[first - 1])["type"] == "result"
    assert both_refuse(verifier, [lines]) == [first]


def test_b02_the_verifiers_check_for_envy_holds_where_its_own_mechanism_fails(
    verifier: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same fault in service and verifier: every line is as computed, and still the draw is refused."""
    monkeypatch.setattr(results, "allot", backwards)

    class Backwards(verifier.Draw):  # type: ignore[misc, name-defined]
        def round(self, candidates: "array[int]", watched: int | None) -> "array[int]":
            winners: array[int] = super().round(candidates[::-1], watched)
            return winners

    monkeypatch.setattr(verifier, "Draw", Backwards)
    transcript = drawn(ENTRIES, slots=SLOTS)
    transcript.end()
    fault = fault_of(verifier, transcript.lines())
    assert fault is not None and "envies with reason" in str(fault)


def test_b02_the_browsers_check_for_envy_sees_a_wrong_outcome_and_no_right_one() -> None:
    said = dict(json.loads(node(program=Path(__file__).parent / "envy_edges.mjs").stdout))
    envied = {what for what, fault in said.items() if fault is not None}
    assert envied == {"served backwards", "only the last two changed places"}
    assert all("reason to envy" in said[what] for what in envied)
    assert len(said) == 6
