"""B04: what may be changed until when, and what is told of it to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.intake.domain.amending import (
    MOST_A_DAY,
    Window,
    details_faults,
    details_until,
    letter_to,
    scope_of,
    too_many,
    touched,
)
from services.intake.domain.application import Application
from services.intake.domain.standing import Standing
from shared.contracts.programme import Amending, Programme

OPEN, CLOSING, CLOSED = Window(True, False), Window(False, False), Window(False, True)
TAKEN = Standing("taken", may_withdraw=True)
SLOT = "2021-07-23-sumitomo-am"


def amended_by(programme: Programme, **rule: Any) -> Programme:
    return programme.model_copy(update={"amending": Amending(**rule)})


def scope(programme: Programme, now: datetime, window: Window, standing: Standing = TAKEN) -> str | None:
    return scope_of(programme, now, window, standing, [SLOT])


def test_b04_without_a_rule_of_the_programme_all_ends_with_the_web_window(programme: Programme) -> None:
    plain, closes = amended_by(programme), programme.window.closes
    assert scope(plain, closes - timedelta(seconds=1), OPEN) == "everything"
    assert [scope(plain, closes, window) for window in (OPEN, CLOSING, CLOSED)] == [None] * 3


def test_b04_where_the_programme_says_so_until_an_officer_closes(programme: Programme) -> None:
    later, after = amended_by(programme, until="closing"), programme.window.closes + timedelta(days=3)
    assert scope(later, after, OPEN) == "everything"
    assert [scope(later, after, window) for window in (CLOSING, CLOSED)] == [None, None]


def test_b04_details_until_the_evening_before_the_own_day_and_never_while_closing(programme: Programme) -> None:
    rule = amended_by(programme, details_days_before=1)
    last = datetime(2021, 7, 22, 23, 59, 59, tzinfo=programme.zone)
    assert details_until(rule, [SLOT, "2021-08-24-kogakuin-am"]) == last + timedelta(seconds=1)
    assert [scope(rule, last, window) for window in (CLOSED, OPEN, CLOSING)] == ["details", "details", None]
    assert scope(rule, last + timedelta(seconds=1), CLOSED) is None


@pytest.mark.parametrize("state", ["lost", "withdrawn", "not-counted"])
def test_b04_who_has_nothing_to_come_for_changes_nothing(programme: Programme, state: Any) -> None:
    assert scope(programme, programme.window.opens, OPEN, Standing(state)) is None


def test_b03_b04_one_that_does_not_count_because_of_another_may_change_as_any_other(programme: Programme) -> None:
    """It looks like every other until the draw: what may be changed follows from what its applicant may know."""
    from services.intake.domain.standing import standing

    def seen(counted: bool, reason: str | None) -> Standing:
        return standing(withdrawn=False, counted=counted, reason=reason, drawn=False, outcome=None, change=None,
                        holds=())

    after = programme.window.closes + timedelta(days=9)
    found = [scope(programme, after, CLOSED, seen(*it)) for it in ((False, "duplicate"), (True, None))]
    assert found == ["details", "details"]


def test_b04_b19_details_leave_seats_wishes_and_people_as_they_are(
    programme: Programme, application: Application
) -> None:
    party = application.party
    fine = replace(application, party=replace(
        party, companions=("田中 花", "髙橋　はな（0歳）"), email=None, telephone="03-1111-2222"))
    assert details_faults(application, fine, programme) == []
    fewer = replace(application, party=replace(party, companions=party.companions[:1]))
    assert details_faults(application, fewer, programme) == []
    beyond = Application(replace(party, name="別 人", age=35, companions=(*party.companions, "四 人目")), 1,
                         application.wishes[:1])
    assert [(fault.field, fault.code) for fault in details_faults(application, beyond, programme)] == [
        ("name", "frozen"), ("age", "frozen"), ("companions.3", "more-people"), ("seats", "frozen"),
        ("wishes.1", "frozen")]
    assert touched(application, beyond) == {"name", "age", "companions", "seats", "wishes"}


def test_b04_changes_are_limited_by_the_day(programme: Programme) -> None:
    now = programme.window.opens + timedelta(days=3)
    history = [{"at": now - timedelta(hours=hours)} for hours in range(MOST_A_DAY)]
    assert too_many(history, now) and not too_many(history[1:], now)
    assert not too_many(history, now + timedelta(hours=24))


def test_b04_a_letter_goes_to_the_contact_before_the_change_and_holds_no_more(
    programme: Programme, application: Application
) -> None:
    assert letter_to(application, programme) == {
        "name": application.party.name, "address": application.party.address, "email": application.party.email}
