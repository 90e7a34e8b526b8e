"""S24, B04: wrong guesses from one address are slowed down."""

from __future__ import annotations

from shared.platform.failures import MOST_ADDRESSES, FailureLimit


class Watch:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_s24_after_the_burst_an_address_waits_and_others_do_not() -> None:
    watch = Watch()
    limit = FailureLimit(3, 2.0, watch)
    for _ in range(3):
        assert limit.wait("a") == 0
        limit.failed("a")
    assert limit.wait("a") == 2
    assert limit.wait("b") == 0
    watch.at += 2.0
    assert limit.wait("a") == 0


def test_right_answers_cost_nothing() -> None:
    limit = FailureLimit(1, 60.0, Watch())
    assert [limit.wait("a") for _ in range(100)] == [0] * 100


def test_memory_is_bounded() -> None:
    limit = FailureLimit(1, 60.0, Watch())
    for number in range(MOST_ADDRESSES + 10):
        limit.failed(str(number))
    assert len(limit._failures) == MOST_ADDRESSES
