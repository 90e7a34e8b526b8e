"""Which notice an application gets, and when it is complete (S07, B03, B05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from services.notifier.domain.application import (
    Application,
    Letter,
    Pass,
    Promotion,
    Result,
    SecondDraw,
    application_of,
)
from services.notifier.domain.notices import (
    Draw,
    Notice,
    Waits,
    letters_due,
    next_notice,
    other_way,
    reply_card,
    result_notice_id,
)
from shared.contracts.intake import Contact
from shared.contracts.lottery import Outcome
from shared.contracts.notifier import second_draw_id

AT = datetime(2021, 6, 23, 5, 30, tzinfo=UTC)
DRAWN = Draw("a" * 64, "c" * 64, "d" * 64, AT)
SLOT, OTHER = "2021-07-21-sumitomo-am", "2021-07-22-sumitomo-am"
TAKEN = Application("a1", receipt="LS-1", entry="e1", contact="mail")


def result(outcome: Outcome, *won: str) -> Result:
    return Result("draw", outcome, won, 1)


def decide(application: Application, draw: Draw = DRAWN, addressee: Application | None = None) -> Notice | Waits | None:
    return next_notice("p", application, draw, addressee or application, 5)


@pytest.mark.parametrize(("application", "kind"), [
    (replace(TAKEN, result=result("lost")), "lost"),
    (replace(TAKEN, result=result("waiting")), "waiting"),
    (replace(TAKEN, result=result("struck")), "struck"),
    (replace(TAKEN, result=result("won", SLOT), passes=(Pass(SLOT, 2, "t", "P1"),)), "won"),
    (replace(TAKEN, counted=False, reason="late"), "not-counted"),
    (replace(TAKEN, withdrawn_at=AT), "withdrawn"),
    (replace(TAKEN, withdrawn_at=AT, result=result("won", SLOT)), "withdrawn"),
])
def test_s07_each_outcome_has_its_notice_within_five_days(application: Application, kind: str) -> None:
    notice = decide(application)
    assert isinstance(notice, Notice)
    days = 1 if kind == "withdrawn" else 5  # what was changed is told within a day
    assert (notice.kind, notice.way, notice.due_by) == (kind, "mail", AT + timedelta(days=days))


def test_s07_nothing_is_told_while_there_is_nothing_to_tell() -> None:
    assert decide(TAKEN) is None
    assert decide(replace(TAKEN, counted=True)) is None


@pytest.mark.parametrize(("application", "draw", "missing"), [
    (Application("a1", result=result("lost")), DRAWN, "application"),
    (replace(TAKEN, result=result("lost")), Draw("a", "c"), "draw"),
    (replace(TAKEN, counted=False), Draw(), "draw"),
    (replace(TAKEN, result=result("won", SLOT, OTHER), passes=(Pass(SLOT, 2, "t", "P1"),)), DRAWN, "passes"),
])
def test_s07_a_notice_waits_for_what_it_needs(application: Application, draw: Draw, missing: str) -> None:
    assert decide(application, draw) == Waits(missing)  # type: ignore[arg-type]


def test_s07_a_withdrawal_is_confirmed_before_any_draw() -> None:
    notice = decide(replace(TAKEN, withdrawn_at=AT), Draw())
    assert isinstance(notice, Notice) and notice.kind == "withdrawn"


def test_s07_one_result_notice_whatever_comes_after() -> None:
    told = replace(TAKEN, told=(result_notice_id("p", "a1"),), result=result("struck"), withdrawn_at=AT)
    assert decide(told) is None


@pytest.mark.parametrize(("told_by", "way"), [("mail", "mail"), ("post", "post")])
def test_b04_each_change_is_told_once_within_a_day_in_the_way_that_held_before(told_by: Contact, way: str) -> None:
    first, second = Letter("n1", "amended", AT, told_by), Letter("n2", "details", AT + timedelta(hours=1), "mail")
    changed = replace(TAKEN, letters=(first, second))
    one, other = letters_due("p", changed)
    assert (one.id, one.kind, one.way, one.to, one.due_by) == ("n1", "changed", way, "a1", AT + timedelta(days=1))
    assert other.id == "n2"
    assert [due.id for due in letters_due("p", replace(changed, lettered=("n1",)))] == ["n2"]
    assert decide(changed) is None, "a change is no result"
    assert letters_due("p", Application("a1", letters=(first,))) == [], "nobody knows yet how to reach them"


def test_b04_a_withdrawal_after_the_result_is_told_by_a_letter_and_before_it_by_the_result() -> None:
    withdrawn = replace(TAKEN, withdrawn_at=AT, told=(result_notice_id("p", "a1"),), told_kind="won")
    (letter,) = letters_due("p", withdrawn)
    assert (letter.kind, letter.letter and letter.letter.what) == ("changed", "withdrawn")
    assert letters_due("p", replace(withdrawn, lettered=(letter.id,))) == []
    assert letters_due("p", replace(withdrawn, told_kind="withdrawn")) == []
    assert letters_due("p", replace(withdrawn, told=(), told_kind=None)) == []


def test_b03_what_was_decided_reaches_only_the_contact_of_the_counted_one() -> None:
    counted = Application("b2", receipt="LS-2", entry="e2", contact="post")
    duplicate = replace(TAKEN, counted=False, reason="duplicate", told_with="b2")
    notice = decide(duplicate, addressee=counted)
    assert isinstance(notice, Notice)
    assert (notice.about, notice.to, notice.way) == ("a1", "b2", "post")
    assert next_notice("p", duplicate, DRAWN, None, 5) == Waits("addressee")


def test_b02_a_promotion_is_told_by_a_notice_of_its_own_when_its_pass_is_there() -> None:
    later = AT + timedelta(days=9)
    waiting = replace(TAKEN, result=result("waiting"), told=(result_notice_id("p", "a1"),),
                      promoted=(Promotion(SLOT, later),))
    assert decide(waiting) == Waits("passes")
    notice = decide(replace(waiting, passes=(Pass(SLOT, 2, "t", "P1"),)))
    assert isinstance(notice, Notice) and notice.promotion and notice.due_by == later + timedelta(days=5)
    assert decide(replace(waiting, told=(*waiting.told, notice.id))) is None


def test_s07_facts_give_the_same_notice_in_whatever_order_they_come() -> None:
    facts: list[dict[str, object]] = [
        {"receipt": "LS-1", "contact": "post", "entry": "e1"},
        {"result": {"draw": "d", "outcome": "won", "won": [SLOT], "place": 3}},
        {"passes": {SLOT: {"pass_id": "p1", "seats": 2, "token": "t"}, OTHER: None}},
        {"counted": True},
    ]
    found = set()
    for order in permutations(facts):
        document: dict[str, object] = {"_id": "a1"}
        for fact in order:
            document |= fact
        found.add(decide(application_of(document)))
    assert len(found) == 1


@pytest.mark.parametrize(("way", "contact", "items", "tried", "other"), [
    ("mail", "mail", {"name", "address", "email"}, set(), "post"),
    ("mail", "mail", {"name", "email"}, set(), None),
    ("post", "mail", {"name", "address", "email"}, set(), "mail"),
    ("post", "mail", {"name", "address", "email"}, {"mail"}, None),
    ("post", "post", {"name", "address", "email"}, set(), None),
])
def test_b05_the_other_channel_opens_only_if_it_leads_somewhere(
    way: str, contact: str, items: set[str], tried: set[str], other: str | None
) -> None:
    assert other_way(way, contact, items, tried) == other  # type: ignore[arg-type]


def test_b01_a_second_draw_is_told_by_a_letter_and_its_result_by_a_notice_of_its_own() -> None:
    told = (result_notice_id("p", "a1"),)
    again = replace(TAKEN, told=told, told_kind="lost", second_draw=SecondDraw("again", AT))
    (letter,) = letters_due("p", again)
    assert (letter.kind, letter.id, letter.due_by) == (
        "second-draw", second_draw_id("p", "a1", "again"), AT + timedelta(days=1))
    assert letters_due("p", replace(again, lettered=(letter.id,))) == []
    assert letters_due("p", replace(again, counted=False)) == [], "who is not in it hears nothing"
    redrawn = replace(again, result=Result("again", "waiting", (), 1, replaces="draw"))
    notice = decide(redrawn)
    assert isinstance(notice, Notice) and notice.kind == "waiting" and notice.id not in told
    assert decide(redrawn, Draw()) == Waits("draw")
    assert decide(replace(redrawn, told=(*told, notice.id))) is None
    assert decide(replace(redrawn, withdrawn_at=AT)) is None, "whoever withdrew was told so"


def test_b01_promotions_of_a_second_draw_are_told_though_the_first_one_had_the_same() -> None:
    moved = replace(TAKEN, result=result("waiting"), told=(result_notice_id("p", "a1"),),
                    promoted=(Promotion(SLOT, AT),), passes=(Pass(SLOT, 2, "t", "P1"),))
    first = decide(moved)
    assert isinstance(first, Notice) and first.promotion
    again = replace(moved, result=Result("again", "waiting", (), 1, replaces="draw"), told=(
        *moved.told, first.id, result_notice_id("p", "a1", "again")))
    second = decide(again)
    assert isinstance(second, Notice) and second.promotion and second.id != first.id


@pytest.mark.parametrize("redrawn", [None, "again"])
def test_s02_the_reply_half_carries_the_first_result_that_is_told_of_whichever_draw(redrawn: str | None) -> None:
    application = replace(TAKEN, contact="post", reply_card="HG001-001", result=Result(
        redrawn or "draw", "lost", (), 1, replaces="draw" if redrawn else None))
    notice = decide(application)
    assert isinstance(notice, Notice)
    assert reply_card("p", notice, application) == "HG001-001"
    assert reply_card("p", notice, replace(application, told=("another",))) is None, "it is used up"
