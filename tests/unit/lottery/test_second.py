"""A second draw names the first, both verifiers take it so; and when there may be one (B01)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from services.lottery.domain.rules import read_rules
from services.lottery.domain.second import beacons_missed, digest_so_far
from services.lottery.domain.transcript import Transcript
from tests.unit.lottery import campaign
from tests.unit.lottery.campaign import BEACON_AT, CLOSED_AT, DRAW, entry, fault_of, rules
from tests.unit.lottery.javascript import node

ENTRIES = [entry(1, 2, "a", "b"), entry(2, 1, "b"), entry(3, 3, "c", "a")]


def named(first: Transcript, **changed: Any) -> dict[str, Any]:
    """How a second draw names the first."""
    return {"draw": "first-draw", "digest": digest_so_far(first), "reason": "rules-wrong", "decision": "2021-9",
            **changed}


def both_take(transcript: Transcript, verifier: ModuleType, folder: Path) -> bool:
    """Whether both verifiers find it true; they must say the same."""
    transcript.end()
    lines = list(transcript.lines())
    (folder / "transcript.jsonl").write_bytes(b"".join(lines))
    python = fault_of(verifier, lines) is None
    assert (node(folder / "transcript.jsonl").returncode == 0) == python
    return python


def test_b01_a_second_draw_goes_through_both_verifiers_with_the_name_of_the_first(
    verifier: ModuleType, tmp_path: Path
) -> None:
    first = campaign.frozen(ENTRIES, draw="first-draw")
    late = {**rules()["timetable"], "commit_until": campaign.FROZEN_AT}
    second = campaign.drawn(ENTRIES, previous=named(first), timetable=late)
    assert second.freeze_record == first.freeze_record, "the same entries have the same root"
    assert both_take(second, verifier, tmp_path)


@pytest.mark.parametrize("changed", [{"draw": DRAW}, {"digest": "short"}, {"reason": ""}, {"decision": None}])
def test_b01_a_second_draw_that_names_itself_or_nothing_is_refused(changed: dict[str, Any]) -> None:
    first = campaign.frozen(ENTRIES, draw="first-draw")
    with pytest.raises(ValueError, match="previous"):
        read_rules(rules(previous=named(first, **changed)))


def test_b01_the_digest_so_far_is_that_of_the_public_lines_and_of_a_drawn_one_that_of_its_end() -> None:
    open_still = campaign.frozen(ENTRIES)
    open_still.strike(ENTRIES[0]["entry"], "ineligible", "2021-3", campaign.FROZEN_AT)
    assert digest_so_far(open_still) == hashlib.sha256(b"".join(open_still.lines())).hexdigest()
    drawn = campaign.drawn(ENTRIES)
    assert digest_so_far(drawn) == drawn.end_record()["digest"]
    assert digest_so_far(None) == hashlib.sha256().hexdigest(), "one that was never announced has no lines"


BEACONS = [
    {"source": "ceremony:dice", "round": 1, "at": BEACON_AT, "digits": 25},
    {"source": "ceremony:dice", "round": 2, "at": "2021-06-04T02:00:00Z", "digits": 25},
]
ROUND = 10_022_941  # 5 August 2024
DRAND = {"source": "drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971", "round": ROUND,
         "at": "2024-08-05T15:36:27Z"}


@pytest.mark.parametrize(("beacons", "closed_at", "now", "seen", "missed"), [
    (BEACONS, None, "2021-06-04T01:00:00Z", False, False),
    (BEACONS, None, "2021-06-04T01:00:01Z", False, True),
    (BEACONS, CLOSED_AT, "2021-06-03T08:00:00Z", False, False),
    (BEACONS, CLOSED_AT, "2021-06-03T08:00:01Z", False, True),
    (BEACONS, CLOSED_AT, "2021-06-03T08:00:01Z", True, False),
    (BEACONS, "2021-06-03T23:00:00Z", "2021-06-04T08:00:00Z", False, False),
    ([DRAND], "2024-08-05T14:00:00Z", "2024-12-24T00:00:00Z", False, False),
    ([DRAND], None, "2024-08-05T14:36:28Z", False, True),
])
def test_b01_beacons_are_missed_when_none_can_be_taken_any_more(
    beacons: list[dict[str, Any]], closed_at: str | None, now: str, seen: bool, missed: bool
) -> None:
    announced = read_rules(rules(beacons=beacons)).beacons
    assert beacons_missed(announced, closed_at, now, seen=seen) is missed
