"""B12: what follows from a service's own facts, document by document, without a store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cli.replay.running import REBUILDS, in_order
from services.lottery.redrawing import in_order as lines_in_order
from services.lottery.store import Phase
from shared.contracts import checkin, intake, lottery, notifier, postcards, privacy, retention
from shared.contracts.envelope import Event, envelope
from shared.contracts.partitions import partition_of
from shared.contracts.programme import ClockTicked
from shared.platform.mongo import Document
from shared.replay.sheet import Sheet

AT = datetime(2021, 6, 10, 3, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
P = "live-site"


def folded(service: str, *said: Event, at: datetime = AT, sheet: Sheet | None = None) -> Sheet:
    """A sheet after the service's folds took these events."""
    sheet = sheet or Sheet()
    for number, event in enumerate(said):
        fold = REBUILDS[service].folds[event.TOPIC][type(event)]
        fold(sheet, envelope(event, source=service, subject="-", programme=P, at=at, event_id=f"e{number}"))
    return sheet


def rows(sheet: Sheet, collection: str) -> dict[str, Document]:
    return sheet.documents(collection)


def taken(application: str = "a1", number: int = 1, **more: Any) -> intake.ApplicationTaken:
    fields = {
        "application": application, "number": number, "entry": f"entry-{application}", "receipt": f"R-{application}",
        "channel": "web", "contact": "mail", "language": "ja", "seats": 2, "wishes": ("s1", "s2"), "taken_at": AT,
    }
    return intake.ApplicationTaken.model_validate(fields | more)


def test_b12_an_application_is_what_was_said_of_it_last() -> None:
    sheet = folded("intake", taken(card="HG-1", channel="postcard", received_on=date(2021, 6, 9)))
    folded("intake", intake.ApplicationAmended(application="a1", number=2, contact="post", seats=1, wishes=("s2",)),
           intake.ApplicationDecided(application="a1", number=3, counted=False, reason="duplicate", told_with="a2"),
           intake.ApplicationWithdrawnLate(application="a1", entry="entry-a1"), at=LATER, sheet=sheet)
    row = rows(sheet, "applications")["a1"]
    assert (row["contact"], row["seats"], row["wishes"], row["card"]) == ("post", 1, ["s2"], "HG-1")
    assert (row["counted"], row["reason"], row["told_with"]) == (False, "duplicate", "a2")
    assert row["withdrawn_at"] == LATER and row["received_on"] == "2021-06-09"


def test_b12_a_window_counts_the_numbered_facts_of_its_partition_and_knows_when_it_is_closed() -> None:
    partition = partition_of("a1", "intake.applications.v1")
    sheet = folded("intake", taken(), intake.ApplicationWithdrawn(application="a1", number=2))
    key = f"{P}/{partition}"
    assert (rows(sheet, "windows")[key]["facts"], rows(sheet, "windows")[key]["applications"]) == (2, 1)
    folded("intake", intake.PartitionClosed(partition=partition, partitions=6, facts=2, closed_at=AT), sheet=sheet)
    assert rows(sheet, "windows")[key]["state"] == "closed"


def test_b12_a_batch_and_its_cards_are_what_was_said_of_them_last() -> None:
    about, card = {"batch": "HG001"}, {"batch": "HG001", "card": "HG001-001", "by": "desk-1", "at": AT}
    sheet = folded(
        "intake",
        postcards.PostcardsArrived(**about, count=2, received_on=date(2021, 6, 9), delivery="mail", reply_halves=True,
                                   counted_by="desk-1", arrived_at=AT),
        postcards.PostcardHeld(**card, reason="no-address"), postcards.PostcardReplied(**card),
        postcards.PostcardReleased(**card),
        postcards.PostcardKeyedIn(**card, application="a1", reply_half=True, check=True),
        postcards.PostcardChecked(**card | {"by": "desk-2"}, application="a1", differing=("seats",)),
        postcards.PostcardSettled(**card | {"by": "desk-2"}, application="a1", together_with="desk-1",
                                  corrected=("seats",)),
        postcards.PostcardsHandedOver(**about, place="safe", count=1, booked=2, handed_by="desk-1", taken_by="desk-2",
                                      moved_at=LATER),
        postcards.PostcardsRecounted(**about, count=1, before=2, counted_by=("desk-1", "desk-2"), at=LATER))
    row, batch = rows(sheet, "postcards")[f"{P}/HG001-001"], rows(sheet, "batches")[f"{P}/HG001"]
    assert (row["state"], row["application"], row["check"], row["settled_by"]) == (
        "keyed", "a1", "settled", ["desk-2", "desk-1"])
    assert (batch["place"], batch["count"], batch["moves"], batch["since"]) == ("safe", 1, 2, LATER)
    assert len(rows(sheet, "batch_moves")) == 2


def test_b12_a_notice_goes_from_due_to_its_outcome_and_keeps_its_failures() -> None:
    about = {"notice": "n1", "application": "a1", "kind": "won"}
    sheet = folded("notifier", notifier.NoticeFellDue(**about, way="mail", due_by=AT),
                   notifier.NoticeFailed(**about, way="mail", attempt=1, cause="smtp-550", final=True),
                   notifier.NoticeFellDue(**about, way="post", due_by=AT),
                   notifier.NoticePrinted(**about, way="post", run="r1"))
    folded("notifier", notifier.NoticePosted(**about, way="post", run="r1", by="staff-1"), at=LATER, sheet=sheet)
    row, run = rows(sheet, "notices")["n1"], rows(sheet, "print_runs")["r1"]
    assert (row["state"], row["way"], row["failures"], row["ended_at"]) == ("posted", "post", 1, LATER)
    assert (run["state"], run["posted_by"], set(run["notices"])) == ("posted", "staff-1", {"n1"})


def test_b12_passes_admissions_and_slots_follow_from_checkins_own_facts() -> None:
    where = {"application": "a1", "slot": "s1"}
    sheet = folded(
        "checkin", checkin.PassIssued(pass_id="p1", seats=2, token="t", **where),
        checkin.PassIssued(pass_id="p2", seats=2, token="t", **where),
        checkin.PassVoided(pass_id="p2", reason="withdrawn", **where),
        checkin.PartyAdmitted(admission="d1", pass_id="p1", slot="s1", seats=2, scanned_at=AT, terminal="t1", by="b"),
        checkin.GroupSeated(group="g1", slot="s1", seat="W-001", people=3, card="LS-1", seated_at=AT, by="b"))
    assert [rows(sheet, "passes")[name]["void"] for name in ("p1", "p2")] == [False, True]
    assert rows(sheet, "admissions")["p1"]["id"] == "d1"
    slot = rows(sheet, "slots")[f"{P}/s1"]
    assert (slot["admitted"], slot["parties"], slot["seated"], slot["groups"]) == (2, 1, 3, 1)


@pytest.mark.parametrize("first", ["seated", "moved"])
def test_b12_a_card_is_the_same_in_whichever_order_its_topics_are_read(first: str) -> None:
    said: list[Event] = [
        checkin.GroupSeated(group="g1", slot="s1", seat="W-001", people=3, card="LS-1", seated_at=AT, by="b"),
        checkin.CardMoved(object="LS-1", kind="card", place="case", venue="v1", slot="s1", handed_by="b", taken_by="c",
                          moved_at=LATER),
    ]
    card = rows(folded("checkin", *(said if first == "seated" else reversed(said))), "cards")[f"{P}/LS-1"]
    assert (card["place"], card["since"], card["group"], card["seat"]) == ("case", LATER, "g1", "W-001")


def test_b12_results_follow_changes_and_a_draw_goes_step_by_step() -> None:
    of = {"draw": "d", "application": "a1", "entry": "e", "seats": 2}
    sheet = folded(
        "lottery", lottery.DrawStepTaken(draw="d", step="announced", at=AT, digest="aa", lines=("{}",)),
        lottery.DrawStepTaken(draw="d", step="drawn", at=AT, digest="bb", counts={"won": 1}),
        lottery.TranscriptHandedOver(draw="d", by="auditor-1", at=AT, digest="cc"),
        lottery.ResultDrawn(**of, place=1, outcome="won", won=("s1",), result_digest="bb"),
        lottery.ResultChanged(**of, kind="withdrawn", slot="s1", holds=()))
    draw, result = rows(sheet, "draws")[f"{P}/d"], rows(sheet, "results")[f"{P}/d/e"]
    assert (draw["stage"], draw["announcement"], draw["result_digest"]) == ("drawn", "aa", "bb")
    assert (result["won"], result["holds"], result["place"]) == (["s1"], [], 1)
    (handed,) = rows(sheet, "handovers").values()
    assert (handed["draw"], handed["by"], handed["digest"]) == (f"{P}/d", "auditor-1", "cc")


def test_lines_stand_by_phase_and_strikes_by_entry() -> None:
    said = ('{"type":"struck","entry":"b"}', '{"type":"freeze"}', '{"type":"struck","entry":"a"}',
            '{"type":"adjusted","n":2}', '{"type":"adjusted","n":1}')
    assert lines_in_order(said) == [
        (Phase.FREEZE, b'{"type":"freeze"}\n'), (Phase.STRUCK, b'{"type":"struck","entry":"a"}\n'),
        (Phase.STRUCK, b'{"type":"struck","entry":"b"}\n'), (Phase.ADJUSTED, b'{"type":"adjusted","n":2}\n'),
        (Phase.ADJUSTED, b'{"type":"adjusted","n":1}\n')]


def test_b12_programmes_time_and_staff_follow_from_retentions_own_facts() -> None:
    designated = retention.StaffDesignated(
        staff="desk-1", roles=("desk",), programmes=("*",), trained_on=None, valid_from=AT, employer="ward")
    sheet = folded("retention", ClockTicked(number=1, at=AT), ClockTicked(number=2, at=LATER), designated,
                   retention.StaffDismissed(staff="desk-1"))
    assert rows(sheet, "ticks")[P] == {"_id": P, "number": 2, "at": LATER}
    assert rows(sheet, "staff")["desk-1"]["active"] is False


def test_b12_of_a_sealed_record_only_version_and_digest_come_into_a_scratch_store() -> None:
    part = privacy.Part(recipient="notifier", pair="p", wrapped_key="w", nonce="n", ciphertext="secret")
    record = privacy.ApplicationRecorded(subject="a1", version=2, parts=(part,))
    assert rows(folded("checkin", record), "personal") == {}
    row = rows(folded("notifier", record), "personal")["a1"]
    assert row["version"] == 2 and "secret" not in repr(row) and len(row["part"]) == 64


def test_a_second_first_word_changes_nothing_and_is_counted() -> None:
    sheet = folded("intake", taken(), taken(seats=1))
    assert sheet.twice == 1 and rows(sheet, "applications")["a1"]["seats"] == 2


def test_programmes_are_read_first_and_orders_last() -> None:
    assert in_order({"privacy.access.v1", "intake.applications.v1"}) == [
        "programme.definitions.v1", "intake.applications.v1", "privacy.access.v1", "retention.orders.v1"]
