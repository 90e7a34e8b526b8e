"""Preflight: what stops, what waits, what is only to be known before a step that can't be taken back (B01, B02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.lottery.domain.preflight import (
    CHECKS,
    Situation,
    SlotSeats,
    Survey,
    Verdict,
    Work,
    combinations,
    findings,
    worst,
)

OPENS = datetime(2021, 5, 31, 3, tzinfo=UTC)
CLOSES, FREEZE, CLOSE, DICE = (OPENS + timedelta(days=days) for days in (14, 21, 22, 23))
WORK = Work(as_of=CLOSES, window="open", pairs=0, unkeyed=0, batches=0, held=0, unanswered=0, checks=0)
ALL = ("audit", "resident", "school", "ward")
BEFORE = Situation(
    now=OPENS - timedelta(days=5), step="announce", slots=[SlotSeats("am", 80, 2), SlotSeats("pm", 80, 2)],
    max_seats=4, max_wishes=2, publication="full", witnesses=ALL, committed=ALL, revealed=(), signatures=None,
    needed=3, opens=OPENS, closes=CLOSES, commit_until=OPENS - timedelta(days=3), freeze_from=FREEZE,
    close_from=CLOSE, beacons=[DICE, DICE + timedelta(days=1)])
ASKED = Survey(taken=101, withdrawn=1, entries=100, by_party={2: 60, 4: 40}, first={"am": 200, "pm": 80},
               wished={"am": 280, "pm": 280})
OPEN = replace(BEFORE, step="freeze", now=CLOSES + timedelta(hours=1), work=WORK, survey=ASKED)
FROZEN = replace(OPEN, step="close", now=CLOSE, revealed=ALL, partitions=(6, 6), signatures=3)
CLOSED = replace(FROZEN, step="publish", closed_at=CLOSE, beacon_due=DICE, now=DICE)


def found(check: str, situation: Situation) -> tuple[Verdict, str]:
    one = next(one for one in findings(situation) if one.check == check and one.step == situation.step)
    return one.verdict, one.outcome


CASES: list[tuple[str, Situation, dict[str, Any], tuple[Verdict, str]]] = [
    ("rules", BEFORE, {}, ("good", "good")),
    ("rules", BEFORE, {"fault": ("beacons", "none is late enough")}, ("stop", "refused")),
    ("timetable", BEFORE, {}, ("good", "good")),
    ("timetable", BEFORE, {"committed": (), "now": OPENS - timedelta(days=3, hours=1)}, ("warn", "soon")),
    ("timetable", BEFORE, {"committed": (), "now": OPENS - timedelta(days=2)}, ("stop", "commit-late")),
    ("timetable", BEFORE, {"now": OPENS}, ("stop", "late")),
    ("timetable", BEFORE, {"second": True, "now": OPENS}, ("good", "good")),
    ("timetable", BEFORE, {"second": True, "now": FREEZE + timedelta(seconds=1)}, ("stop", "second-late")),
    ("commitments", BEFORE, {}, ("good", "good")),
    ("commitments", BEFORE, {"committed": ALL[:3]}, ("stop", "missing")),
    ("witnesses", BEFORE, {}, ("good", "good")),
    ("witnesses", BEFORE, {"witnesses": ALL[:3], "needed": 3}, ("warn", "all-needed")),
    ("witnesses", BEFORE, {"witnesses": ALL[:2], "needed": 2}, ("stop", "few")),
    ("beacons", BEFORE, {}, ("good", "good")),
    ("beacons", BEFORE, {"beacons": [DICE]}, ("warn", "last")),
    ("beacons", BEFORE, {"beacons": [CLOSE + timedelta(minutes=59)]}, ("stop", "none")),
    ("beacons", FROZEN, {"now": DICE}, ("warn", "last")),
    ("beacons", FROZEN, {"now": DICE + timedelta(hours=23, minutes=1)}, ("stop", "none")),
    ("seats", BEFORE, {}, ("good", "good")),
    ("seats", BEFORE, {"slots": [SlotSeats("am", 0, 0), SlotSeats("pm", 80, 0)]}, ("warn", "empty")),
    ("seats", BEFORE, {"slots": [SlotSeats("am", 0, 0)]}, ("warn", "none")),
    ("reserve", BEFORE, {}, ("good", "good")),
    ("reserve", BEFORE, {"slots": [SlotSeats("am", 2, 80)]}, ("warn", "larger")),
    ("largest", BEFORE, {}, ("good", "good")),
    ("largest", BEFORE, {"max_seats": 5}, ("warn", "tight")),
    ("largest", BEFORE, {"slots": [SlotSeats("am", 3, 0)]}, ("warn", "larger-than-slot")),
    ("publication", BEFORE, {}, ("good", "full")),
    ("publication", BEFORE, {"max_seats": 40}, ("warn", "rare")),
    ("publication", BEFORE, {"max_seats": 40, "publication": "digest"}, ("good", "digest")),
    ("window", OPEN, {"now": CLOSES - timedelta(seconds=1)}, ("wait", "open")),
    ("window", OPEN, {}, ("stop", "to-close")),
    ("window", OPEN, {"work": replace(WORK, window="closing")}, ("wait", "closing")),
    ("window", OPEN, {"work": replace(WORK, window="closed")}, ("good", "closed")),
    ("window", OPEN, {"partitions": (0, 6)}, ("good", "closed")),
    ("duplicates", OPEN, {}, ("good", "good")),
    ("duplicates", OPEN, {"work": replace(WORK, pairs=1)}, ("stop", "open")),
    ("duplicates", OPEN, {"work": None}, ("warn", "unknown")),
    ("duplicates", OPEN, {"work": None, "now": OPENS - timedelta(days=1)}, ("wait", "not-yet")),
    ("postcards", OPEN, {}, ("good", "good")),
    ("postcards", OPEN, {"work": replace(WORK, unkeyed=3, batches=1)}, ("stop", "unread")),
    ("postcards", OPEN, {"work": replace(WORK, checks=1)}, ("stop", "unchecked")),
    ("held", OPEN, {}, ("good", "good")),
    ("held", OPEN, {"work": replace(WORK, held=2, unanswered=1)}, ("warn", "held")),
    ("records", OPEN, {}, ("wait", "not-closed")),
    ("records", OPEN, {"partitions": (5, 6)}, ("wait", "of")),
    ("records", OPEN, {"partitions": (6, 6)}, ("good", "of")),
    ("freeze-time", OPEN, {}, ("wait", "early")),
    ("freeze-time", OPEN, {"now": FREEZE}, ("good", "good")),
    ("notices", OPEN, {}, ("good", "first")),
    ("notices", OPEN, {"second": True}, ("good", "told")),
    ("notices", OPEN, {"second": True, "untold": 4}, ("wait", "untold")),
    ("entries", OPEN, {}, ("good", "good")),
    ("entries", OPEN, {"survey": Survey()}, ("stop", "nobody")),
    ("entries", OPEN, {"survey": Survey(), "now": OPENS}, ("wait", "none")),
    ("demand", OPEN, {}, ("good", "good")),
    ("demand", OPEN, {"survey": replace(ASKED, wished={"am": 1})}, ("warn", "unwished")),
    ("demand", OPEN, {"survey": Survey()}, ("wait", "none")),
    ("too-large", OPEN, {}, ("good", "good")),
    ("too-large", OPEN, {"survey": replace(ASKED, by_party={81: 1})}, ("warn", "stuck")),
    ("alone", OPEN, {}, ("good", "good")),
    ("alone", OPEN, {"survey": replace(ASKED, alone=1)}, ("warn", "full")),
    ("alone", OPEN, {"survey": replace(ASKED, alone=1), "publication": "digest"}, ("good", "digest")),
    ("reveals", FROZEN, {}, ("good", "good")),
    ("reveals", FROZEN, {"revealed": ALL[:1]}, ("warn", "missing")),
    ("reveals", FROZEN, {"revealed": ()}, ("stop", "none")),
    ("close-time", FROZEN, {}, ("good", "good")),
    ("close-time", FROZEN, {"now": CLOSE - timedelta(seconds=1)}, ("wait", "early")),
    ("signatures", FROZEN, {}, ("good", "good")),
    ("signatures", FROZEN, {"signatures": 2}, ("wait", "few")),
    ("signatures", FROZEN, {"signatures": None}, ("wait", "not-proposed")),
    ("beacon", CLOSED, {}, ("good", "due")),
    ("beacon", CLOSED, {"now": DICE - timedelta(seconds=1)}, ("wait", "due")),
    ("beacon", CLOSED, {"beacon_due": None}, ("stop", "missed")),
    ("beacon", CLOSED, {"closed_at": None}, ("wait", "not-closed")),
    ("alone", CLOSED, {"survey": replace(ASKED, alone=7)}, ("warn", "full")),
]


@pytest.mark.parametrize(("check", "situation", "changes", "expected"), CASES)
def test_b01_each_check_stops_waits_warns_or_is_fine(
    check: str, situation: Situation, changes: dict[str, Any], expected: tuple[Verdict, str]
) -> None:
    assert found(check, replace(situation, **changes)) == expected


def test_b01_no_check_is_untried() -> None:
    assert {(situation.step, check) for check, situation, _, _ in CASES} == {
        (step, check) for step, checks in CHECKS.items() for check in checks}


def test_b01_the_next_step_and_those_behind_it_are_checked_and_nothing_that_is_past() -> None:
    assert [one.step for one in findings(CLOSED)] == ["publish", "publish"]
    assert {one.step for one in findings(BEFORE)} == set(CHECKS)
    assert findings(replace(CLOSED, step=None)) == []
    assert worst(findings(CLOSED)) == "good" and worst([]) == "good"
    assert worst([one for one in findings(OPEN) if one.step == "freeze"]) == "stop"


def test_b01_the_ways_to_choose_seats_and_wishes_are_counted() -> None:
    assert combinations(slots=2, max_seats=4, max_wishes=2) == 4 * (2 + 2)
    assert combinations(slots=2, max_seats=1, max_wishes=9) == combinations(slots=2, max_seats=1, max_wishes=2)
    assert combinations(slots=128, max_seats=4, max_wishes=3) == 4 * (128 + 128 * 127 + 128 * 127 * 126)
