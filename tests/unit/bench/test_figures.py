"""What the benches make of what they counted."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import draw, draw_service
from bench.counting import FACTS, RECORDS, Found
from bench.draw_work import entries, with_beacon
from bench.freshness import HEARERS, delays, percentile
from bench.load import Result
from bench.peer import orders_of


def test_the_peers_orders_are_read_from_its_last_line() -> None:
    printed = 'setting up\n{"bench": "pretix-peer", "summary": {"orders_per_s": 8.6, "redeems_per_s": 29.1}}\n'
    assert orders_of(printed) == 8.6


def test_only_what_was_taken_counts_as_the_rate() -> None:
    result = Result(Counter({201: 90, 503: 10}), [0.001 * number for number in range(1, 101)], [], seconds=2.0)
    assert result.summary() | {"rate": 45.0, "p50_ms": 51.0, "p99_ms": 100.0, "max_ms": 100.0} == result.summary()


def everything(*receipts: str) -> Found:
    """All that belongs to these acknowledged applications, once."""
    ids = [f"id {receipt}" for receipt in receipts]
    return Found(Counter(receipts), Counter(ids), Counter(receipts), dict(zip(receipts, ids, strict=True)),
                 Counter(ids), {0: list(range(1, len(receipts) + 1))})


def test_a_figure_is_void_when_anything_acknowledged_is_not_there_once() -> None:
    assert not everything("a", "b").wrong(["a", "b"])
    assert everything("a", "b").wrong(["a", "a", "b"])
    for part in ("stored", "sealed", "said", "recorded"):
        for times in (0, 2):
            found = everything("a", "b")
            counts = getattr(found, part)
            counts["a" if part in ("stored", "said") else "id a"] = times
            assert found.wrong(["a", "b"]), (part, times)
    gap = everything("a", "b")
    gap.numbers[0] = [1, 3]
    assert gap.wrong(["a", "b"])


EVENTS = {"receipts": {"r": "a"}, FACTS: {"a": "fact"}, RECORDS: {"a": "record"}}
HANDLED = {f"{service}/{'fact' if topic == FACTS else 'record'}": 10.0 + number / 10
           for number, (service, topics) in enumerate(HEARERS.items()) for topic in topics}


def test_an_application_is_handled_with_the_last_of_its_events_and_never_before_its_answer() -> None:
    found = delays([("r", 10.05)], EVENTS, HANDLED | {"notifier/record": 10.55})
    assert {service: [round(one) for one in each] for service, each in found.items()} == {
        "lottery": [0], "notifier": [500], "checkin": [150], "retention": [250]}


def test_an_application_that_somebody_did_not_handle_is_no_figure() -> None:
    with pytest.raises(KeyError):
        delays([("r", 10.05)], EVENTS, {mark: at for mark, at in HANDLED.items() if not mark.startswith("checkin")})


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([3.0, 1.0, 2.0], part) for part in (0, 50, 99)] == [1.0, 2.0, 3.0]


def taken(seconds: float, verify: float = 1.0, memory: float = 0.0) -> list[draw.Turn]:
    return [{"limit": {"seconds": 1.0, "bare": 0.5}, "draw": {"seconds": seconds, "bytes": memory, "written": 0.0},
             "verify": {"seconds": verify, "bytes": 0.0}}]


def test_m3_time_in_proportion_grows_with_exponent_one() -> None:
    assert [round(one, 2) for one in draw.exponents({10: 1.0, 100: 10.0, 1000: 1000.0})] == [1.0, 2.0]


def test_m3_what_is_not_reached_is_named() -> None:
    assert draw.faults({100: taken(3.0, 5.0, 40_000.0), 1000: taken(30.0)}) == [
        "draw / limit at 1,000: 30.0, 3 wanted"]
    assert draw.faults({100: taken(1.0, 6.0, 40_100.0), 1000: taken(2.0)}) == [
        "verifier / limit at 100: 6.0, 5 wanted", "draw bytes an entry at 100: 401.0, 400 wanted"]
    assert draw.faults({100: taken(0.01), 1000: taken(1.0)}) == ["exponent of the draw 2.00, 1.1 wanted"]


def test_m3_the_benchs_entries_are_what_a_programme_may_have_and_the_same_each_time() -> None:
    once, again = ([*entries(50)] for _ in range(2))
    assert once == again == sorted(once, key=lambda entry: str(entry["entry"]))
    assert len(with_beacon(50).entries or ()) == 50


def test_m3_of_the_service_only_what_grows_with_the_entries_is_counted_as_theirs() -> None:
    parts = {part: {"max_ms": 1.0} for part in ("freeze", "draw", "again")}
    sizes = {1000: {"peak": 50_000_000, **parts}, 11_000: {"peak": 54_000_000, **parts}}
    assert draw_service.grown(sizes) == [400.0] and draw_service.faults(sizes) == []
    late = {1000: {"peak": 0, **parts, "draw": {"max_ms": 100.5}}, 2000: {"peak": 401_000, **parts}}
    assert draw_service.faults(late) == [
        "401 bytes an entry, 400 wanted", "draw at 1,000: 100.5 ms without an answer, 100 wanted"]
