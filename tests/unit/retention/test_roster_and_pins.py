"""Rosters, trainings, responsible persons and PINs, pure (S19, S20, S21, B20)."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from services.retention.domain import roster
from services.retention.domain.pins import fault
from services.retention.domain.programme_file import parse
from services.retention.domain.staff import SINCE_EVER, Fault, faults, first_officer, without_responsible
from services.retention.domain.training import missing, trained_since
from shared.contracts.programme import Programme
from shared.contracts.retention import Shift, StaffDesignated

PROGRAMME = "live-site-2020"
DAY = date(2021, 7, 23)
MORNING = Shift(programme=PROGRAMME, day=DAY, begins=time(9), ends=time(13), venue="sumitomo")
AFTERNOON = MORNING.model_copy(update={"begins": time(13), "ends": time(18), "venue": "kogakuin"})
REQUIRED = ("handling", "privacy-ordinance")


def _person(staff: str, *shifts: Shift, **changes: Any) -> StaffDesignated:
    return StaffDesignated.model_validate({
        "staff": staff, "roles": ("attendant",), "programmes": (PROGRAMME,), "trained_on": date(2021, 7, 1),
        "valid_from": SINCE_EVER, "employer": "contractor", "shifts": shifts or None, **changes})


@pytest.fixture(scope="module")
def programme() -> Programme:
    found = parse((Path(__file__).parents[3] / "programmes" / "live-site-2020.toml").read_text())
    assert isinstance(found, Programme)
    return found


def test_b20_a_roster_lists_a_day_by_venue_and_time() -> None:
    late, early, other = _person("a-1", AFTERNOON), _person("a-2", MORNING), _person("a-3")
    lines = roster.on_duty([early, late, other], PROGRAMME, DAY)
    assert [(line.person.staff, line.shift.venue) for line in lines] == [("a-1", "kogakuin"), ("a-2", "sumitomo")]
    assert roster.on_duty([early], PROGRAMME, date(2021, 7, 24)) == ()
    assert roster.days([early, late, other], PROGRAMME) == (DAY,)


def test_b20_deputies_are_free_trained_and_do_the_same_work() -> None:
    line = roster.OnDuty(_person("a-1", MORNING), MORNING)
    people = [
        line.person, _person("free"), _person("busy", MORNING), _person("later", AFTERNOON),
        _person("untrained", trained_on=None), _person("trained-after", trained_on=date(2021, 7, 24)),
        _person("notices", roles=("notices",)), _person("elsewhere", programmes=("another",)),
        _person("gone", valid_until=datetime.fromisoformat("2021-07-01T00:00:00Z")),
    ]
    assert [person.staff for person in roster.deputies(people, line)] == ["free", "later"]


def test_b20_a_shift_must_fit_the_programme_and_the_person(programme: Programme) -> None:
    def found(shift: Shift, person: StaffDesignated) -> list[Fault]:
        return list(roster.faults(shift, person, programme))

    assert found(MORNING, _person("a-1", AFTERNOON)) == []
    assert found(MORNING, _person("a-1", MORNING)) == []  # the same one again
    assert found(MORNING.model_copy(update={"ends": time(9)}), _person("a-1")) == [
        Fault("ends", "ends-before-it-begins")]
    assert found(MORNING.model_copy(update={"venue": "hall"}), _person("a-1")) == [Fault("venue", "unknown-venue")]
    assert found(MORNING, _person("a-1", programmes=("another",))) == [Fault("staff", "not-for-this-programme")]
    longer = MORNING.model_copy(update={"ends": time(14)})
    assert found(longer, _person("a-1", AFTERNOON)) == [Fault("begins", "overlaps")]


def test_s20_all_required_trainings_count_from_the_last_one_on() -> None:
    first, second = ("handling", date(2021, 4, 1)), ("privacy-ordinance", date(2021, 4, 8))
    assert trained_since([first], REQUIRED) is None
    assert missing([first], REQUIRED) == ("privacy-ordinance",)
    assert trained_since([first, second], REQUIRED) == date(2021, 4, 8)
    assert trained_since([second, first, ("handling", date(2021, 6, 1))], REQUIRED) == date(2021, 4, 8)


def test_s20_the_deployment_vouches_for_the_first_officer_unless_a_day_is_told() -> None:
    assert first_officer("officer-1", None, SINCE_EVER).vouched
    assert not first_officer("officer-1", date(2021, 4, 1), SINCE_EVER).vouched


def test_s19_a_programme_without_a_responsible_person_is_told() -> None:
    one = _person("o-1", roles=("officer",), responsible=True)
    assert without_responsible([PROGRAMME, "another"], [one]) == ("another",)
    assert without_responsible([PROGRAMME, "another"], [one.model_copy(update={"programmes": ("*",)})]) == ()


def test_s19_a_responsible_person_can_designate() -> None:
    known = {"known_programmes": [PROGRAMME], "employers": ["ward"]}
    assert list(faults(("desk",), (PROGRAMME,), "ward", responsible=True, **known)) == [
        Fault("responsible", "responsible-without-office")]
    assert list(faults(("officer",), (PROGRAMME,), "ward", responsible=True, **known)) == []


@pytest.mark.parametrize("pin", [
    "111111", "112211", "121212", "123123", "123456", "987654", "024680", "901234", "831127", "271183", "199807",
    "123321", "159753",
])
def test_s21_pins_that_are_tried_first_are_refused(pin: str) -> None:
    assert fault(pin, "a-1") == "weak"


@pytest.mark.parametrize("pin", ["12345", "1234567", "12a456", "１２３４５６", ""])
def test_s21_a_pin_is_six_digits(pin: str) -> None:
    assert fault(pin, "a-1") == "shape"


def test_s21_a_pin_is_not_taken_from_the_staff_id() -> None:
    assert fault("758413", "staff-7584") == "weak"
    assert fault("758413", "staff-1") is None
