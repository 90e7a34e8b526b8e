"""B19: who may ask at the enquiry desk, and when a caller is taken for whom they say they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from services.intake.domain.application import Party
from services.intake.domain.enquiry import Asking, Said, asking_faults, confirmed, question, said_faults
from shared.contracts.programme import Enquiry, Programme

APPLICANT = Asking("applicant", "telephone")
DAYS = [date(2021, 7, 23), date(2021, 8, 24)]
RIGHT = Said(name="高橋 﨑子", telephone="0332091111", address="西新宿2-8-1", age=34)


def codes(faults: Any) -> list[str]:
    return [fault.code for fault in faults]


def is_confirmed(programme: Programme, party: Party, asking: Asking = APPLICANT, **said: Any) -> bool:
    return confirmed(replace(RIGHT, **said), asking, party, DAYS, programme)


def test_b19_all_that_is_said_must_be_what_was_given_however_it_is_written(programme: Programme, party: Party) -> None:
    assert is_confirmed(programme, party)
    for fine in (
        {"address": "東京都新宿区西新宿二丁目8番1号 コーポ101"}, {"address": "〒160-0023 新宿区西新宿２の８"},
        {"age": 35}, {"companions": 2}, {"day": DAYS[1]}, {"email": "Takahashi@EXAMPLE.jp"}, {"name": "髙橋　﨑子"},
    ):
        assert is_confirmed(programme, party, **fine), fine
    for wrong in (
        {"name": "高橋 花子"}, {"telephone": "03-3209-1112"}, {"address": "西新宿2-9-1"}, {"address": "西新宿2"},
        {"address": "新宿2-8-1"[2:]}, {"address": "宿"}, {"age": 33}, {"age": 36}, {"companions": 3},
        {"day": date(2021, 7, 24)}, {"email": "other@example.jp"},
    ):
        assert not is_confirmed(programme, party, **wrong), wrong


def test_b19_what_was_not_given_confirms_nobody(programme: Programme) -> None:
    assert not is_confirmed(programme, Party(name="髙橋　﨑子", telephone="03-3209-1111"))


def test_b19_name_and_telephone_and_two_more_are_asked_of_what_the_programme_declares(programme: Programme) -> None:
    assert question(programme).must == ("name", "telephone") and question(programme).needed == 2
    assert codes(said_faults(RIGHT, programme)) == []
    assert codes(said_faults(replace(RIGHT, age=None), programme)) == ["say-more"]
    assert codes(said_faults(replace(RIGHT, name=None), programme)) == ["required"]
    assert codes(said_faults(replace(RIGHT, telephone="12"), programme)) == ["telephone"]
    assert codes(said_faults(replace(RIGHT, receipt="LS-0000-0000"), programme)) == ["receipt"]
    without = tuple(item for item in programme.data_items if item.item not in ("telephone", "age"))
    fewer = question(programme.model_copy(update={"data_items": without}))
    assert (fewer.must, fewer.choices, fewer.needed) == (("name",), ("address", "companions", "day"), 3)


def test_b19_a_proxy_asks_by_a_letter_where_the_ward_decided_so(programme: Programme) -> None:
    assert codes(asking_faults(Asking("proxy", "telephone"), programme)) == ["no-letter"]
    assert asking_faults(Asking("proxy", "telephone", letter_seen=True), programme) == []
    without = programme.model_copy(update={"enquiry": Enquiry()})
    assert codes(asking_faults(Asking("proxy", "telephone", letter_seen=True), without)) == ["no-proxies"]


def test_b19_a_guardian_asks_for_a_minor_only(programme: Programme, party: Party) -> None:
    guardian, adult = Asking("guardian", "telephone"), programme.enquiry.adult_age
    assert asking_faults(guardian, programme) == []
    assert not is_confirmed(programme, party, guardian)
    assert not is_confirmed(programme, replace(party, age=adult), guardian, age=adult)
    assert is_confirmed(programme, replace(party, age=adult - 1), guardian, age=adult - 1)


def test_b19_at_the_counter_an_identity_document_is_seen(programme: Programme) -> None:
    assert codes(asking_faults(Asking("applicant", "counter"), programme)) == ["no-document"]
    assert asking_faults(Asking("applicant", "counter", document="passport"), programme) == []
