"""B01: each step out of its order is refused under a code of its own; its words say what to do; the guide lists it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.lottery.domain.faults import Refused
from services.lottery.domain.stages import Stage
from services.lottery.domain.transcript import Transcript
from services.lottery.handlers.views import beacon_at, missing_witnesses, timeline
from services.lottery.pages.desk_view import missing
from services.lottery.store import DrawState, Proposal
from shared.contracts.envelope import moment_text
from tests.unit.lottery import campaign
from tests.unit.lottery.campaign import BEACON_AT, CLOSED_AT, DIGITS, FROZEN_AT, SECRETS, WHY, entry
from tests.unit.lottery.test_steps import ENTRIES, at_stage
from tests.unit.lottery_service.refusal_codes import codes
from tests.unit.lottery_service.test_views import programme, registered

ROOT = Path(__file__).parents[3]
WORDS: dict[str, str] = tomllib.loads(
    (ROOT / "services/lottery/pages/words/ja.toml").read_text(encoding="utf-8"))["refused"]
GUIDE = (ROOT / "docs/draw-rules.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| [^|]+ \| [^|]+ \| `(?P<code>[a-z-]+)` \| (?P<words>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
SAYS_WHAT_TO_DO = re.compile("ください|準備|必要|お待ち|載り|記録として|進みます|確定します|欠席になります|あります。$")


def test_b01_every_code_of_a_refusal_has_words_and_no_words_are_left_over() -> None:
    assert codes() - WORDS.keys() == set()
    assert WORDS.keys() - codes() == {"other"}


@pytest.mark.parametrize("code", sorted(WORDS))
def test_b01_the_words_of_a_refusal_say_what_to_do(code: str) -> None:
    assert SAYS_WHAT_TO_DO.search(WORDS[code]), WORDS[code]


def test_b01_the_guide_lists_codes_words_and_tests_as_they_are() -> None:
    rows = list(ROW.finditer(GUIDE))
    assert len(rows) > 35
    for row in rows:
        assert WORDS[row["code"]] == row["words"], row["code"]
        for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row["tests"]):
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), (file, test)
        assert "::" in row["tests"], row["code"]


def struck_twice(transcript: Transcript) -> None:
    for _ in range(2):
        transcript.strike(ENTRIES[0]["entry"], **WHY, at=FROZEN_AT)


def revealed_twice(transcript: Transcript) -> None:
    for _ in range(2):
        transcript.reveal("ward", SECRETS["ward"], FROZEN_AT)


def closing_at(at: str) -> Callable[[Transcript], Any]:
    def propose(transcript: Transcript) -> None:
        transcript.reveal("ward", SECRETS["ward"], FROZEN_AT)
        transcript.propose_closing(at)

    return propose


def change(**record: Any) -> Callable[[Transcript], Any]:
    return lambda transcript: transcript.change({"type": "change", "at": "2021-06-04T00:00:00Z", **record})


def given_up_twice(transcript: Transcript) -> None:
    lost = next(row["entry"] for row in ENTRIES if not holds(transcript, row["entry"]))
    for _ in range(2):
        change(kind="declined", entry=lost, slot=None)(transcript)


def holds(transcript: Transcript, name: str) -> list[int]:
    assert transcript.entries is not None and transcript.holdings is not None
    return transcript.holdings.holds(transcript.entries.number(name))


NOBODY = "0" * 32
CASES: dict[str, tuple[Stage, Callable[[Transcript], Any]]] = {
    "before-freeze-from": (Stage.ANNOUNCED, lambda t: t.freeze(ENTRIES, "2021-06-01T23:59:59Z")),
    "entries": (Stage.ANNOUNCED, lambda t: t.freeze([], FROZEN_AT)),
    "wishes": (Stage.ANNOUNCED, lambda t: t.freeze([entry(1, 1, "nowhere")], FROZEN_AT)),
    "strike-early": (Stage.ANNOUNCED, lambda t: t.strike(ENTRIES[0]["entry"], **WHY, at=FROZEN_AT)),
    "strike-late": (Stage.CLOSED, lambda t: t.strike(ENTRIES[0]["entry"], **WHY, at=FROZEN_AT)),
    "struck-already": (Stage.FROZEN, struck_twice),
    "entry": (Stage.FROZEN, lambda t: t.strike(NOBODY, **WHY, at=FROZEN_AT)),
    "before-commit-until": (Stage.ANNOUNCED, lambda t: t.adjust("a", 1, **WHY, at="2021-04-30T23:59:59Z")),
    "adjust-late": (Stage.CLOSED, lambda t: t.adjust("a", 1, **WHY, at=CLOSED_AT)),
    "seats-zero": (Stage.FROZEN, lambda t: t.adjust("a", 0, **WHY, at=FROZEN_AT)),
    "seats-below-none": (Stage.FROZEN, lambda t: t.adjust("a", -5, **WHY, at=FROZEN_AT)),
    "slot": (Stage.FROZEN, lambda t: t.adjust("nowhere", 1, **WHY, at=FROZEN_AT)),
    "reveal-early": (Stage.ANNOUNCED, lambda t: t.reveal("ward", SECRETS["ward"], FROZEN_AT)),
    "reveal-late": (Stage.CLOSED, lambda t: t.reveal("ward", SECRETS["ward"], CLOSED_AT)),
    "revealed-already": (Stage.FROZEN, revealed_twice),
    "before-freeze": (Stage.FROZEN, lambda t: t.reveal("ward", SECRETS["ward"], "2021-06-01T23:59:59Z")),
    "secret": (Stage.FROZEN, lambda t: t.reveal("ward", SECRETS["auditor"], FROZEN_AT)),
    "witness": (Stage.FROZEN, lambda t: t.reveal("mallory", SECRETS["ward"], FROZEN_AT)),
    "revealed": (Stage.FROZEN, lambda t: t.propose_closing(CLOSED_AT)),
    "closing-early": (Stage.ANNOUNCED, lambda t: t.propose_closing(CLOSED_AT)),
    "closing-late": (Stage.CLOSED, lambda t: t.propose_closing(CLOSED_AT)),
    "before-close-from": (Stage.FROZEN, closing_at("2021-06-02T23:59:59Z")),
    "no-beacon-left": (Stage.FROZEN, closing_at("2021-06-03T01:00:01Z")),
    "beacon-early": (Stage.FROZEN, lambda t: t.awaited_beacon),
    "beacon-late": (Stage.BEACON, lambda t: t.take_beacon({})),
    "beacon-not-yet": (Stage.CLOSED, lambda t: t.propose_beacon(DIGITS, "2021-06-03T01:59:59Z")),
    "beacon-missed": (Stage.CLOSED, lambda t: t.propose_beacon(DIGITS, "2021-06-03T08:00:01Z")),
    "value": (Stage.CLOSED, lambda t: t.propose_beacon(DIGITS[:-1], BEACON_AT)),
    "change-early": (Stage.CLOSED, change(kind="declined", entry=ENTRIES[0]["entry"], slot=None)),
    "change-late": (Stage.ENDED, change(kind="declined", entry=ENTRIES[0]["entry"], slot=None)),
    "kind": (Stage.DRAWN, change(kind="forgotten")),
    "reserve-exceeded": (Stage.DRAWN, change(kind="granted", slot="a", seats=3, **WHY)),
    "not-held": (Stage.DRAWN, change(kind="declined", entry=ENTRIES[2]["entry"], slot="a")),
    "given-up-already": (Stage.DRAWN, given_up_twice),
    "at": (Stage.DRAWN, lambda t: t.change({"type": "change", "kind": "seats", "slot": "a", "seats": 1, **WHY,
                                            "at": "2021-06-03T01:00:00Z"})),
}


@pytest.mark.parametrize("code", CASES)
def test_b01_a_step_against_the_rules_is_refused_under_its_own_code_and_nothing_changes(code: str) -> None:
    stage, act = CASES[code]
    transcript = at_stage(stage)
    with pytest.raises(Refused) as caught:
        act(transcript)
    assert caught.value.code == code
    assert transcript.stage is stage


def test_b01_b02_a_promotion_after_its_term_is_not_made_and_nothing_is_refused() -> None:
    """A seat given back after `promote_until` stays free: the timetable says so, and everybody can compute it."""
    crowd = [entry(number, 4, "a") for number in range(2)]
    for at, promoted in (("2021-06-30T00:00:00Z", 1), ("2021-06-30T00:00:01Z", 0)):
        transcript = campaign.drawn(crowd)
        winner = next(row["entry"] for row in crowd if holds(transcript, row["entry"]))
        campaign.given_up(transcript, winner, "a", at)
        assert len(transcript.settle_day()) == promoted


def test_b01_a_draw_whose_beacons_are_all_missed_says_that_a_second_draw_follows() -> None:
    it = programme()
    state, last = registered(it), beacon_at(it.draw.beacons[-1])
    state.stage, state.root = "frozen", "0" * 64
    in_time, late = last - timedelta(hours=1), last - timedelta(minutes=59)
    assert [item.words for item in missing(it, state, in_time, 6, 6, 0)] == ["reveals"]
    assert [item.words for item in missing(it, state, late, 6, 6, 0)] == ["beacon-missed"]
    assert {point.step: point.condition for point in timeline(it, state, late)}["close"] == "failed"


def test_b01_a_ceremony_that_did_not_take_place_in_its_six_hours_says_that_a_second_draw_follows() -> None:
    it = programme()
    state, first = registered(it), beacon_at(it.draw.beacons[0])
    closed_at = moment_text(first - timedelta(hours=2))
    state.stage, state.root, state.closing_digest, state.closed_at = "closed", "0" * 64, "0" * 64, closed_at
    six = timedelta(hours=6)
    assert [item.words for item in missing(it, state, first + six, 6, 6, 0)] == ["readings"]
    assert [item.words for item in missing(it, state, first + six + timedelta(seconds=1), 6, 6, 0)] == ["beacon-missed"]
    conditions = {point.step: point.condition for point in timeline(it, state, first + six + timedelta(seconds=1))}
    assert conditions["beacon"] == "failed" and conditions["close"] == "done"


def test_b01_a_missing_witness_is_listed_by_name_once_the_draw_is_closed() -> None:
    state = DrawState(programme="p", draw="d")
    state.closing = Proposal(record={"missing": ["school"]}, digest="0" * 64)
    assert missing_witnesses(state) == [], "as long as the closing is only proposed, nobody is missing for good"
    state.closing_digest = "0" * 64
    assert missing_witnesses(state) == ["school"]
