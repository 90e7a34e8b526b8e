"""B17: who is told that their slots are cancelled, in which way, and by when."""

from __future__ import annotations

import email
import email.policy
import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.notifier import wording
from services.notifier.domain.application import Application, Cancelled, Result
from services.notifier.domain.cancelling import begins, cancellations_due, concerned_slots, in_time
from services.notifier.domain.content import content_of
from services.notifier.domain.delivery import GiveUp, TryAgain, after_answer
from services.notifier.domain.notices import Draw
from services.notifier.mail import Sender, compose
from services.notifier.postcards.text_side import _FOOT as FOOT
from services.notifier.postcards.text_side import text_side
from shared.contracts.programme import Programme
from shared.paper.font import Script
from shared.paper.layout import Side, Typesetter

PROGRAMME = Programme.model_validate(tomllib.loads(
    (Path(__file__).parents[3] / "programmes" / "live-site-2020.toml").read_text(encoding="utf-8")))
ITEMS = frozenset({"name", "email", "address", "telephone"})
SLOTS = [slot.id for slot in PROGRAMME.slots]
FIRST = begins(PROGRAMME, SLOTS[:1])
HOLDER = Application("a" * 32, receipt="LS-1", contact="mail", result=Result("d", "won", (SLOTS[0],), 1))


def told(contact: str, at: datetime, items: frozenset[str] = ITEMS) -> list[tuple[str, datetime]]:
    cancelled = Cancelled("1" * 32, (SLOTS[0],), "cancelled-held", "day-cancelled", at)
    application = replace(HOLDER, contact=contact, cancelled=(cancelled,))
    return [(notice.way, notice.due_by) for notice in cancellations_due(PROGRAMME, application, at, items)]


def test_b17_after_the_draw_holders_are_concerned_and_before_it_whoever_wishes() -> None:
    wishes = (SLOTS[1], SLOTS[0])
    assert concerned_slots(HOLDER, None, wishes, SLOTS[:2]) == ((SLOTS[0],), "cancelled-held")
    assert concerned_slots(HOLDER, (), wishes, SLOTS[:2])[0] == (), "given up before: nobody has to tell them"
    assert concerned_slots(HOLDER, (SLOTS[1],), wishes, SLOTS[:2]) [0] == (SLOTS[1],), "promoted since"
    assert concerned_slots(replace(HOLDER, result=None), None, wishes, SLOTS[:2]) == (wishes, "cancelled-wished")
    assert concerned_slots(replace(HOLDER, withdrawn_at=FIRST), None, wishes, SLOTS)[0] == ()


def test_b17_everybody_is_told_within_a_day_and_before_the_slot_begins() -> None:
    early, late = FIRST - timedelta(days=20), FIRST - timedelta(hours=3)
    assert told("mail", early) == [("mail", early + timedelta(days=1))]
    assert told("mail", late) == [("mail", FIRST)]


def test_b17_whoever_has_no_mail_gets_a_card_while_it_can_come_in_time_and_else_a_call() -> None:
    assert told("post", FIRST - timedelta(days=2))[0][0] == "post"
    assert told("post", FIRST - timedelta(days=1, hours=23))[0][0] == "call"
    without = ITEMS - {"telephone"}
    assert told("post", FIRST - timedelta(hours=3), without)[0][0] == "post", "no number may be used: no call"


def test_b17_one_decision_is_told_once() -> None:
    first = told("mail", FIRST - timedelta(days=3))
    cancelled = Cancelled("1" * 32, (SLOTS[0],), "cancelled-held", "day-cancelled", FIRST - timedelta(days=3))
    notices = list(cancellations_due(PROGRAMME, replace(HOLDER, cancelled=(cancelled,)), FIRST, ITEMS))
    again = replace(HOLDER, cancelled=(cancelled,), lettered=(notices[0].id,))
    assert len(first) == 1 and list(cancellations_due(PROGRAMME, again, FIRST, ITEMS)) == []


def test_b17_a_seat_lost_to_fewer_seats_is_told_but_not_once_more_where_its_slot_was_cancelled() -> None:
    at = FIRST - timedelta(days=3)
    lost = Cancelled("2" * 32, (SLOTS[0],), "revoked", None, at)
    cancelled = Cancelled("1" * 32, (SLOTS[0],), "cancelled-held", "day-cancelled", at)

    def kinds(*all_: Cancelled) -> list[str | None]:
        notices = cancellations_due(PROGRAMME, replace(HOLDER, cancelled=all_), at, ITEMS)
        return [notice.letter.what if notice.letter else None for notice in notices]

    assert kinds(lost) == ["revoked"]
    assert kinds(cancelled, lost) == ["cancelled-held"]


@pytest.mark.parametrize("language", ["ja", "en", "zh-Hans", "ko"])
@pytest.mark.parametrize(("slots", "what"), [(1, "cancelled-held"), (6, "cancelled-wished"), (64, "revoked")])
def test_b17_mail_and_card_say_what_is_gone_and_nothing_runs_into_the_cards_foot(
    slots: int, what: str, language: str
) -> None:
    notice = {
        "kind": "cancelled", "promotion": False, "receipt": "LS-1", "entry": "0" * 32, "passes": [],
        "reason": "day-cancelled", "cancelled": SLOTS[:slots], "language": language,
        "letter": {"what": what, "at": FIRST},
    }
    content, side = content_of(notice, PROGRAMME, Draw(), {}), Side()
    with wording.words():
        text_side(Typesetter(Script(), side), content)
        abroad = wording.abroad(content)
    assert min(line.y for line in side.lines) >= FOOT + 4
    assert "新宿住友ビル" in "".join(line.text for line in side.lines)
    assert bool(abroad) is (language != "ja")
    mail = compose(content, notice="1" * 32, message_id="<1@ward.example>", sender=Sender("ward@ward.example"),
                   to="to@applicants.example", name="Ann", at=FIRST)
    text = email.message_from_bytes(mail, policy=email.policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr,attr-defined]
    assert text.count("新宿住友ビル") + text.count("工学院大学") >= slots and all(line in text for line in abroad)


@pytest.mark.parametrize(("other", "failed", "before", "tried", "next_way"), [
    ("post", "mail", timedelta(days=3), set(), "post"),
    ("post", "mail", timedelta(hours=5), set(), "call"),
    (None, "post", timedelta(hours=5), {"mail"}, "call"),
    (None, "call", timedelta(days=3), {"mail"}, "post"),
    (None, "call", timedelta(hours=5), {"mail"}, None),
    (None, "call", timedelta(days=3), {"post"}, None),
])
def test_b17_a_way_that_failed_leads_to_the_one_that_is_still_in_time(
    other: str | None, failed: str, before: timedelta, tried: set[str], next_way: str | None
) -> None:
    assert in_time(other, failed, FIRST, FIRST - before, ITEMS, tried) == next_way  # type: ignore[arg-type]


def test_b17_a_mail_that_is_put_off_becomes_a_call_while_there_is_time_to_call() -> None:
    due_by = FIRST
    soon = after_answer(421, 1, now=due_by - timedelta(hours=13), due_by=due_by, next_way="call")
    late = after_answer(421, 1, now=due_by - timedelta(hours=12), due_by=due_by, next_way="call")
    assert isinstance(soon, TryAgain) and isinstance(late, GiveUp)
