"""S24, B04: wrong guesses are slowed down, by address and by number."""

from __future__ import annotations

import pytest

from services.intake.limits import MOST_NUMBERS, MOST_WAITING, Pacing


class Watch:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_b04_every_wrong_answer_takes_the_same_least_time() -> None:
    watch = Watch()
    pacing = Pacing(0.4, 3, 2.0, 15.0, watch)
    began = pacing.began()
    watch.at += 0.1
    assert pacing.answer_in(began, "LS-2222-2222") == pacing.answer_in(began, None) == pytest.approx(0.3)


def test_b04_guesses_at_one_number_queue_up_and_nobody_elses_do() -> None:
    watch = Watch()
    pacing = Pacing(0.4, 3, 2.0, 5.0, watch)
    waits = [pacing.answer_in(watch.at, "a") for _ in range(7)]
    assert waits[:5] == pytest.approx([0.4, 0.4, 0.4, 2.0, 4.0]) and waits[5:] == [None, None]
    assert pacing.answer_in(watch.at, "b") == pytest.approx(0.4)
    watch.at += 10.0
    assert pacing.answer_in(watch.at, "a") == pytest.approx(0.4)


def test_b04_few_answers_are_held_back_at_a_time_whatever_is_guessed_at() -> None:
    """Each of them holds a place that somebody with the right secret may need."""
    watch = Watch()
    pacing = Pacing(0.0, 0, 2.0, 15.0, watch)
    waits = [pacing.answer_in(watch.at, str(number)) for number in range(MOST_WAITING + 3)]
    assert waits == [pytest.approx(2.0)] * MOST_WAITING + [None] * 3
    watch.at += 2.0
    assert pacing.answer_in(watch.at, "another") == pytest.approx(2.0)


def test_b04_numbers_in_memory_are_bounded() -> None:
    pacing = Pacing(0.0, 1, 1.0, 5.0, Watch())
    for number in range(MOST_NUMBERS + 10):
        pacing.answer_in(100.0, str(number))
    assert len(pacing._through) == MOST_NUMBERS
