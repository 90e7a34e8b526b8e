"""What an answer of the relay means, and the five-day ledger (S07, B05)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.notifier.domain.delivery import GiveUp, Sent, TryAgain, after_answer, message_id
from services.notifier.domain.ledger import Term, burn_down, days_left, ledger, next_look

NOW = datetime(2021, 6, 23, 6, 0, tzinfo=UTC)
TERM = NOW + timedelta(days=5)


def test_b05_a_mail_that_was_taken_is_sent() -> None:
    assert after_answer(250, 1, now=NOW, due_by=TERM, next_way="post") == Sent()


@pytest.mark.parametrize("next_way", ["post", None])
def test_b05_a_final_refusal_opens_the_other_channel_if_there_is_one(next_way: str | None) -> None:
    answer = after_answer(550, 1, now=NOW, due_by=TERM, next_way=next_way)  # type: ignore[arg-type]
    assert answer == GiveUp("smtp-550", next_way)  # type: ignore[arg-type]


def test_b05_a_refusal_for_now_is_tried_again_with_growing_pauses() -> None:
    answers = [after_answer(451, attempt, now=NOW, due_by=TERM, next_way="post") for attempt in range(1, 12)]
    pauses = [answer.at - NOW for answer in answers if isinstance(answer, TryAgain)]
    assert len(pauses) == 11 and pauses == sorted(pauses) and pauses[0] == timedelta(minutes=1)


def test_s07_a_card_is_begun_while_it_can_still_come_in_time() -> None:
    late = TERM - timedelta(days=2)
    assert after_answer(451, 3, now=late, due_by=TERM, next_way="post") == GiveUp("smtp-451", "post")
    assert isinstance(after_answer(451, 3, now=late, due_by=TERM, next_way=None), TryAgain)


def test_an_attempt_has_one_message_id_however_often_it_is_made() -> None:
    assert message_id("n1", 1, "x.jp") == message_id("n1", 1, "x.jp") != message_id("n1", 2, "x.jp")


def test_b05_every_notice_is_counted_once() -> None:
    sums = ledger({"due": 3, "to-print": 2, "in-run": 1, "printed": 4, "sent": 50, "posted": 20, "unreached": 1},
                  failed=2, undecided=5, due_by=TERM)
    assert (sums.due, sums.open, sums.total) == (6, 15, 86)


def test_s07_the_alarm_comes_a_day_before_the_term() -> None:
    result = Term(TERM - timedelta(days=5), TERM)
    assert not result.threatens(TERM - timedelta(days=1, seconds=1))
    assert result.threatens(TERM - timedelta(days=1))
    assert next_look([result], NOW) == TERM - timedelta(days=1)
    assert next_look([result], TERM - timedelta(hours=20)) == TERM + timedelta(hours=4)
    assert next_look([], NOW) is None


def test_b04_a_letter_with_one_day_alarms_nobody_before_half_of_it_is_over() -> None:
    letter = Term(NOW, NOW + timedelta(days=1))
    assert not letter.threatens(NOW + timedelta(hours=11)) and letter.threatens(NOW + timedelta(hours=12))


@pytest.mark.parametrize(("left", "days"), [
    (timedelta(days=5), 5), (timedelta(hours=23), 0), (timedelta(hours=-1), -1),
])
def test_days_left_are_whole_days(left: timedelta, days: int) -> None:
    assert days_left(NOW + left, NOW) == days


def test_the_burn_down_says_nothing_of_days_to_come() -> None:
    days = [date(2021, 6, 23) + timedelta(days=number) for number in range(4)]
    assert burn_down({days[0]: 6, days[1]: 3}, 10, days, days[1]) == [4, 1, None, None]
