"""B02, B17: what changed after the draw is shown by day, in counts that name nobody."""

from datetime import date

from services.lottery.domain.days import Counted, days_of
from tests.unit.lottery.campaign import WHY, drawn, entry, given_up, seats_changed

LATE = "2021-06-04T20:00:00Z"
"""Five in the morning of the next day, where the event is."""


def test_b02_changes_are_counted_by_local_day_kind_slot_and_decision() -> None:
    transcript = drawn([entry(number, 2, "a", "b") for number in range(1, 8)])
    assert transcript.results is not None and transcript.holdings is not None
    winners = [number for number in transcript.results.order.by_place if transcript.holdings.holds(number)]
    given_up(transcript, transcript.results.entries.entry(winners[0]), None, "2021-06-04T01:00:00Z")
    transcript.settle_day()
    settled = transcript.end_record()["records"]
    assert isinstance(settled, int)
    seats_changed(transcript, "b", -3, LATE)
    transcript.change({"type": "change", "kind": "granted", "slot": "a", "seats": 2, "at": LATE, **WHY})
    first, second = days_of(transcript, settled)
    assert (first.day, first.settled, first.lines[1]) == (date(2021, 6, 4), True, settled)
    assert first.rows == [
        Counted("withdrawn", None, None, None, parties=1, seats=2),
        Counted("promotion", "a", None, None, parties=1, seats=2),
    ]
    assert (second.day, second.settled, second.lines) == (date(2021, 6, 5), False, (settled + 1, settled + 2))
    assert second.rows == [
        Counted("seats", "b", WHY["reason"], WHY["decision"], seats=-3),
        Counted("granted", "a", WHY["reason"], WHY["decision"], seats=2),
    ]
    transcript.settle_day()
    after = days_of(transcript, 10**6)
    assert after[1].settled and [row.kind for row in after[1].rows] == ["seats", "granted", "revoked"]


def test_b02_a_draw_without_changes_has_no_days() -> None:
    assert days_of(drawn([entry(1, 1, "a")]), 10**6) == []
