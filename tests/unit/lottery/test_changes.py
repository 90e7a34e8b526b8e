"""B02, B17, B19: after the draw, day by day: changes, then who loses a seat, then who moves up."""

from typing import Any

import pytest

from services.lottery.domain.faults import OutOfOrder, Refused
from services.lottery.domain.transcript import Transcript
from tests.unit.lottery.campaign import WHY, drawn, entry, given_up, seats_changed, slot

ONE_SLOT = [slot("a", 4)]
DAY_1, DAY_1_LATER, DAY_2 = "2021-06-05T00:00:00Z", "2021-06-05T14:59:59Z", "2021-06-05T15:00:00Z"


def placed(transcript: Transcript) -> list[dict[str, Any]]:
    assert transcript.results is not None
    return [transcript.results.record(place + 1) for place in range(len(transcript.results.order))]


def won(transcript: Transcript) -> list[str]:
    return [record["entry"] for record in placed(transcript) if record["outcome"] == "won"]


def waiting(transcript: Transcript) -> list[str]:
    return [record["entry"] for record in placed(transcript) if record["outcome"] == "waiting"]


def singles(count: int = 8) -> Transcript:
    """One slot of four seats, parties of one."""
    return drawn([entry(number, 1, "a") for number in range(1, count + 1)], slots=ONE_SLOT)


def moved(records: list[dict[str, Any]], kind: str) -> list[str]:
    return [record["entry"] for record in records if record["type"] == kind]


def test_a_withdrawal_promotes_the_first_that_waits() -> None:
    """B02."""
    transcript = singles()
    given_up(transcript, won(transcript)[1], None, DAY_1)
    records = transcript.settle_day()
    assert records == [{"type": "promotion", "entry": waiting(transcript)[0], "slot": "a"}]


def test_four_single_seats_of_a_day_go_to_the_family_that_was_first() -> None:
    """B02, S05: changes of one day count together, whole parties only."""
    parties = [1] * 12 + [4] * 6
    transcript = drawn([entry(n, party, "a") for n, party in enumerate(parties, 1)], slots=ONE_SLOT)
    sizes = {f"{entry(n, 1)['entry']}": party for n, party in enumerate(parties, 1)}
    held = won(transcript)
    assert sum(sizes[e] for e in held) == 4
    for winner in held:
        given_up(transcript, winner, "a", DAY_1, kind="declined")
    promoted = moved(transcript.settle_day(), "promotion")
    expected, free = [], 4
    for candidate in waiting(transcript):
        if sizes[candidate] <= free:
            expected.append(candidate)
            free -= sizes[candidate]
    assert promoted == expected


def test_a_cut_takes_seats_back_in_reverse_order_and_losers_wait_again_in_their_place() -> None:
    """B17."""
    transcript = singles()
    winners = won(transcript)
    seats_changed(transcript, "a", -2, DAY_1)
    assert moved(transcript.settle_day(), "revoked") == [winners[3], winners[2]]
    seats_changed(transcript, "a", 1, DAY_2)
    assert moved(transcript.settle_day(), "promotion") == [winners[2]]


def test_a_cancelled_day_revokes_all_and_nobody_gets_the_slot_back_that_day() -> None:
    """B17."""
    transcript = singles()
    seats_changed(transcript, "a", -4, DAY_1)
    records = transcript.settle_day()
    assert moved(records, "revoked") == won(transcript)[::-1]
    assert moved(records, "promotion") == []


def test_who_lost_a_seat_may_get_another_slot_the_same_day() -> None:
    """B17: a revocation opens all slots, in programme order, to those who wait."""
    transcript = drawn([entry(1, 3, "a", "c")])
    seats_changed(transcript, "a", -4, DAY_1)
    assert [(r["type"], r["slot"]) for r in transcript.settle_day()] == [("revoked", "a"), ("promotion", "c")]


def test_no_promotion_after_promote_until_nor_without_a_waiting_list() -> None:
    """B02: but a cut still revokes."""
    late = singles()
    given_up(late, won(late)[0], None, "2021-06-30T00:00:01Z")
    assert late.settle_day() == []
    none = drawn([entry(n, 1, "a") for n in range(1, 9)], slots=ONE_SLOT, waiting_list=False)
    assert {record["outcome"] for record in placed(none)} == {"won", "lost"}
    given_up(none, won(none)[0], None, DAY_1)
    assert none.settle_day() == []


def test_granted_seats_stay_within_the_reserve_and_touch_nothing() -> None:
    """B19."""
    transcript = singles()
    grant = {"type": "change", "kind": "granted", "slot": "a", "seats": 2, "at": DAY_1, **WHY}
    transcript.change(grant)
    with pytest.raises(Refused, match="more than its reserve of 2"):
        transcript.change({**grant, "seats": 1})
    assert transcript.settle_day() == []


def test_giving_up_what_is_not_held_is_refused() -> None:
    """B04."""
    transcript = singles()
    loser, winner = waiting(transcript)[0], won(transcript)[0]
    for who, what, reason in (
        (loser, "a", "only give up its waiting"),
        (winner, "z", "not a slot"),
        ("f" * 32, None, "not an entry"),
    ):
        with pytest.raises(Refused, match=reason):
            given_up(transcript, who, what, DAY_1)
    given_up(transcript, loser, None, DAY_1)
    given_up(transcript, winner, None, DAY_1)
    for who in (loser, winner):
        with pytest.raises(Refused, match="given up already"):
            given_up(transcript, who, None, DAY_1)
    assert loser not in moved(transcript.settle_day(), "promotion")


def test_who_gave_up_is_never_promoted_again() -> None:
    """B02."""
    transcript = singles(5)
    first = won(transcript)[0]
    given_up(transcript, first, "a", DAY_1)
    assert moved(transcript.settle_day(), "promotion") == waiting(transcript)
    seats_changed(transcript, "a", 3, DAY_2)
    assert transcript.settle_day() == []


def test_seats_are_never_cut_below_none() -> None:
    """B17: in the order in which the changes came, also within a day."""
    transcript = singles()
    seats_changed(transcript, "a", -3, DAY_1)
    with pytest.raises(Refused, match="would have -1 seats"):
        seats_changed(transcript, "a", -2, DAY_1)
    with pytest.raises(Refused, match="0 seats"):
        seats_changed(transcript, "a", 0, DAY_1)


def test_days_are_local_and_settled_one_by_one() -> None:
    """B17: at UTC+9 the day changes at 15:00 UTC."""
    transcript = singles()
    given_up(transcript, won(transcript)[0], None, DAY_1)
    given_up(transcript, won(transcript)[1], None, DAY_1_LATER)
    with pytest.raises(OutOfOrder, match="settle the open day first"):
        given_up(transcript, won(transcript)[2], None, DAY_2)
    with pytest.raises(OutOfOrder, match="settle it first"):
        transcript.end()
    with pytest.raises(Refused, match="before"):
        given_up(transcript, won(transcript)[2], None, DAY_1)
    transcript.settle_day()
    with pytest.raises(OutOfOrder, match="already settled"):
        given_up(transcript, won(transcript)[2], None, DAY_1_LATER)
    with pytest.raises(OutOfOrder, match="no change"):
        transcript.settle_day()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "moved"},
        {"kind": ["seats"]},
        {"kind": "withdrawn", "entry": "f" * 32},
        {"kind": "seats", "slot": "a", "seats": 1, "at": DAY_1},
        {"kind": "granted", "slot": "a", "seats": 0, "at": DAY_1, **WHY},
        {"kind": "seats", "slot": "a", "seats": 1, "at": DAY_1, **WHY, "note": "x"},
    ],
)
def test_malformed_changes_are_refused_and_leave_no_line(wrong: dict[str, Any]) -> None:
    """S14: no free text, no field more."""
    transcript = singles()
    before = transcript.digest
    with pytest.raises(Refused):
        transcript.change({"type": "change", **wrong})
    assert transcript.digest == before
