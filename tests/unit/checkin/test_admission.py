"""Who is let in (S08, B06, B07)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkin.domain.admission import (
    Admission,
    Refusal,
    Scan,
    admit,
    refuse_moment,
    refuse_pass,
    window,
)
from services.checkin.domain.occupancy import Occupancy
from services.checkin.domain.passes import Pass
from services.checkin.domain.seating import Full, seat_group
from shared.contracts.programme import Programme, Slot

AT = datetime(2021, 7, 21, 0, 30, tzinfo=UTC)


@pytest.fixture
def slot(programme: Programme) -> Slot:
    return programme.slots[0]


@pytest.fixture
def scan(slot: Slot) -> Scan:
    return Scan(slot, "door-1", "attendant-1", AT)


@pytest.fixture
def entitlement(programme: Programme, slot: Slot) -> Pass:
    return Pass("a" * 32, programme.id, slot.id, 4)


def test_s08_doors_open_an_hour_before_and_close_at_the_end(programme: Programme, slot: Slot) -> None:
    opens, closes = window(programme, slot)
    assert (opens.isoformat(), closes.isoformat()) == ("2021-07-21T09:00:00+09:00", "2021-07-21T13:00:00+09:00")


@pytest.mark.parametrize(("at", "later", "reason"), [
    ("2021-07-21T08:59:59+09:00", 0, "too-early"), ("2021-07-21T09:00:00+09:00", 0, None),
    ("2021-07-21T13:00:00+09:00", 0, None), ("2021-07-21T13:00:01+09:00", 0, "too-late"),
    ("2021-07-20T10:00:00+09:00", 0, "too-early"), ("2021-07-21T10:00:00+09:00", -1, "from-the-future"),
    ("2021-07-21T10:00:00+09:00", 7200 * 12, None),
])
def test_b06_the_time_of_the_scan_decides_not_the_time_of_the_merge(
    programme: Programme, slot: Slot, at: str, later: int, reason: str | None
) -> None:
    moment = datetime.fromisoformat(at)
    refusal = refuse_moment(programme, slot, moment, moment + timedelta(seconds=later))
    assert (refusal.reason if refusal else None) == reason


def test_s08_a_pass_of_another_slot_or_programme_is_told_apart(
    programme: Programme, entitlement: Pass, scan: Scan
) -> None:
    other = refuse_pass(programme, replace(entitlement, slot=programme.slots[1].id), scan)
    foreign = refuse_pass(programme, replace(entitlement, programme="summer"), scan)
    assert refuse_pass(programme, entitlement, scan) is None
    assert other is not None and other.reason == "wrong-slot" and other.window is not None
    assert foreign is not None and foreign.reason == "wrong-programme"


def test_b06_the_first_admission_stands_and_the_second_hears_of_it(entitlement: Pass, scan: Scan) -> None:
    first = admit(entitlement, scan, void=False, first=None, occupancy=Occupancy())
    assert isinstance(first, Admission)
    elsewhere = replace(scan, terminal="door-2")
    second = admit(entitlement, elsewhere, void=False, first=first, occupancy=Occupancy().with_party(4))
    assert second == Refusal("already-admitted", entitlement, first=first)


def test_b06_the_same_scan_again_is_the_same_admission(entitlement: Pass, scan: Scan) -> None:
    keyed = replace(scan, key="k")
    first = admit(entitlement, keyed, void=False, first=None, occupancy=Occupancy())
    assert isinstance(first, Admission)
    assert admit(entitlement, keyed, void=False, first=first, occupancy=Occupancy()) == first
    unkeyed = admit(entitlement, scan, void=False, first=replace(first, key=None), occupancy=Occupancy())
    assert isinstance(unkeyed, Refusal)


def test_b17_a_void_pass_admits_nobody(entitlement: Pass, scan: Scan) -> None:
    verdict = admit(entitlement, scan, void=True, first=None, occupancy=Occupancy())
    assert isinstance(verdict, Refusal) and verdict.reason == "void"


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 8)), max_size=120), st.integers(0, 30))
def test_b07_whatever_comes_in_whatever_order_capacity_holds(
    programme: Programme, arrivals: list[tuple[bool, int]], released: int
) -> None:
    slot = programme.slots[0]
    occupancy, taken = Occupancy(released=released), set[int]()
    for number, (has_pass, people) in enumerate(arrivals):
        if has_pass:
            entitlement = Pass(f"{number:032x}", programme.id, slot.id, people)
            verdict = admit(entitlement, Scan(slot, "d", "a", AT), void=False, first=None, occupancy=occupancy)
            occupancy = occupancy.with_party(people) if isinstance(verdict, Admission) else occupancy
            continue
        seating = seat_group(slot, occupancy, taken, people)
        if isinstance(seating, Full):
            assert people > seating.free
            continue
        assert len(seating.seats) == people and not taken & set(seating.seats)
        taken |= set(seating.seats)
        occupancy = occupancy.with_group(people)
    assert occupancy.people <= slot.capacity
    assert occupancy.seated <= slot.walk_in + released
