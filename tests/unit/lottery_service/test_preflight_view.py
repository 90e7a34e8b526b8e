"""Preflight in words: every outcome has some, and what stops or warns says what to do (B01)."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path

from services.lottery.domain.preflight import CHECKS, Finding
from services.lottery.handlers.preflight import rules_fault
from services.lottery.pages.preflight_view import preflight_of
from services.lottery.store import DrawState
from shared.ui.language import Words
from tests.unit.lottery.test_preflight import CASES, found
from tests.unit.lottery_service.test_views import programme, registered

LOTTERY = Path(__file__).parents[3] / "services/lottery"
WORDS = Words([LOTTERY / "pages/words"])


def say(key: str, **values: object) -> object:
    return WORDS.say("ja", key, values)


def test_b01_every_outcome_has_words_and_what_stops_or_warns_says_what_to_do() -> None:
    it = programme()
    names = [witness.name for witness in it.draw.witnesses]
    for check, situation, changes, _ in CASES:
        verdict, outcome = found(check, situation.__class__(**{**vars(situation), **changes}))
        values = {"slots": [slot.id for slot in it.slots[:6]], "names": names, "code": "beacons", "reason": "late",
                  "at": it.window.opens, "until": it.window.opens, "since": it.window.opens,
                  "opens": it.window.opens}
        told = {**dict.fromkeys(("count", "all", "done", "needed", "fewest", "seats", "ways", "batches", "over",
                                 "asked", "taken", "withdrawn", "unanswered"), 1234), **values}
        one = Finding(situation.step or "announce", check, verdict, outcome, told)
        (shown,) = preflight_of(it, one.step, [one], say).by_step[one.step]
        assert shown.title and shown.found and "{" not in shown.found + (shown.todo or "")
        assert (shown.todo is None) == (verdict in ("good", "wait")), (check, outcome)


def test_b01_no_words_outlived_their_outcome() -> None:
    outcomes = {f"{check}.{found(check, one.__class__(**{**vars(one), **changes}))[1]}"
                for check, one, changes, _ in CASES}
    catalogue = tomllib.loads((LOTTERY / "pages/words/ja.toml").read_text(encoding="utf-8"))["preflight"]
    known = {f"{check}.{re.sub('-do$', '', key)}" for check, words in catalogue.items() if isinstance(words, dict)
             for key in words if key != "title"}
    # These two share their looking with the duplicates.
    shared = {f"{check}.{outcome}" for check in ("postcards", "held") for outcome in ("unknown", "not-yet")}
    assert known == outcomes | shared
    assert {check for checks in CHECKS.values() for check in checks} == {
        check for check, words in catalogue.items() if isinstance(words, dict)}


def test_b01_slots_are_named_as_people_call_them_and_the_rest_is_counted() -> None:
    it = programme()
    one = Finding("announce", "seats", "warn", "empty", {"slots": [slot.id for slot in it.slots[:6]]})
    (shown,) = preflight_of(it, "announce", [one], say).by_step["announce"]
    assert "7/21（水）午前の部 新宿住友ビル" in shown.found and shown.found.endswith("ほか2")


def test_b01_rules_that_the_domain_would_refuse_are_seen_before_any_witness_has_committed() -> None:
    it = programme()
    nobody = DrawState(programme=it.id, draw=it.draw.id)
    assert rules_fault(it, nobody) is None and rules_fault(it, registered(it)) is None
    times = it.draw.timetable.model_copy(update={"close_from": it.draw.timetable.close_from + timedelta(days=3)})
    late = it.model_copy(update={"draw": it.draw.model_copy(update={"timetable": times})})
    fault = rules_fault(late, nobody)
    assert fault is not None and fault[0] == "beacons" and "close_from" in fault[1]
