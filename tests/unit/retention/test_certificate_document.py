"""The certificate on paper: an A4 document in Japanese in which every character is set (S18, B11)."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from services.retention.documents.blocks import Document, Text
from services.retention.documents.certificate import certificate_document
from services.retention.documents.drawing import pdf
from services.retention.documents.words import era_day, grouped
from services.retention.domain.certificate import digest
from services.retention.domain.evidence import Hold, OtherOrder
from services.retention.domain.orders_digest import orders_digest
from shared.paper.font import MissingGlyph
from tests.unit.retention import certificates as make


def read(signed: dict[str, Any]) -> PdfReader:
    return PdfReader(io.BytesIO(pdf(certificate_document(signed))))


def flat(reader: PdfReader) -> str:
    """All text without spaces and line ends."""
    return "".join("".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture(scope="module")
def usual() -> PdfReader:
    return read(make.signed())


@pytest.fixture(scope="module")
def printed(usual: PdfReader) -> str:
    return flat(usual)


def test_s18_b11_the_document_says_all_that_the_statement_says(printed: str) -> None:
    for words in (
        "消去証明書", "証明書番号LS-2021-0001", "発行日令和3年10月5日", "新宿区御中", "受託者における消去",
        "委託期間の満了", "各業務からの報告（業務が述べたこと）", "監査で確認したこと（監査人が自ら見たこと）",
        "NISTSP800-88", "intake/epoch-1", "5,012", "attendant-3、attendant-4", "受信者の電子メールボックスに届いた通知",
        "委託者に返却した記録（370件）", "署名欄", "別表2", "checkin.personal.v1", "0:401:412:423:434:445:45",
    ):
        assert words in printed, words


def test_b11_the_digest_and_the_key_stand_on_the_paper(printed: str) -> None:
    signed = make.signed()
    for value in (digest(signed["statement"]), signed["public_key"], signed["key_id"]):
        assert value in printed
    assert grouped("0123456789abcdef") == "01234567 89abcdef"


def test_every_page_is_a4_and_numbered_of_all(usual: PdfReader) -> None:
    sizes = {tuple(round(float(side) / 72 * 25.4) for side in page.mediabox[2:]) for page in usual.pages}
    assert sizes == {(210, 297)} and len(usual.pages) > 3
    for number, page in enumerate(usual.pages, 1):
        assert f"{number} / {len(usual.pages)}" in page.extract_text()


def test_s18_exceptions_of_every_kind_can_be_printed() -> None:
    beside = (OtherOrder("0c" * 16, 40, True), OtherOrder("0d" * 16, 7, False))
    ids = [*make.ORDERS, *(one.id for one in beside)]
    found = make.evidence(
        others=beside, holds=(Hold("h1", "court", 2, False),), destructions=(), returns=(), today=make.date(2021, 7, 7),
        batches=(make.batch(archive=None, why="schedule", decided_by=()),),
        audit=make.audit(orders=4, subjects=417, orders_digest=orders_digest(ids), files=[], searches=[]))
    text = flat(read(make.signed(found, simulated_time=True)))
    for words in ("試験用の時刻で作られた", "裁判所の手続", "7人分は、この証明書に含まない", "令和3年10月5日に廃棄する",
                  "別表6", "未確定"):
        assert words in text, words


def test_the_document_s_properties_name_nobody(usual: PdfReader) -> None:
    assert not [name for name in ("officer", "auditor", "attendant") if name in str(usual.metadata)]


def test_a_character_that_cannot_be_set_is_an_error() -> None:
    with pytest.raises(MissingGlyph):
        pdf(Document("", "{page}", (Text("\U0001f600"),)))
    programme = make.live_site()
    title = programme.title.model_copy(update={"ja": "髙﨑𠮷祭 & <b>展</b>"})
    found = replace(make.evidence(), programme=programme.model_copy(update={"title": title}))
    text = flat(read(make.signed(found)))
    assert "髙﨑" in text and "&<b>展</b>" in text


def test_dates_are_written_as_offices_write_them() -> None:
    assert era_day(make.date(2019, 5, 1)) == "令和元年5月1日"
    assert era_day(make.date(2019, 4, 30)) == "2019年4月30日"
