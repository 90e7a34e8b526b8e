"""One asks, another agrees within a day: the shape of everything that takes two (S01, B01)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.two_people import WAITS_FOR, Asked, NotAgreed, check_agreeable, check_retractable

AT = datetime(2021, 6, 1, 9, tzinfo=UTC)
ASKED = Asked("officer-1", AT)


@pytest.mark.parametrize(("asked", "person", "after", "code"), [
    (ASKED, "officer-1", timedelta(), "same-person"), (ASKED, "officer-2", WAITS_FOR, "not-asked"),
    (None, "officer-2", timedelta(), "not-asked"),
])
def test_nobody_agrees_alone_too_late_or_to_nothing(
    asked: Asked | None, person: str, after: timedelta, code: str
) -> None:
    with pytest.raises(NotAgreed) as refused:
        check_agreeable(asked, person, AT + after)
    assert refused.value.code == code


def test_another_agrees_and_whoever_asked_takes_it_back() -> None:
    check_agreeable(ASKED, "officer-2", AT + WAITS_FOR - timedelta(seconds=1))
    check_retractable(ASKED, "officer-1", AT)
    with pytest.raises(NotAgreed) as refused:
        check_retractable(ASKED, "officer-2", AT)
    assert refused.value.code == "not-own"
