"""The register as every service checks it: training, term, shift, staleness (S19, S20, B20)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from shared.contracts.envelope import Envelope, Event, new_id
from shared.contracts.retention import (
    RegisterAffirmed,
    Shift,
    StaffDesignated,
    StaffDismissed,
    TerminalEnrolled,
    TerminalRevoked,
)
from shared.platform import register as register_module
from shared.platform.register import Register

PROGRAMME = "live"
JAPAN = timedelta(hours=9)
MORNING = Shift(programme=PROGRAMME, day=date(2021, 7, 23), begins=time(9), ends=time(13), venue="sumitomo")


def _envelope(event: Event) -> Envelope[Any]:
    return Envelope(id=new_id(), type=event.TYPE, source="/services/retention", subject="-",
                    time=datetime.now(UTC), programme="*", data=event)


def _register(*events: Event) -> Register:
    register = Register(lambda _: JAPAN)
    for event in (RegisterAffirmed(at=datetime.now(UTC)), *events):
        register.apply(_envelope(event))
    return register


def _attendant(**changes: Any) -> StaffDesignated:
    return StaffDesignated.model_validate({
        "staff": "a-1", "roles": ("attendant",), "programmes": (PROGRAMME,), "trained_on": date(2021, 7, 1),
        "valid_from": datetime(2021, 6, 1, tzinfo=UTC), "employer": "contractor", **changes})


def _at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """A moment of July 2021, said in Japan's time."""
    return datetime(2021, 7, day, hour, minute, tzinfo=UTC) - JAPAN


def _refusal(entry: StaffDesignated, now: datetime, role: str = "attendant") -> str | None:
    return _register(entry).refusal(entry.staff, [role], PROGRAMME, now)


@pytest.mark.parametrize(("hour", "minute", "expected"), [
    (8, 29, "outside-shift"), (8, 30, None), (9, 0, None), (13, 30, None), (13, 31, "outside-shift"),
])
def test_b20_who_has_shifts_acts_inside_of_one_with_half_an_hour_before_and_after(
    hour: int, minute: int, expected: str | None
) -> None:
    assert _refusal(_attendant(shifts=(MORNING,)), _at(hour, minute)) == expected


def test_b20_a_shift_is_of_its_own_day_and_programme() -> None:
    assert _refusal(_attendant(shifts=(MORNING,)), _at(10, day=24)) == "outside-shift"
    elsewhere = MORNING.model_copy(update={"programme": "another"})
    assert _refusal(_attendant(shifts=(elsewhere,)), _at(10)) == "outside-shift"
    assert _refusal(_attendant(shifts=(elsewhere, MORNING)), _at(10)) is None


def test_b20_without_shifts_there_is_no_limit_and_none_for_the_officer() -> None:
    assert _refusal(_attendant(), _at(23)) is None
    assert _refusal(_attendant(shifts=()), _at(10)) == "outside-shift"  # taken off the roster is not set free
    both = _attendant(roles=("attendant", "officer"), shifts=(MORNING,))
    assert _refusal(both, _at(23), "officer") is None
    assert _refusal(both, _at(23), "attendant") == "outside-shift"


def test_s20_nobody_handles_before_the_day_of_the_training_in_local_time() -> None:
    entry = _attendant(trained_on=date(2021, 7, 23))
    assert _refusal(entry, _at(23, 59, day=22)) == "not-trained"
    assert _refusal(entry, _at(0, 0)) is None  # still the 22nd in UTC
    assert _refusal(_attendant(trained_on=None), _at(10)) == "not-trained"


def test_s19_a_dismissal_ends_everything_at_once() -> None:
    register = _register(_attendant(), StaffDismissed(staff="a-1"))
    assert register.refusal("a-1", ["attendant"], PROGRAMME, _at(10)) == "not-designated"
    assert register.person("a-1") is None


def test_s19_a_register_that_was_not_heard_of_refuses_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    register = _register(_attendant())
    assert register.refusal("a-1", ["attendant"], PROGRAMME, _at(10)) is None
    passed = register_module.time.monotonic() + register_module.STALE_AFTER_SECONDS
    monkeypatch.setattr(register_module.time, "monotonic", lambda: passed)
    assert register.refusal("a-1", ["attendant"], PROGRAMME, _at(10)) == "register-stale"


def test_s19_a_heartbeat_of_long_ago_says_nothing_about_now() -> None:
    register = Register()
    register.apply(_envelope(RegisterAffirmed(at=datetime.now(UTC) - timedelta(minutes=2))))
    assert not register.fresh


def test_s21_a_terminal_is_in_use_from_its_enrolment_to_its_revocation() -> None:
    tablet = new_id()
    register = _register(TerminalEnrolled(terminal=tablet, name="sumitomo-1", enrolled_by="officer-1"))
    assert register.terminal_in_use(tablet)
    register.apply(_envelope(TerminalRevoked(terminal=tablet, revoked_by="officer-1")))
    assert not register.terminal_in_use(tablet)
