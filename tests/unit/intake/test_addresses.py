"""B03: one house, however its address is written."""

from __future__ import annotations

import pytest

from services.intake.domain.addresses import House, house_of

TOWER = House("新宿区西新宿", (2, 8, 1))


@pytest.mark.parametrize("address", [
    "東京都新宿区西新宿二丁目8番1号", "東京都新宿区西新宿2-8-1", "〒160-0023　新宿区西新宿２ー８ー１",
    "新宿区西新宿2の8の1", "新宿区西新宿二-八-一", "新宿区西新宿二の八の一", "新宿区西新宿２丁目８番地１",
    "東京都 新宿区 西新宿 2丁目 8－1",
])
def test_b03_a_house_is_known_in_every_form_of_its_address(address: str) -> None:
    assert house_of(address) == TOWER


@pytest.mark.parametrize("address", [
    "新宿区西新宿2-8-1-1203", "新宿区西新宿2-8-1 1203", "西新宿二丁目8番1号 コーポ都庁1203号室",
    "西新宿2-8-1ハイツ都庁１２０３",
])
def test_b03_a_room_follows_the_house_whatever_the_building_is_called(address: str) -> None:
    assert house_of(address).numbers == (2, 8, 1, 1203)


@pytest.mark.parametrize(("address", "house"), [
    ("千代田区三番町6番2号", House("千代田区三番町", (6, 2))), ("新宿区四ツ谷三丁目", House("新宿区四谷", (3,))),
    ("新宿区大字戸塚町1-104", House("新宿区戸塚町", (1, 104))),
    ("港区六本木六丁目一〇番二三号", House("港区六本木", (6, 10, 23))),
    ("新宿区百人町十二番地の三", House("新宿区百人町", (12, 3))), ("東京都新宿区", House("新宿区", ())),
])
def test_b03_a_numeral_in_a_towns_name_is_no_number(address: str, house: House) -> None:
    assert house_of(address) == house
