"""B03: by what applications of one person find each other."""

from __future__ import annotations

from dataclasses import replace

from services.intake.domain.application import Party
from services.intake.domain.keys import key_texts


def texts(party: Party) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for one in key_texts(party):
        kinds.setdefault(one.kind, set()).add(one.text)
    return kinds


def test_b03_the_same_person_has_the_same_keys_however_it_is_written(party: Party) -> None:
    other_way = replace(
        party, name="髙橋 﨑子", telephone="０３３２０９１１１１", address="新宿区西新宿２ー８ー１",
        email="TAKAHASHI@example.jp")
    assert texts(other_way) == texts(party)


def test_b03_another_name_is_another_person_on_the_same_telephone(party: Party) -> None:
    other, own = texts(replace(party, name="髙橋 太郎")), texts(party)
    assert other["telephone"] == own["telephone"]
    assert other["person"] != own["person"] and other["home"] != own["home"]


def test_b03_what_was_not_given_makes_no_key() -> None:
    assert texts(Party(name="髙橋 﨑子")) == {}
    assert set(texts(Party(name=None, telephone="03-3209-1111"))) == {"telephone"}
    assert set(texts(Party(name="髙橋 﨑子", telephone="03-3209-1111"))) == {"telephone", "person", "half"}


def test_b03_a_slip_in_the_number_leaves_one_of_its_halves(party: Party) -> None:
    own, slipped = texts(party)["half"], texts(replace(party, telephone="03-3209-1121"))["half"]
    assert len(own & slipped) == 1


def test_b03_a_house_meets_who_is_of_one_age_or_a_year_apart_without_the_name(party: Party) -> None:
    def met(age: int) -> bool:
        return bool(texts(party)["house"] & texts(replace(party, name="高矯 埼子", age=age))["house"])

    assert [age for age in range(25, 45) if met(age)] == [33, 34, 35]


def test_b03_members_of_a_family_are_found_in_the_applications_of_each_other(party: Party) -> None:
    mother = replace(party, name="髙橋 太郎", companions=("髙橋 﨑子",), telephone="090-1234-5678")
    assert len(texts(party)["member"] & texts(mother)["member"]) == 2
    assert "member" not in texts(replace(party, companions=()))
