"""Postcards' addresses and their customer barcode (S02, S07)."""

from __future__ import annotations

import pytest

from services.notifier.domain.postal import address_number, customer_barcode, postal_address


@pytest.mark.parametrize(("written", "postcode", "text"), [
    ("〒160-0022 東京都新宿区新宿一丁目2番3号", "1600022", "東京都新宿区新宿一丁目2番3号"),
    ("１６０－００２２　東京都新宿区新宿1-2-3", "1600022", "東京都新宿区新宿1-2-3"),
    ("1600022東京都新宿区新宿1-2-3", "1600022", "東京都新宿区新宿1-2-3"),
    ("東京都新宿区新宿1-2-3", None, "東京都新宿区新宿1-2-3"),
    ("〒160-00221 東京都新宿区", None, "〒160-00221 東京都新宿区"),
])
def test_a_postcode_is_split_off_only_where_one_was_written(written: str, postcode: str | None, text: str) -> None:
    address = postal_address(written)
    assert (address.postcode, address.text) == (postcode, text)
    assert (address.bars is None) == (postcode is None)


@pytest.mark.parametrize(("address", "number"), [
    # The examples of Japan Post's manual.
    ("千葉県千葉市稲毛区緑町3丁目30-8　郵便ビル403号", "3-30-8-403"),
    ("秋田県仙北郡仙北町堀見内　南田茂木　添60-1", "60-1"),
    ("東京都台東区台東5-6-3　ABCビル10F", "5-6-3-10"),
    ("北海道札幌市東区北六条東4丁目　郵便センター6号館", "4-6"),
    ("山梨県韮崎市竜岡町下條南割　韮崎400", "400"),
    ("千葉県鎌ケ谷市右京塚　東3丁目-20-5　郵便・A&bコーポB604号", "3-20-5B604"),
    ("東京都青梅市河辺町十一丁目六番地一号　郵便タワー601", "11-6-1-601"),
    ("岩手県宮古市大字津軽石第二十一地割大淵川480", "21-480"),
    ("大阪府堺市中田出井町四丁六番十九号", "4-6-19"),
    ("北海道帯広市稲田町南七線　西28", "7-28"),
    ("茨城県日立市宮田町6丁目7-14　ABCビル2F", "6-7-14-2"),
    ("兵庫県神戸市中央区港島中町9丁目7-6　郵便シティA棟1F1号", "9-7-6A1-1"),
    ("京都府綾部市青野町綾部6-7　LプラザB106", "6-7LB106"),
    ("北海道札幌市中央区南四条西29丁目1524-23　第2郵便ハウス501", "29-1524-23-2-501"),
    ("福井県福井市新田塚3丁目80-25　J1ビル2-B", "3-80-25J1-2B"),
    ("東京都新宿区", ""),
])
def test_the_address_number_is_what_the_manual_says(address: str, number: str) -> None:
    assert address_number(address) == number


@pytest.mark.parametrize(("postcode", "number", "bars"), [
    # Made by Zint 2.13 (symbology 76), an encoder that has nothing in common with this one.
    ("2630023", "3-30-8-403", "1313232131214414413231231241431214441423141412314431243243243214131"),
    ("1100016", "5-6-3-10", "1311411414414414411432114141432141431241411414443243243243243241131"),
    ("2730102", "3-20-5B604", "1313221331214411414413231241413214441414132411432114412343243214431"),
    ("6500046", "9-7-6A1-1", "1332114114414414412332141141421341432132414411441411443243243214131"),
    ("6230011", "6-7LB106", "1332113231214414411411432141421334211432411411414432143243243212331"),
    ("0640804", "29-1524-23-2", "1314432112314423114412313241141411414113212341413231241413243211131"),
])
def test_the_bars_are_those_of_a_second_encoder(postcode: str, number: str, bars: str) -> None:
    assert "".join(map(str, customer_barcode(postcode, number))) == bars


def test_the_barcode_always_has_67_bars() -> None:
    for number in ("", "1", "1-2-3-4-5-6-7-8-9-10", "9-7-6A1-1", "ZZZZZZZZZZ"):
        assert len(customer_barcode("1600022", number)) == 67
