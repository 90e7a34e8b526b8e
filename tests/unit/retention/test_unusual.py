"""S24, S25: what the watch over the access log calls unusual, and what it does not."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.retention.domain.unusual import Limits, Unusual, Watch, windows
from services.retention.live import AccessWatch
from shared.contracts.envelope import Envelope, envelope, new_id
from shared.contracts.erasure import AccessUnusual
from shared.contracts.privacy import Access, AccessOpened, AccessRefused

NOON = datetime(2021, 7, 23, 3, tzinfo=UTC)
PROGRAMME = "live-site-2020"
LIMITS = {"desk": Limits(openings=20, refusals=3, subjects=15, same_subject=5, outside_shift=2)}


def opening(number: int = 0, *, subject: str | None = None, at: datetime | None = None, role: str = "desk",
            actor: str = "desk-1") -> Access:
    return AccessOpened(
        actor=actor, actor_kind="service" if role == "service" else "staff", role=role, service="intake",
        purpose="duplicates", subject=subject or f"subject-{number}", items=("name",),
        at=at or NOON + timedelta(seconds=number))


def refusal(number: int, reason: str) -> Access:
    return AccessRefused(
        actor="desk-1", actor_kind="staff", role="desk", service="intake", purpose="notice", subject="subject",
        items=("email",), at=NOON + timedelta(seconds=number), reason=reason)


def found(accesses: Iterable[Access]) -> list[Unusual]:
    watch = Watch(LIMITS)
    for access in accesses:
        watch.hear(new_id(), PROGRAMME, access)
    return list(watch.findings())


def patterns(accesses: Iterable[Access]) -> set[str]:
    return {one.pattern for one in found(accesses)}


@pytest.mark.parametrize(("pattern", "accesses"), [
    ("many-openings", [opening(number, subject=f"s{number % 10}") for number in range(20)]),
    ("many-subjects", [opening(number) for number in range(15)]),
    ("same-subject", [opening(number, subject="one") for number in range(5)]),
    ("many-refusals", [refusal(number, "purpose") for number in range(3)]),
    ("outside-shift", [refusal(number, "outside-shift") for number in range(2)]),
])  # fmt: skip
def test_s25_each_pattern_is_found_at_its_limit_and_not_below(pattern: str, accesses: list[Access]) -> None:
    assert patterns(accesses) == {pattern}
    assert patterns(accesses[:-1]) == set()


def test_s25_a_burst_across_a_boundary_is_found_and_one_spread_over_an_hour_is_not() -> None:
    boundary = NOON + timedelta(minutes=5)
    burst = [opening(number, at=boundary + timedelta(seconds=10 * (number - 7))) for number in range(15)]
    assert patterns(burst) == {"many-subjects"}
    spread = [opening(number, at=NOON + timedelta(minutes=4 * number)) for number in range(15)]
    assert patterns(spread) == set()


def test_s25_what_is_usual_for_a_service_is_not_for_a_person() -> None:
    """A notifier that sends 1,000 mails is at work; a person who opens 1,000 applications is an alarm."""
    def defaults(role: str) -> set[str]:
        watch = Watch()
        for number in range(1000):
            watch.hear(new_id(), PROGRAMME, opening(number, at=NOON, role=role, actor=role))
        return {one.pattern for one in watch.findings()}

    assert defaults("service") == set()
    assert defaults("desk") == defaults("records") == {"many-openings", "many-subjects"}


def test_s25_people_roles_and_programmes_are_counted_apart() -> None:
    watch = Watch(LIMITS)
    for number in range(14):
        for programme, actor in ((PROGRAMME, "desk-1"), (PROGRAMME, "desk-2"), ("other", "desk-1")):
            watch.hear(new_id(), programme, opening(number, actor=actor))
    assert list(watch.findings()) == []


def test_s25_an_access_said_twice_counts_once() -> None:
    watch, said = Watch(LIMITS), new_id()
    for _ in range(30):
        watch.hear(said, PROGRAMME, opening())
    assert list(watch.findings()) == []


def messages() -> list[Envelope[Any]]:
    accesses = [opening(number, subject=f"s{number % 16}") for number in range(200)]
    return [envelope(access, source="intake", subject=access.subject, programme=PROGRAMME, at=access.at)
            for access in accesses]


def test_s25_a_restarted_watch_says_the_same_alarms_under_the_same_ids_in_any_order() -> None:
    """Partitions are read in any order after a restart: the handler must know what it has heard before."""
    said = messages()
    ids = []
    for seed in range(3):
        random.Random(seed).shuffle(said)
        view = AccessWatch(Watch(LIMITS))
        for message in said:
            view.hear(message)
        ids.append({statement.event_id for statement in view.changes(lambda _: NOON)})
        assert list(view.changes(lambda _: NOON)) == []
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == 6, "three patterns in two overlapping windows"


def test_s25_an_alarm_says_who_how_often_and_when_but_not_about_whom() -> None:
    view = AccessWatch(Watch(LIMITS))
    for message in messages()[:15]:
        view.hear(message)
    statement = next(iter(view.changes(lambda _: NOON)))
    assert statement.event == AccessUnusual(
        pattern="many-subjects", actor="desk-1", role="desk", service="intake", count=15, minutes=10, first_at=NOON,
        last_at=NOON + timedelta(seconds=14))
    assert "s1" not in statement.event.model_dump_json()


def test_s25_old_windows_are_forgotten_by_the_programmes_own_time() -> None:
    watch = Watch(LIMITS)
    watch.hear(new_id(), PROGRAMME, opening())
    watch.forget(lambda _: datetime(2026, 1, 1, tzinfo=UTC))
    assert len(watch._windows) == 2, "a clock that runs ahead of the log forgets nothing"
    watch.hear(new_id(), PROGRAMME, opening(at=NOON + timedelta(days=2)))
    watch.forget(lambda _: NOON)
    assert len(watch._windows) == 4, "nor does an access that claims to be of another day"
    watch.forget(lambda _: NOON + timedelta(days=3))
    assert len(watch._windows) == 2


def test_s25_windows_overlap_by_half() -> None:
    first, second = windows(NOON + timedelta(minutes=7))
    assert (first, second) == (NOON, NOON + timedelta(minutes=5))
