"""Wishes picked in the calendar (S03), and figures that stopped coming (B17)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.following import Demand, Demanded
from services.intake.pages.picking import picked_slot, press, shown
from services.intake.pages.showing import Words
from shared.contracts.envelope import envelope
from shared.contracts.lottery import DemandCounted
from shared.contracts.programme import Programme
from shared.ui.form import Form

A, B, C, D = (f"2021-07-{day}-sumitomo-am" for day in (23, 24, 25, 26))
AS_OF = datetime(2021, 6, 2, 1, 42, tzinfo=UTC)


def say(key: str, **_: Any) -> Any:
    return key


def wishing(*wishes: str) -> Form:
    return Form({"name": "髙橋　﨑子", **{f"wishes.{position}": wish for position, wish in enumerate(wishes, 1)}})


@pytest.mark.parametrize(("before", "slot", "after", "position"), [
    ((), A, (A, "", ""), 1),
    ((A, B, ""), C, (A, B, C), 3),
    ((A, "", C), B, (A, C, B), 3),
    ((A, B, C), A, (B, C, ""), None),
    (("", B, ""), B, ("", "", ""), None),
    (("gone", "", ""), A, ("gone", A, ""), 2),
])
def test_s03_a_press_puts_a_slot_behind_the_wishes_or_takes_it_out(
    programme: Programme, before: tuple[str, ...], slot: str, after: tuple[str, ...], position: int | None
) -> None:
    picked = press(wishing(*before), slot, programme, say)
    assert tuple(picked.form.value(f"wishes.{number}") for number in (1, 2, 3)) == after
    assert (picked.position, picked.status) == (position, 200)
    assert picked.form.value("name") == "髙橋　﨑子"


def test_s03_where_no_wish_is_free_nothing_moves_and_the_last_one_says_so(programme: Programme) -> None:
    picked = press(wishing(A, B, C), D, programme, say)
    assert picked.form.values == wishing(A, B, C).values
    assert (picked.form.errors, picked.status) == ({"wishes.3": "wish.full"}, 422)


@pytest.mark.parametrize("step", ["check", f"{A}", "pick-", "pick-2021-07-20-sumitomo-am"])
def test_s03_other_buttons_and_slots_that_are_not_offered_pick_nothing(programme: Programme, step: str) -> None:
    assert picked_slot(Form({"step": step}), programme) is None
    assert picked_slot(Form({"step": f"pick-{A}"}), programme) == A


def test_s03_the_calendar_has_every_drawn_slot_with_its_demand_and_its_wish(programme: Programme) -> None:
    counted = DemandCounted(as_of=AS_OF, applications=7, first={A: 5, B: 2}, seats={A: 9, B: 4})
    picked = press(wishing(B), A, programme, say)
    seen = shown(Words(programme, "ja", say), Demanded(counted), picked.form, picked)
    cells = {cell.slot: cell for calendar in seen["calendars"] for row in calendar.days.values() for cell in row}
    assert set(cells) == {slot.id for slot in programme.slots}
    assert [(cells[slot].first, cells[slot].position) for slot in (A, B, C)] == [(5, 2), (2, 1), (0, None)]
    assert [(calendar.opened, calendar.chosen) for calendar in seen["calendars"]] == [(True, 2), (False, 0)]
    assert (seen["next_wish"], seen["picked"]) == (3, "wish.was-put-in")


def test_s03_without_figures_the_calendar_shows_the_seats(programme: Programme) -> None:
    seen = shown(Words(programme, "ja", say), Demanded(None), wishing(A, B, C))
    cell = seen["calendars"][0].days[programme.slots[0].day][0]
    assert (cell.first, cell.seats, seen["next_wish"]) == (None, programme.slots[0].seats, None)


def counted(demand: Demand, programme: Programme, as_of: datetime) -> None:
    snapshot = DemandCounted(as_of=as_of, applications=3, first={A: 3}, seats={A: 3})
    demand.apply(envelope(snapshot, source="/services/lottery", subject="-", programme=programme.id, at=as_of))


def test_b17_quiet_is_not_stale_but_applications_that_no_figures_follow_are(programme: Programme) -> None:
    demand = Demand()
    assert not demand.lags(programme.id, 5, 0.0)
    counted(demand, programme, AS_OF)
    # More were taken than take part: some withdrew, and that alone is no lag.
    assert not any(demand.lags(programme.id, 5, at) for at in (0.0, 600.0))
    assert not any(demand.lags(programme.id, 6, at) for at in (601.0, 661.0))
    assert demand.lags(programme.id, 6, 661.1)
    counted(demand, programme, AS_OF)  # the programme's time may stand still
    assert not any(demand.lags(programme.id, 6, at) for at in (662.0, 999.0))
