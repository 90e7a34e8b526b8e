"""Rules out of a programme, the timeline, and what the desk says is missing (B01)."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.lottery.domain.rules import read_commitments, read_rules
from services.lottery.handlers.announcing import commitment_records, rules_record
from services.lottery.handlers.applications import is_complete
from services.lottery.handlers.freezing import entry_line
from services.lottery.handlers.views import timeline
from services.lottery.pages.desk_view import missing
from services.lottery.store import DrawState, Witness
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme

PROGRAMMES = Path(__file__).parents[3] / "programmes"


def programme(name: str = "live-site-2020") -> Programme:
    return Programme.model_validate(tomllib.loads((PROGRAMMES / f"{name}.toml").read_text()))


def registered(it: Programme) -> DrawState:
    at = moment_text(it.draw.timetable.commit_until)
    witnesses = {
        witness.name: Witness(key=Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex(),
                              commitment="0" * 64, at=at)
        for witness in it.draw.witnesses
    }
    return DrawState(programme=it.id, draw=it.draw.id, witnesses=witnesses)


@pytest.mark.parametrize("name", ["live-site-2020", "summer-stage-2024"])
def test_b01_the_rules_that_follow_from_each_programme_are_those_of_the_protocol(name: str) -> None:
    it = programme(name)
    state = registered(it)
    rules = read_rules(rules_record(it, state))
    assert [slot.slot for slot in rules.slots] == [slot.id for slot in it.slots]
    assert len(read_commitments(commitment_records(it, state), rules)) == len(it.draw.witnesses)


def test_b01_an_entry_line_is_canonical() -> None:
    from services.lottery.domain.canonical import line_of

    entry = {"entry": "0" * 32, "seats": 2, "wishes": ["a", "b"]}
    line = entry_line({**entry, "_id": "application", "channel": "web"})
    assert line == line_of({**entry, "type": "entry"}) and json.loads(line)["seats"] == 2


@pytest.mark.parametrize(("heard", "highest", "facts", "complete"), [
    (3, 3, 3, True), (0, 0, 0, True), (2, 3, 3, False), (3, 4, 4, False), (3, 3, None, False),
])
def test_s06_a_partition_is_complete_when_as_many_were_heard_as_the_highest_number(
    heard: int, highest: int, facts: int | None, complete: bool
) -> None:
    assert is_complete({"heard": heard, "highest": highest, "facts": facts}) is complete


def test_b01_the_timeline_says_what_is_now_and_when_the_next_is_due() -> None:
    it = programme()
    state = registered(it)
    state.stage = "announced"
    points = {point.step: point for point in timeline(it, state, it.window.opens + timedelta(days=1))}
    assert [points[step].condition for step in ("announce", "apply", "freeze")] == ["done", "now", "next"]
    assert points["apply"].at == it.window.closes
    assert points["freeze"].at == it.draw.timetable.freeze_from


def test_b01_an_announcement_that_missed_the_opening_is_shown_as_failed() -> None:
    it = programme()
    state = DrawState(programme=it.id, draw=it.draw.id)
    assert timeline(it, state, it.window.opens)[0].condition == "failed"
    assert [item.words for item in missing(it, state, it.window.opens, 0, None, 0)] == ["announce-late"]


def test_b01_the_desk_names_the_witnesses_and_partitions_that_are_missing() -> None:
    it = programme()
    state = registered(it)
    del state.witnesses["school"]
    before = it.draw.timetable.commit_until
    assert missing(it, state, before, 0, None, 0)[0].values == {"names": "school"}
    state.stage = "announced"
    later = it.draw.timetable.freeze_from
    assert [item.words for item in missing(it, state, later, 5, 6, 0)] == ["partitions"]
    assert missing(it, state, later, 6, 6, 0) == []
