"""Limits in memory and the signing key's file (S24)."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.checkin.limits import FailureLimit, Notable
from services.checkin.signing import FILE, load_or_make


class Watch:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_s24_a_terminal_waits_after_too_many_forged_tokens_and_may_go_on_later() -> None:
    watch = Watch()
    limit = FailureLimit(burst=3, pause=2.0, clock=watch)
    waits = []
    for _ in range(4):
        waits.append(limit.wait("door-1"))
        limit.failed("door-1")
    assert waits == [0, 0, 0, 2]
    assert limit.wait("door-2") == 0
    watch.now = 4.0
    assert limit.wait("door-1") == 0


def test_s08_the_same_refusal_is_one_fact_a_minute_and_a_terminal_has_so_many() -> None:
    watch = Watch()
    notable = Notable(most=3, window=60.0, clock=watch)
    assert [notable.is_notable("door-1", "void") for _ in range(3)] == [True, False, False]
    assert [notable.is_notable("door-1", number) for number in range(4)] == [True, True, False, False]
    assert notable.is_notable("door-2", "void")
    watch.now = 61.0
    assert notable.is_notable("door-1", "void")


def test_s24_the_signing_key_is_made_once_and_readable_by_nobody_else(tmp_path: Path) -> None:
    first, again = load_or_make(tmp_path / "keys"), load_or_make(tmp_path / "keys")
    path = tmp_path / "keys" / FILE
    assert first.jwk() == again.jwk() and path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [FILE]
    path.chmod(0o640)
    with pytest.raises(PermissionError):
        load_or_make(tmp_path / "keys")
