"""S03, S05, S13: what an application may hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.application import Application, Party, declared_items, faults_of
from shared.contracts.programme import Programme


def codes(application: Application, programme: Programme, channel: Any = "web") -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in faults_of(application, programme, channel)]


def test_s03_s05_a_family_with_an_infant_and_three_wishes_is_taken(
    application: Application, programme: Programme
) -> None:
    assert codes(application, programme) == []


def test_names_stay_exactly_as_written(application: Application) -> None:
    assert application.party.items()["name"] == "髙橋　﨑子"
    assert application.party.items()["companions"] == ["髙橋　太郎", "髙橋　はな（0歳）"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": None}, ("name", "required")),
        ({"address": " "}, ("address", "required")),
        ({"age": None}, ("age", "required")),
        ({"age": 121}, ("age", "age")),
        ({"age": -1}, ("age", "age")),
        ({"telephone": "03"}, ("telephone", "telephone")),
        ({"email": "x@"}, ("email", "email")),
        ({"companions": ("花子", "\x00")}, ("companions.2", "control")),
        ({"companions": ("花子",) * 6}, ("companions.5", "too-many-companions")),
        ({"companions": ("花子", " ")}, ("companions.2", "required")),
    ],
)
def test_s05_each_fault_names_its_field(
    application: Application,
    programme: Programme,
    change: dict[str, Any],
    expected: tuple[str, str],
) -> None:
    assert codes(replace(application, party=replace(application.party, **change)), programme) == [
        expected
    ]


@pytest.mark.parametrize("age", [0, 120])
def test_every_age_may_apply(application: Application, programme: Programme, age: int) -> None:
    assert codes(replace(application, party=replace(application.party, age=age)), programme) == []


@pytest.mark.parametrize(
    ("seats", "companions", "expected"),
    [
        (0, ("花子",), [("seats", "seats")]),
        (5, ("花子",) * 5, [("seats", "seats")]),
        (3, ("花子",), [("seats", "more-seats-than-people")]),
        (1, ("花子",) * 3, []),
        (1, (), []),
        (4, ("花子",) * 3, []),
    ],
)
def test_s05_seats_are_for_people_who_are_named(
    application: Application,
    programme: Programme,
    seats: int,
    companions: tuple[str, ...],
    expected: list[Any],
) -> None:
    changed = replace(application, seats=seats, party=replace(application.party, companions=companions))
    assert codes(changed, programme) == expected


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ((), [("wishes.1", "no-wish")]),
        (("2021-07-23-sumitomo-am",) * 2, [("wishes.2", "wished-twice")]),
        (("2021-07-20-sumitomo-am",), [("wishes.1", "unknown-slot")]),
        (("a", "b", "c", "d"), [("wishes.3", "too-many-wishes")]),
    ],
)
def test_s03_wishes_are_different_known_slots(
    application: Application, programme: Programme, wishes: tuple[str, ...], expected: list[Any]
) -> None:
    assert codes(replace(application, wishes=wishes), programme) == expected


def test_s13_an_item_that_is_not_declared_for_the_channel_is_refused(
    application: Application, programme: Programme
) -> None:
    assert codes(application, programme, "postcard") == [("email", "not-declared")]
    without_age = tuple(item for item in programme.data_items if item.item != "age")
    assert codes(application, programme.model_copy(update={"data_items": without_age})) == [
        ("age", "not-declared")
    ]


def test_s13_only_declared_items_are_asked_for(programme: Programme) -> None:
    assert "email" in declared_items(programme, "web")
    assert declared_items(programme, "postcard") == {
        "name",
        "address",
        "age",
        "telephone",
        "companions",
    }


def test_without_mail_the_result_goes_by_post(application: Application) -> None:
    assert application.contact == "mail"
    assert replace(application, party=Party("山田", email=None)).contact == "post"


def test_a_language_that_the_programme_does_not_speak_is_refused(
    application: Application, programme: Programme
) -> None:
    assert codes(replace(application, language="fr"), programme) == [("language", "language")]
