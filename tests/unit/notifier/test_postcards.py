"""Postcards: both sides, real characters, and a batch that stops rather than print a hole (S02, S07)."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from services.notifier.postcards import Card, CardStopped, Half, print_cards, print_halves
from shared.paper.font import Script, composed, missing
from tests.unit.notifier.test_mail import PROGRAMME, content

ADDRESS = "〒160-0022 東京都新宿区新宿一丁目2番3号"


def pages(cards: list[Card]) -> list[str]:
    reader = PdfReader(io.BytesIO(print_cards(cards)))
    sizes = {(round(float(page.mediabox.width) / 72 * 25.4), round(float(page.mediabox.height) / 72 * 25.4))
             for page in reader.pages}
    assert sizes == {(100, 148)}
    return [page.extract_text() for page in reader.pages]


def test_s07_a_card_has_an_address_side_and_a_result_side() -> None:
    front, back = pages([Card("n1", "髙﨑 𠮷子", ADDRESS, content("won", slots=1))])
    for words in ("髙﨑 ", "子　様", "東京都新宿区新宿一丁目", "新宿区"):
        assert words in front
    for words in ("当選", "2021年7月21日（水）", "新宿住友ビル", "aaaa aaaa aaaa aaaa"):
        assert words in back


def test_s02_a_reply_half_holds_the_result_and_its_cards_number_and_no_address() -> None:
    halves = [Half("n1", "HG001-001", content("won", slots=1)), Half("n2", "HG001-002", content())]
    said = [page.extract_text() for page in PdfReader(io.BytesIO(print_halves(halves))).pages]
    assert len(said) == 2 and "HG001-001" in said[0] and "当選" in said[0] and "HG001-002" in said[1]
    assert not any("郵便はがき" in page or "様" in page for page in said)


def test_b19_a_new_receipt_fits_on_a_card_and_a_letter_is_no_result() -> None:
    secret = "0123456789abcdef" * 2
    _, receipt, _, changed = pages([
        Card("n1", "髙﨑 𠮷子", ADDRESS, content("receipt", letter="receipt", secret=secret)),
        Card("n2", "髙﨑 𠮷子", ADDRESS, content("changed", letter="details"))])
    assert "0123-4567-89ab-cdef" in receipt.replace("\n", "") and "LS-1" in receipt
    for said in (receipt, changed):
        assert "お申込みについてのお知らせ" in said and "お申込み結果のお知らせ" not in said
        assert PROGRAMME.ward.telephone in said


def test_s07_names_keep_their_characters() -> None:
    """Variants outside of the first plane and with selectors are in the font; nothing is normalised away."""
    assert missing(["髙﨑𠮷𣘺", "葛\U000e0100飾", "ハ\u309aリ"]) is None
    assert composed("カ\u3099ギ") == "ガギ" and composed("﨑神") == "﨑神"
    script = Script()
    assert len(script.take("𠮷田")) == 2 and script.take("葛\U000e0100") != script.take("葛")


def test_s07_a_missing_glyph_stops_the_batch_and_names_the_notice_only() -> None:
    cards = [Card("good", "佐藤 花", ADDRESS, content()), Card("odd", "佐藤 \U0001f600", ADDRESS, content())]
    with pytest.raises(CardStopped) as stopped:
        print_cards(cards)
    assert (stopped.value.notice, stopped.value.cause, stopped.value.code_point) == ("odd", "missing-glyph", 0x1F600)
    assert "佐藤" not in str(stopped.value)


def test_s07_an_address_that_does_not_fit_stops_the_batch() -> None:
    with pytest.raises(CardStopped, match="too-long"):
        print_cards([Card("long", "佐藤 花", "東京都新宿区" * 40, content())])


def test_long_names_are_set_smaller_and_never_cut() -> None:
    name = "Christopher Alexander Montgomery-Featherstonehaugh"
    front, _ = pages([Card("n1", name, ADDRESS, content())])
    flat = front.replace("\n", "")
    assert [part for part in name.split() if part not in flat] == [], flat


def test_each_batch_is_set_in_its_own_characters() -> None:
    """A batch in the same process after another one has no boxes in place of names."""
    for name in ("渡邉 鷹之介", "Zoë Featherstone", "蔡 璦"):
        assert name in pages([Card("n1", name, ADDRESS, content())])[0]


def test_the_document_s_properties_name_nobody() -> None:
    reader = PdfReader(io.BytesIO(print_cards([Card("n1", "佐藤 花", ADDRESS, content())])))
    assert "佐藤" not in str(reader.metadata)


def test_three_passes_fit_on_a_card() -> None:
    _, back = pages([Card("n1", "佐藤 花", ADDRESS, content("won", slots=3))])
    assert back.count("人数") == 3
