"""B01, B02: what the page says of an entry is what the verifier says of it, for every entry; and who is ahead."""

import io
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.lottery.domain.explaining import Explanation, Turns, explain
from services.lottery.domain.faults import OutOfOrder, Refused
from services.lottery.domain.replay import replay
from services.lottery.domain.transcript import Transcript
from tests.unit.lottery.campaign import VECTORS, closed, drawn, entry, given_up, seats_changed, slot, vector_lines

LOOKS = {
    "won": "WON 当せん", "won-already": "won already", "day-won": "it has won on this day already",
    "does-not-fit": "the party does not fit", "not-needed": "not needed: it got a better wish",
}  # fmt: skip
DAY = "2021-06-04T01:00:00Z"
sizes = st.lists(st.integers(1, 4), min_size=1, max_size=14)


def as_printed(told: Explanation, waiting_list: bool) -> list[str]:
    """An explanation in the verifier's words."""
    lines = [f"entry {told.entry}: place {told.place} of {told.of}, party of {told.seats}"]
    if told.struck:
        lines.append("  struck before the draw: it keeps its ticket and takes no seat (抽せん前に対象外)")
    lines += [f"  round {look.round}, wish {look.slot}: {look.free} seats free at its turn: {LOOKS[look.what]}"
              for look in told.looks]  # fmt: skip
    if not told.won and not told.struck:
        lines.append(f"  won nothing{', so it waits' if waiting_list else ''} (落せん)")
    return lines + [f"  line {line}: {record.get('kind', record['type'])} {record['slot'] or 'all'}"
                    for line, record in told.later]  # fmt: skip


def as_verified(verifier: ModuleType, transcript: bytes, name: str) -> list[str]:
    """What the stand-alone verifier prints of an entry."""
    walk = verifier.Verifier(io.BufferedReader(io.BytesIO(transcript)), name)
    walk.verify()
    printed: list[str] = []
    verifier.explain(walk, printed.append)
    return printed


def every_entry_is_told_alike(verifier: ModuleType, transcript: Transcript) -> None:
    entries, turns = transcript.entries, Turns(transcript)
    assert entries is not None
    whole = b"".join(transcript.lines())
    for number in range(len(entries)):
        told = explain(transcript, turns, entries.entry(number))
        assert as_printed(told, transcript.rules.waiting_list) == as_verified(verifier, whole, told.entry)


@pytest.mark.parametrize("name", VECTORS)
def test_b01_each_entry_of_the_vectors_is_explained_as_by_the_verifier(name: str, verifier: ModuleType) -> None:
    every_entry_is_told_alike(verifier, replay(vector_lines(name)))


@given(sizes, st.integers(1, 3), st.booleans(), st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_b01_any_draw_is_explained_as_by_the_verifier(
    verifier: ModuleType, parties: list[int], wins: int, waits: bool, one_a_day: bool, random: Any
) -> None:
    slots = [slot("a", 4), slot("b", 3), slot("c", 5, day="2021-07-02")]
    entries = [entry(number, size, *random.sample("abc", random.randint(1, 3)))
               for number, size in enumerate(parties, 1)]  # fmt: skip
    transcript = drawn(entries, max_wins=wins, waiting_list=waits, one_win_a_day=one_a_day, slots=slots)
    seats_changed(transcript, "a", random.choice((-4, -2, 2)), DAY)
    transcript.settle_day()
    transcript.end()
    every_entry_is_told_alike(verifier, transcript)


@given(sizes, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_b02_those_ahead_are_the_waiting_parties_of_earlier_places(parties: list[int], random: Any) -> None:
    """Also after seats were cut, given up and taken by others."""
    entries = [entry(number, size, *random.sample("abc", random.randint(1, 3)))
               for number, size in enumerate(parties, 1)]  # fmt: skip
    transcript = drawn(entries, slots=[slot(name, 5) for name in "abc"])
    for day in range(4, 8):
        at = f"2021-06-{day:02d}T01:00:00Z"
        seats_changed(transcript, random.choice("abc"), random.choice((-1, 1, 2)), at)
        _somebody_gives_up(transcript, random, at)
        transcript.settle_day()
        _ahead_is_as_counted(transcript)


def _somebody_gives_up(transcript: Transcript, random: Any, at: str) -> None:
    assert transcript.entries is not None
    try:
        given_up(transcript, transcript.entries.entry(random.randrange(len(transcript.entries))), None, at)
    except Refused:
        return  # has given up before


def _ahead_is_as_counted(transcript: Transcript) -> None:
    results, holdings = transcript.results, transcript.holdings
    assert results is not None and holdings is not None
    by_place, entries = list(results.order.by_place), results.entries
    for place, number in enumerate(by_place):
        counted = {
            wish: sum(holdings.waits(other) and wish in entries.wishes_of(other) for other in by_place[:place])
            for wish in entries.wishes_of(number)
        }
        assert holdings.ahead(number) == (counted if holdings.waits(number) else {})


def test_b01_an_entry_is_explained_when_the_draw_is_done_and_no_other() -> None:
    parties = [entry(number, 1, "a") for number in range(1, 4)]
    transcript, done = closed(parties), drawn(parties)
    turns = Turns(done)
    with pytest.raises(OutOfOrder):
        Turns(transcript)
    with pytest.raises(OutOfOrder):
        explain(transcript, turns, parties[0]["entry"])
    with pytest.raises(Refused, match="not an entry of this draw"):
        explain(done, turns, "f" * 32)
