"""Rules of the register, of passwords, of time and of hand-over, pure."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retention.domain.announced import changed_rules
from services.retention.domain.handover import safe_next
from services.retention.domain.lockout import FREE_TRIES, AddressLimit, locks, may_be_checked
from services.retention.domain.programme_file import parse
from services.retention.domain.staff import (
    SINCE_EVER,
    Fault,
    faults,
    first_officer,
    leaves_an_officer,
    new_password,
    valid_from,
)
from services.retention.domain.state import AccessCount, Counts, SubjectCount, state_of_handling
from services.retention.domain.ticks import Tick, TickRefused, next_tick
from shared.contracts.programme import Programme
from shared.contracts.retention import Role, StaffDesignated

LIVE_SITE = (Path(__file__).parents[3] / "programmes" / "live-site-2020.toml").read_text()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return _parsed(LIVE_SITE)


def _parsed(text: str) -> Programme:
    found = parse(text)
    assert isinstance(found, Programme), found
    return found


def _designated(staff: str, *roles: Role, programmes: tuple[str, ...] = ("live-site-2020",)) -> StaffDesignated:
    return StaffDesignated(
        staff=staff, roles=roles, programmes=programmes, trained_on=date(2021, 4, 1), valid_from=SINCE_EVER,
        employer="contractor")


# -- the register ---------------------------------------------------------------------------------------------------


def _faults(
    roles: tuple[Role, ...] = ("desk",), programmes: tuple[str, ...] = ("live-site-2020",), employer: str = "contractor"
) -> list[Fault]:
    known, employers = ["live-site-2020"], ["ward", "contractor"]
    return list(faults(roles, programmes, employer, known_programmes=known, employers=employers))


def test_s19_a_designation_names_roles_programmes_and_employer() -> None:
    assert _faults() == []
    assert _faults(programmes=("*",)) == []
    assert _faults(roles=()) == [Fault("roles", "no-role")]
    assert _faults(programmes=()) == [Fault("programmes", "no-programme")]
    assert _faults(programmes=("elsewhere",)) == [Fault("programmes", "unknown-programme")]


def test_s33_an_employer_that_the_ward_did_not_agree_to_is_refused() -> None:
    assert _faults(employer="subcontractor") == [Fault("employer", "employer-not-approved")]


def test_b08_nobody_holds_both_roles_that_open_contact_cards() -> None:
    assert _faults(roles=("custodian", "tracer")) == [Fault("roles", "both-keys")]


def test_the_last_officer_cannot_be_dismissed() -> None:
    one, other, desk = _designated("a", "officer"), _designated("b", "officer"), _designated("c", "desk")
    assert not leaves_an_officer("a", [one, desk])
    assert leaves_an_officer("a", [one, other, desk])
    assert leaves_an_officer("c", [one, desk])


def test_where_time_is_simulated_a_designation_begins_with_the_contract(programme: Programme) -> None:
    contract_begins = datetime(2021, 4, 1, tzinfo=UTC)
    assert valid_from([programme], everywhere=False, simulated=True, now=NOON) == contract_begins
    assert valid_from([], everywhere=True, simulated=True, now=NOON) == SINCE_EVER
    assert valid_from([programme], everywhere=False, simulated=False, now=NOON) == NOON


def test_the_first_officer_may_designate_for_all_programmes_and_nothing_else() -> None:
    officer = first_officer("officer-1", None, NOON)
    assert (officer.roles, officer.programmes, officer.trained_on) == (("officer",), ("*",), NOON.date())


def test_s21_passwords_are_long_random_and_can_be_read_out() -> None:
    passwords = {new_password() for _ in range(200)}
    assert len(passwords) == 200
    assert all(len(password) == 19 and not set(password) & set("lio01") for password in passwords)


# -- tries ----------------------------------------------------------------------------------------------------------


def test_s24_five_tries_are_checked_and_the_fifth_wrong_one_locks() -> None:
    assert [may_be_checked(tries) for tries in range(1, 8)] == [True] * 5 + [False] * 2
    assert [tries for tries in range(1, 8) if locks(tries)] == [FREE_TRIES, 6, 7]


def test_s24_wrong_passwords_from_one_address_are_limited_for_a_while() -> None:
    limit = AddressLimit(most=3, within=timedelta(minutes=5))
    for second in range(3):
        assert limit.wait("192.0.2.1", NOON + timedelta(seconds=second)) is None
        limit.failed("192.0.2.1", NOON + timedelta(seconds=second))
    assert limit.wait("192.0.2.1", NOON + timedelta(minutes=1)) == timedelta(minutes=4)
    assert limit.wait("192.0.2.2", NOON + timedelta(minutes=1)) is None
    assert limit.wait("192.0.2.1", NOON + timedelta(minutes=5)) is None


def test_the_limit_remembers_a_bounded_number_of_addresses() -> None:
    limit = AddressLimit(most=1, addresses=2)
    for address in ("a", "b", "c"):
        limit.failed(address, NOON)
    assert limit.wait("a", NOON) is None
    assert limit.wait("c", NOON) is not None


# -- time -----------------------------------------------------------------------------------------------------------


def test_ticks_are_numbered_and_never_run_backwards(programme: Programme) -> None:
    begin = datetime(2021, 5, 1, tzinfo=UTC)
    first = next_tick(programme, None, begin)
    assert first == Tick(1, begin)
    assert next_tick(programme, first, begin) == Tick(2, begin)
    with pytest.raises(TickRefused, match="backwards"):
        next_tick(programme, first, begin - timedelta(seconds=1))


@pytest.mark.parametrize("year", [2012, 2031])
def test_a_tick_far_from_the_contract_is_a_slip_of_the_pen(programme: Programme, year: int) -> None:
    with pytest.raises(TickRefused, match="far-away"):
        next_tick(programme, None, datetime(year, 5, 1, tzinfo=UTC))


# -- what is announced stays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("seats = 80", "seats = 84", "periods"), ("max_wishes = 3", "max_wishes = 4", "draw"),
        ("max_seats = 4", "max_seats = 3", "party.max_seats"), ("digits = 25", "digits = 26", "draw.beacons"),
        ("opens = 2021-05-31T12", "opens = 2021-05-31T13", "window"),
        ("close_from = 2021-06-22T09", "close_from = 2021-06-22T10", "draw.timetable"),
    ],
)
def test_b01_rules_of_an_announced_draw_do_not_change(programme: Programme, old: str, new: str, part: str) -> None:
    changed = LIVE_SITE.replace(old, new, 1)
    assert changed_rules(programme, _parsed(changed)) == (part,)
    another = changed.replace('id = "live-site-2020-1"', 'id = "live-site-2020-2"')
    assert changed_rules(programme, _parsed(another)) == ()


def test_words_may_change_after_the_announcement(programme: Programme) -> None:
    assert changed_rules(programme, _parsed(LIVE_SITE.replace("午前の部", "午前", 1))) == ()


# -- hand-over ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/intake/live-site-2020/desk", "/intake/", "/intake/a?x=1", "/intake"])
def test_a_path_of_the_service_is_followed(path: str) -> None:
    assert safe_next(path, "intake") == path


@pytest.mark.parametrize("path", [
    None, "", "https://evil.example/intake/", "//evil.example/intake/", "/\\evil.example", "/lottery/x",
    "/intake/../lottery/", "/intake//evil", "/intakes", "javascript:alert(1)", "/intake/\n", "/intake/" + "a" * 500,
])
def test_s24_nothing_else_is_followed(path: str | None) -> None:
    assert safe_next(path, "intake") == "/intake/"


@given(st.text(max_size=60))
def test_whatever_is_asked_for_the_way_stays_within_the_service(path: str) -> None:
    assert (safe_next(path, "intake") + "/").startswith("/intake/")


# -- the state of handling ------------------------------------------------------------------------------------------


def test_s28_the_report_says_what_is_held_about_how_many(programme: Programme) -> None:
    counts = Counts(
        applications=(SubjectCount("web", "mail", "taken", 7), SubjectCount("postcard", "post", "counted", 2)),
        accesses=(AccessCount("notifier", "notice", "service", 5, 1, NOON),),
    )
    somebody_else = _designated("x", "desk", programmes=("other",))
    state = state_of_handling(programme, counts, [_designated("b", "desk"), _designated("a", "officer"), somebody_else])
    assert {item.item: item.held for item in state.items} == {
        "name": 9, "address": 9, "age": 9, "telephone": 9, "email": 7, "companions": 9}
    assert [item.item for item in state.items if not item.exact] == ["companions"]
    assert (state.opened, state.refused) == (5, 1)
    assert [person.staff for person in state.designated] == ["a", "b"]
    assert all(item.purposes and item.services and item.until.ja and item.approval for item in state.items)
