"""B01: the steps of a draw, each refused out of order, late, or by too few, with a message that says what to do."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from services.lottery.domain import results as domain_results
from services.lottery.domain.beacon import drand_record, drand_time, is_drand_signature
from services.lottery.domain.canonical import LineDigest, canonical
from services.lottery.domain.faults import OutOfOrder, Refused
from services.lottery.domain.records import DrandBeacon
from services.lottery.domain.replay import replay
from services.lottery.domain.stages import Stage
from services.lottery.domain.transcript import Transcript
from services.lottery.domain.witness import signatures_needed
from tests.unit.lottery import campaign
from tests.unit.lottery.campaign import (
    BEACON_AT,
    CLOSED_AT,
    DIGITS,
    FROZEN_AT,
    SECRETS,
    commitments,
    entry,
    rules,
    signed,
    vector_records,
)

ENTRIES = [entry(1, 2, "a", "b"), entry(2, 4, "a"), entry(3, 1, "c")]
STEPS: dict[str, tuple[Callable[[Transcript], Any], set[Stage]]] = {
    "freeze": (lambda t: t.freeze(ENTRIES, FROZEN_AT), {Stage.ANNOUNCED}),
    "strike": (lambda t: t.strike(ENTRIES[0]["entry"], "r", "1", FROZEN_AT), {Stage.FROZEN}),
    "adjust": (lambda t: t.adjust("a", 1, "r", "1", FROZEN_AT), {Stage.ANNOUNCED, Stage.FROZEN}),
    "reveal": (lambda t: t.reveal("ward", SECRETS["ward"], FROZEN_AT), {Stage.FROZEN}),
    "propose": (lambda t: t.propose_closing(CLOSED_AT), {Stage.FROZEN, Stage.CLOSING}),
    "abandon": (lambda t: t.abandon_closing(), {Stage.CLOSING}),
    "close": (lambda t: t.close({}), {Stage.CLOSING}),
    "propose beacon": (lambda t: t.propose_beacon(DIGITS, BEACON_AT), {Stage.CLOSED}),
    "beacon": (lambda t: t.take_beacon({}), {Stage.CLOSED}),
    "draw": (lambda t: t.draw(), {Stage.BEACON}),
    "change": (lambda t: t.change({}), {Stage.DRAWN}),
    "settle": (lambda t: t.settle_day(), {Stage.DRAWN}),
    "end": (lambda t: t.end(), {Stage.DRAWN}),
}


def at_stage(stage: Stage) -> Transcript:
    transcript = Transcript(rules(), commitments())
    if stage >= Stage.FROZEN:
        transcript.freeze(ENTRIES, FROZEN_AT)
    if stage == Stage.CLOSING:
        transcript.reveal("auditor", SECRETS["auditor"], FROZEN_AT)
        transcript.propose_closing(CLOSED_AT)
    if stage >= Stage.CLOSED:
        campaign.close(transcript)
    if stage >= Stage.BEACON:
        transcript.take_beacon(signed(transcript.propose_beacon(DIGITS, BEACON_AT)))
    if stage >= Stage.DRAWN:
        transcript.draw()
    if stage >= Stage.ENDED:
        transcript.end()
    return transcript


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_out_of_order_is_refused_and_changes_nothing(step: str, stage: Stage) -> None:
    """B01."""
    act, allowed = STEPS[step]
    if stage in allowed or (step == "end" and stage is Stage.ENDED):
        return
    transcript = at_stage(stage)
    before = list(transcript.lines())
    with pytest.raises(OutOfOrder, match=r"can't|settle"):
        act(transcript)
    assert (transcript.stage, list(transcript.lines())) == (stage, before)


def test_a_wrong_secret_is_refused_and_its_witness_goes_missing() -> None:
    """B01: whoever can't open its commitment is listed by name, and the draw goes on."""
    transcript = campaign.frozen(ENTRIES)
    with pytest.raises(Refused, match="does not open the commitment of ward"):
        transcript.reveal("ward", SECRETS["auditor"], FROZEN_AT)
    with pytest.raises(Refused, match="not a witness"):
        transcript.reveal("mallory", SECRETS["ward"], FROZEN_AT)
    transcript.reveal("auditor", SECRETS["auditor"], FROZEN_AT)
    with pytest.raises(Refused, match="revealed already"):
        transcript.reveal("auditor", SECRETS["auditor"], FROZEN_AT)
    proposal = transcript.propose_closing(CLOSED_AT)
    assert (proposal["revealed"], proposal["missing"]) == (["auditor"], ["resident", "ward"])


def test_without_any_secret_there_is_no_closing() -> None:
    """B01."""
    with pytest.raises(Refused) as caught:
        campaign.frozen(ENTRIES).propose_closing(CLOSED_AT)
    assert caught.value.field == "revealed"


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2021-06-02T23:59:59Z", "before close_from"),
        ("2021-06-03T01:00:01Z", "second draw"),
    ],
)
def test_a_closing_outside_its_hours_is_refused(at: str, reason: str) -> None:
    """B01."""
    transcript = campaign.frozen(ENTRIES)
    transcript.reveal("ward", SECRETS["ward"], FROZEN_AT)
    with pytest.raises(Refused, match=reason):
        transcript.propose_closing(at)


def test_a_reveal_or_strike_dated_after_the_close_stops_it() -> None:
    """B01: a late reveal is refused, not slipped in."""
    transcript = campaign.frozen(ENTRIES)
    transcript.reveal("ward", SECRETS["ward"], "2021-06-03T00:45:00Z")
    with pytest.raises(Refused, match="after this closing"):
        transcript.propose_closing(CLOSED_AT)


@pytest.mark.parametrize("before", ["strike", "reveal"])
def test_nothing_is_dated_before_the_freeze(before: str) -> None:
    """B01: a reveal before the freeze would let the operator choose the entries."""
    transcript = campaign.frozen(ENTRIES)
    early = "2021-06-01T23:59:59Z"
    with pytest.raises(Refused, match="before the freeze"):
        if before == "strike":
            transcript.strike(ENTRIES[0]["entry"], "not-resident", "2021-1", early)
        else:
            transcript.reveal("ward", SECRETS["ward"], early)
    with pytest.raises(Refused, match="before freeze_from"):
        Transcript(rules(), commitments()).freeze(ENTRIES, early)


def test_two_signatures_of_three_are_too_few() -> None:
    """B01: more than two thirds, so that two closings need a witness who signed both."""
    transcript = at_stage(Stage.CLOSING)
    proposal = transcript.propose_closing(CLOSED_AT)
    with pytest.raises(Refused, match=r"2 of 3 witnesses signed, 3 are needed"):
        transcript.close(signed(proposal, ["auditor", "ward"]))
    transcript.close(signed(proposal))
    assert [signatures_needed(n) for n in (3, 4, 5, 6, 7, 9)] == [3, 3, 4, 5, 5, 7]


def test_one_wrong_signature_spoils_the_closing() -> None:
    """B01."""
    transcript = at_stage(Stage.CLOSING)
    good = signed(transcript.propose_closing(CLOSED_AT))
    other = signed(transcript.propose_closing("2021-06-03T00:31:00Z"))
    mixed = {**good, "signatures": [*good["signatures"][:2], other["signatures"][2]]}
    for wrong in (mixed, {**good, "signatures": good["signatures"][::-1]}, {**good, "at": "2021-06-03T00:31:00Z"}):
        with pytest.raises(Refused) as caught:
            transcript.close(wrong)
        assert caught.value.field == "signatures"
    strangers = [*good["signatures"], {"witness": "zoe", "signature": "0" * 128}]
    with pytest.raises(Refused, match="zoe is not a witness"):
        transcript.close({**good, "signatures": strangers})


def test_a_closing_of_other_lines_is_refused() -> None:
    """B01: a strike slipped in after the witnesses signed does not pass."""
    transcript = at_stage(Stage.CLOSING)
    record = signed(transcript.propose_closing(CLOSED_AT))
    transcript.abandon_closing()
    transcript.strike(ENTRIES[0]["entry"], "not-resident", "2021-1", FROZEN_AT)
    transcript.propose_closing(CLOSED_AT)
    with pytest.raises(Refused, match="not the closing of this transcript"):
        transcript.close(record)


def test_the_first_beacon_an_hour_after_the_close_counts_and_no_other() -> None:
    """B01: nobody chooses among the announced beacons."""
    beacons = [
        {"source": "ceremony:dice", "round": n, "at": f"2021-06-03T{hour}:00:00Z", "digits": 25}
        for n, hour in ((1, "01"), (2, "02"), (3, "03"))
    ]
    transcript = campaign.closed(ENTRIES, beacons=beacons)
    assert transcript.awaited_beacon.round == 2
    proposal = transcript.propose_beacon(DIGITS, "2021-06-03T02:00:00Z")
    with pytest.raises(Refused, match="the beacon that counts is round 2"):
        transcript.take_beacon(signed({**proposal, "round": 3, "at": "2021-06-03T03:00:00Z"}))
    with pytest.raises(Refused, match="the beacon that counts is round 2"):
        transcript.take_beacon(signed({**proposal, "round": 1}))


@pytest.mark.parametrize(
    ("value", "at", "field"),
    [
        (DIGITS[:-1], BEACON_AT, "value"),
        (DIGITS + "1", BEACON_AT, "value"),
        (DIGITS[:-1] + "x", BEACON_AT, "value"),
        (DIGITS, "2021-06-03T01:59:59Z", "at"),
        (DIGITS, "2021-06-03T08:00:01Z", "at"),
    ],
)
def test_a_ceremony_early_late_or_of_other_digits_is_refused(value: str, at: str, field: str) -> None:
    """B01: exactly the announced digits, at most six hours late; beyond that a second draw must follow."""
    with pytest.raises(Refused) as caught:
        at_stage(Stage.CLOSED).propose_beacon(value, at)
    assert caught.value.field == field


def test_a_ceremony_of_another_closing_or_seen_by_too_few_is_refused() -> None:
    """B01."""
    transcript = at_stage(Stage.CLOSED)
    proposal = transcript.propose_beacon(DIGITS, BEACON_AT)
    with pytest.raises(Refused, match="closing digest"):
        transcript.take_beacon(signed({**proposal, "closed": "0" * 64}))
    with pytest.raises(Refused, match="3 are needed"):
        transcript.take_beacon(signed(proposal, ["ward", "auditor"]))


def test_a_drand_round_is_taken_from_its_signature_and_forgeries_are_not() -> None:
    """B01: value = SHA-256 of the signature, and drand itself signed it."""
    record = next(r for r in vector_records("three-wins-drand") if r["type"] == "beacon")
    announced = DrandBeacon(source=record["source"], round=record["round"], at=drand_time(record["round"]))
    assert drand_record(announced, record["signature"], record["at"]) == record
    assert is_drand_signature(record["round"], record["signature"])
    assert not is_drand_signature(record["round"] + 1, record["signature"])
    for forged in ("c0" + "00" * 47, "00" * 48, "ff" * 48):
        assert not is_drand_signature(record["round"], forged)


def test_adjustments_add_up_never_below_none() -> None:
    """B17."""
    transcript = campaign.frozen(ENTRIES)
    transcript.adjust("a", -3, "distance-rule", "2021-1", FROZEN_AT)
    for seats, slot, at, reason in (
        (-2, "a", FROZEN_AT, "would have -1 seats"),
        (0, "a", FROZEN_AT, "0 seats"),
        (1, "z", FROZEN_AT, "not a slot"),
        (1, "a", "2021-06-01T00:00:00Z", "the adjustment ahead of it"),
    ):
        with pytest.raises(Refused, match=reason):
            transcript.adjust(slot, seats, "distance-rule", "2021-1", at)
    with pytest.raises(Refused, match="before commit_until"):
        campaign.frozen(ENTRIES).adjust("a", 1, "more-chairs", "2021-1", "2021-04-30T00:00:00Z")


def test_a_strike_is_of_an_entry_of_the_draw_and_once() -> None:
    """S04, B04: ineligible or withdrawn after the freeze; the list is never made again."""
    transcript = campaign.frozen(ENTRIES)
    transcript.strike(ENTRIES[0]["entry"], "not-resident", "2021-1", FROZEN_AT)
    for stranger, reason in ((ENTRIES[0]["entry"], "struck already"), ("f" * 32, "not an entry")):
        with pytest.raises(Refused, match=reason):
            transcript.strike(stranger, "not-resident", "2021-1", FROZEN_AT)
    campaign.draw(campaign.close(transcript))
    assert transcript.results is not None
    outcomes = {record["entry"]: record["outcome"] for record in map(transcript.results.record, (1, 2, 3))}
    assert outcomes[ENTRIES[0]["entry"]] == "struck"


def test_a_replayed_transcript_that_says_other_things_is_refused() -> None:
    """B12."""
    lines = list(at_stage(Stage.ENDED).lines())
    assert list(replay(lines).lines()) == lines
    for position, line in enumerate(lines):
        other = re.sub(rb"[0-8]", lambda digit: bytes([digit[0][0] + 1]), line, count=1)
        with pytest.raises(Refused):
            replay([*lines[:position], other, *lines[position + 1 :]])


@pytest.mark.parametrize("stage", Stage)
def test_the_digest_of_all_lines_is_known_without_making_them_again(stage: Stage) -> None:
    """B01: at every step, reveals that wait for the close and the end's own line included."""
    transcript = at_stage(stage)
    made = LineDigest()
    made.add(transcript.lines())
    told = transcript.digest_of_lines()
    assert (told.records, told.hex()) == (made.records, made.hex())


@pytest.mark.parametrize(("stage", "compute"), [
    (Stage.ANNOUNCED, lambda transcript: transcript.compute_freeze(ENTRIES, FROZEN_AT)),
    (Stage.BEACON, Transcript.compute_draw),
])  # fmt: skip
def test_what_is_computed_ahead_changes_nothing_until_it_is_taken(
    stage: Stage, compute: Callable[[Transcript], Any]
) -> None:
    """S06: a service computes it before its transaction begins, and may have to begin that again."""
    transcript, other = at_stage(stage), at_stage(stage)
    first, second = compute(transcript), compute(transcript)
    assert list(transcript.lines()) == list(other.lines()) and transcript.stage is stage
    assert first.digest.hex() == second.digest.hex() != transcript.digest
    with pytest.raises(OutOfOrder):
        compute(at_stage(Stage.CLOSED))


@pytest.mark.parametrize("max_wins", [1, 2])
def test_lines_made_by_hand_are_canonical_whichever_places_are_asked_for(
    max_wins: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B01, S06: a service writes them some at a time; blocks begin and end anywhere."""
    monkeypatch.setattr(domain_results, "BLOCK", 7)
    entries = [entry(number, 1 + number % 3, *"abc"[number % 3 :]) for number in range(1, 40)]
    transcript = campaign.frozen(entries, max_wins=max_wins, one_win_a_day=False)
    transcript.strike(entries[5]["entry"], "withdrawn", "1", FROZEN_AT)
    results = campaign.draw(campaign.close(transcript)).results
    assert results is not None
    lines = [canonical(results.record(place)) for place in range(1, 40)]
    assert list(results.leaves()) == lines
    for first, last in ((1, 1), (1, 7), (7, 8), (3, 30), (36, 39)):
        assert list(results.leaves(first, last)) == lines[first - 1 : last]
