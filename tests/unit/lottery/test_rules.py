"""B01, S06: rules and entries that can't be drawn fairly are refused, with field and reason."""

from typing import Any

import pytest

from services.lottery.domain.canonical import canonical, parse_line
from services.lottery.domain.entries import Entries
from services.lottery.domain.faults import Refused
from services.lottery.domain.rules import read_commitments, read_rules
from services.lottery.domain.seed import ticket_of
from tests.unit.lottery.campaign import DRAW, commitments, entry, rules, slot

DRAND = "drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
IDENTITY_KEY = "01" + "00" * 31
SMALL_ORDER_KEYS = [
    IDENTITY_KEY,
    "00" * 32,
    "00" * 31 + "80",
    "ec" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ee" + "ff" * 30 + "7f",  # y = p + 1: not canonical
    "02" + "00" * 31,  # y = 2: no point of the curve
]


def refusal(**changed: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        read_rules(rules(**changed))
    return caught.value


def with_times(**times: str) -> dict[str, Any]:
    return {"timetable": {**rules()["timetable"], **times}}


def beacon(round_number: int, at: str, digits: int = 25) -> dict[str, Any]:
    return {"source": "ceremony:dice", "round": round_number, "at": at, "digits": digits}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"slots": [slot("a", -1)]}, "slots.0.seats"),
        ({"slots": [slot("a", 1, reserve=-1)]}, "slots.0.reserve"),
        ({"slots": [slot("a", 1), slot("a", 2)]}, "slots.1.slot"),
        ({"slots": []}, "slots"),
        ({"slots": [slot("A", 1)]}, "slots.0.slot"),
        ({"slots": [slot("a", 1, day="2021-02-30")]}, "slots.0.day"),
        ({"max_wins": 0}, "max_wins"),
        ({"max_seats": 1.0}, "max_seats"),
        ({"max_wishes": True}, "max_wishes"),
        ({"one_win_a_day": 1}, "one_win_a_day"),
        ({"utc_offset": 5000}, "utc_offset"),
        ({"protocol": "kujibiki-draw/2"}, "protocol"),
        ({"publication": "none"}, "publication"),
        ({"note": "x"}, "note"),
        ({"witnesses": rules()["witnesses"][:2]}, "witnesses"),
        ({"witnesses": rules()["witnesses"] + rules()["witnesses"][:1]}, "witnesses.3.name"),
        ({"previous": {"draw": DRAW, "digest": "0" * 64, "reason": "r", "decision": "1"}}, "previous.draw"),
        ({"beacons": []}, "beacons"),
        ({"beacons": [beacon(1, "2021-06-02T23:00:00Z")]}, "beacons.0.at"),
        ({"beacons": [beacon(1, "2021-06-04T00:00:00Z"), beacon(2, "2021-06-03T12:00:00Z")]}, "beacons.1.at"),
        ({"beacons": [beacon(1, "2021-06-04T00:00:00Z"), beacon(1, "2021-06-05T00:00:00Z")]}, "beacons.1.round"),
        ({"beacons": [beacon(1, "2021-06-04T00:00:00Z", digits=24)]}, "beacons.0.digits"),
        ({"beacons": [{"source": "drand:" + "0" * 64, "round": 1, "at": "2021-06-04T00:00:00Z"}]}, "beacons.0.source"),
        ({"beacons": [{"source": DRAND, "round": 10022941, "at": "2024-08-05T15:36:28Z"}]}, "beacons.0.at"),
        (with_times(commit_until="2021-05-02T00:00:00Z"), "timetable.commit_until"),
        (with_times(apply_until="2021-05-01T00:00:00Z"), "timetable.apply_until"),
        (with_times(promote_until="2021-06-02T00:00:00Z"), "timetable.close_from"),
        (with_times(freeze_from="2021-06-02"), "timetable.freeze_from"),
        (with_times(freeze_from="2021-06-31T00:00:00Z"), "timetable.freeze_from"),
    ],
)
def test_wrong_rules_are_refused_by_field(changed: dict[str, Any], field: str) -> None:
    """B01, B02."""
    refused = refusal(**changed)
    assert refused.field == field
    assert refused.reason


@pytest.mark.parametrize("key", SMALL_ORDER_KEYS)
def test_keys_that_prove_nothing_are_refused(key: str) -> None:
    """B01: with a key of small order anybody could sign."""
    witnesses = [{"name": "mallory", "key": key}, *rules()["witnesses"]]
    assert refusal(witnesses=witnesses).field == "witnesses.0.key"


def test_second_draw_may_commit_after_the_window() -> None:
    """B01: its applications have long been in."""
    previous = {"draw": "first", "digest": "0" * 64, "reason": "rules-wrong", "decision": "2021-9"}
    late = with_times(commit_until="2021-06-01T12:00:00Z")
    assert read_rules(rules(previous=previous, **late)).previous is not None
    assert refusal(**late).field == "timetable.commit_until"


def test_commitments_come_once_each_in_order_and_in_time() -> None:
    """B01."""
    announced = read_rules(rules())
    assert len(read_commitments(commitments(), announced)) == 3
    for wrong in (commitments()[:2], commitments()[::-1], commitments() + commitments()[:1], []):
        with pytest.raises(Refused, match="one of each witness"):
            read_commitments(wrong, announced)
    with pytest.raises(Refused, match="after commit_until"):
        read_commitments(commitments(at="2021-05-01T00:00:01Z"), announced)


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        (entry(1, 0, "a"), "seats", "at least 1"),
        (entry(1, 9, "a"), "seats", "larger than max_seats"),
        ({**entry(1, 1, "a"), "seats": 1.0}, "seats", "whole number"),
        ({**entry(1, 1, "a"), "seats": True}, "seats", "whole number"),
        (entry(1, 1), "wishes", "at least one"),
        (entry(1, 1, "z"), "wishes", "not a slot"),
        (entry(1, 1, "a", "a"), "wishes", "twice"),
        (entry(1, 1, "a", "b", "c", "a"), "wishes", "max_wishes"),
        ({**entry(1, 1), "wishes": [["a"]]}, "wishes", "not a slot"),
        ({**entry(1, 1, "a"), "entry": "A" * 32}, "entry", "32 hex"),
        ({**entry(1, 1, "a"), "name": "x"}, "entry", "exactly the fields"),
    ],
)
def test_wrong_entries_are_refused_by_field(wrong: dict[str, Any], field: str, reason: str) -> None:
    """S03, S05, S13: whole parties, known slots, and no field more."""
    with pytest.raises(Refused, match=reason) as caught:
        Entries.frozen([entry(2, 1, "a"), wrong], read_rules(rules()))
    assert caught.value.field == field


def test_an_entry_twice_and_no_entry_are_refused() -> None:
    """B03, S06."""
    announced = read_rules(rules())
    for doubled in ([1, 1], [1, 2, 1], [2, 1, 2]):
        with pytest.raises(Refused, match="twice"):
            Entries.frozen([entry(number, 1, "a") for number in doubled], announced)
    with pytest.raises(Refused, match="there is none"):
        Entries.frozen([], announced)


def test_a_seed_of_the_wrong_length_is_refused() -> None:
    """B01."""
    with pytest.raises(Refused, match="32 bytes"):
        ticket_of("00" * 31, "0" * 32)


@pytest.mark.parametrize("value", [1.5, 2**53, -(2**53), {"é": 1}, "\ud800", b"x", float("nan")])
def test_canonical_json_has_no_second_way_to_say_it(value: Any) -> None:
    """B01: no floats, no integer that JavaScript would round, ASCII keys, Unicode text only."""
    with pytest.raises(Refused):
        canonical({"a": value} if not isinstance(value, dict) else value)


@pytest.mark.parametrize(
    "line",
    [b'{"a":1}', b'{"a": 1}\n', b'{"b":1,"a":1}\n', b'{"a":1,"a":1}\n', b'{"a":1.0}\n', b'{"a":-0}\n', b'{"a":1e3}\n',
     b'{"a":"\\u0041"}\n', b"[]\n", b"\xff\n", b'{"a":NaN}\n', b"[" * 100_000 + b"]" * 100_000 + b"\n",
     b'{"a":' + b"9" * 5000 + b"}\n", b'{"a":"' + b"x" * (1 << 20) + b'"}\n', b"\xef\xbb\xbf{}\n"],
    ids=range(15),
)  # fmt: skip
def test_lines_that_are_not_canonical_are_refused(line: bytes) -> None:
    """B01: malformed, never repaired."""
    with pytest.raises(Refused):
        parse_line(line)
