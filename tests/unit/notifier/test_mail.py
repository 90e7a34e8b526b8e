"""The mail of a notice: what it says, and what it keeps to itself (S07, S22, B01)."""

from __future__ import annotations

import email
import email.policy
import tomllib
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from services.notifier.domain.content import Content, content_of
from services.notifier.domain.notices import Draw
from services.notifier.mail import NOTICE_HEADER, Sender, compose
from shared.contracts.programme import Programme
from shared.paper import qr

PROGRAMMES = Path(__file__).parents[3] / "programmes"
PROGRAMME = Programme.model_validate(tomllib.loads((PROGRAMMES / "live-site-2020.toml").read_text()))
DRAW = Draw("a" * 64, "c" * 64, "d" * 64, datetime(2021, 6, 23, 5, 30, tzinfo=UTC))
URLS = {"lottery": "https://lottery.example.jp", "intake": "https://apply.example.jp"}
TOKEN = "K1." + "abcdefgh" * 18


def content(
    kind: str = "lost", *, slots: int = 0, promotion: bool = False, reason: str | None = None,
    letter: str | None = None, secret: str | None = None,
) -> Content:
    passes = [{"slot": slot.id, "seats": 3, "token": TOKEN, "code": "A1B2C-3D4E5"} for slot in PROGRAMME.slots[:slots]]
    notice: dict[str, Any] = {"kind": kind, "promotion": promotion, "receipt": "LS-1", "entry": "e" * 32,
                              "passes": passes, "reason": reason}
    notice["letter"] = {"what": letter, "at": datetime(2021, 6, 10, 2, tzinfo=UTC)} if letter else None
    return content_of(notice, PROGRAMME, DRAW, URLS, secret=secret)


def mail(of: Content, to: str = "someone@example.jp", name: str = "髙﨑 𠮷子") -> EmailMessage:
    raw = compose(of, notice="n" * 32, message_id="<m1@example.jp>", sender=Sender("notices@example.jp"), to=to,
                  name=name, at=datetime(2021, 6, 23, tzinfo=UTC))
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def text(of: EmailMessage, kind: str = "plain") -> str:
    body = of.get_body((kind,))  # type: ignore[arg-type]
    assert body is not None
    return str(body.get_content())


def test_s07_a_winner_reads_when_where_how_many_and_what_to_bring() -> None:
    said = text(mail(content("won", slots=1)))
    when = "2021年7月21日（水） 10:00〜13:00"
    for words in ("髙﨑 𠮷子 様", "当選", when, "新宿住友ビル", "3人", "お持ちいただくもの", TOKEN, "A1B2C-3D4E5"):
        assert words in said


@pytest.mark.parametrize(("what", "words"), [
    ("amended", "お申込みの内容の変更を受け付けました"), ("details", "同行者のお名前又はご連絡先の変更"),
    ("withdrawn", "取下げを承りました"), ("renewed", "窓口で新しい控えをお渡ししました"),
])
def test_b04_a_letter_says_what_was_changed_when_and_how_to_object(what: str, words: str) -> None:
    for kind in ("plain", "html"):
        said = text(mail(content("changed", letter=what)), kind)
        for part in (words, "2021年6月10日（木）", "お心当たりのないときは", PROGRAMME.ward.telephone, "/intake/"):
            assert part in said
        assert "お申込みの結果" not in said
    assert "結果" not in mail(content("changed", letter=what))["Subject"]


def test_b19_a_new_receipt_comes_as_a_link_whose_secret_no_server_sees_and_as_text() -> None:
    secret = "0123456789abcdef" * 2
    link = f"https://apply.example.jp/intake/live-site-2020/mine#LS-1.{secret}"
    for kind in ("plain", "html"):
        said = text(mail(content("receipt", letter="receipt", secret=secret)), kind)
        assert link in said and "0123-4567-89ab-cdef" in said
    assert secret not in str(mail(content("receipt", letter="receipt", secret=secret))["Subject"])


def test_b01_every_notice_carries_the_digests_and_where_to_check() -> None:
    for kind in ("won", "lost", "waiting", "not-counted", "struck"):
        said = text(mail(content(kind)))
        for digest in ("a" * 64, "c" * 64, "d" * 64, "https://lottery.example.jp/lottery/live-site-2020"):
            assert digest in said


def test_the_subject_tells_neither_name_nor_result() -> None:
    subjects = {str(mail(content(kind))["Subject"]) for kind in ("won", "lost", "waiting", "withdrawn")}
    assert len(subjects) == 1 and "髙﨑" not in subjects.pop()


def test_s22_one_recipient_and_no_reply_from_machines() -> None:
    made = mail(content())
    assert [str(made["To"]), made["Cc"], made["Bcc"]] == ["someone@example.jp", None, None]
    assert made["Auto-Submitted"] == "auto-generated" and made[NOTICE_HEADER] == "n" * 32
    assert made["Content-Language"] == "ja" and made["Message-ID"] == "<m1@example.jp>"


def test_old_carrier_addresses_are_written_as_they_are() -> None:
    assert "da..me@docomo.ne.jp" in mail(content(), to="da..me@docomo.ne.jp").as_string()


def test_the_passes_are_pictures_in_the_page() -> None:
    made = mail(content("won", slots=2))
    pictures = [part for part in made.walk() if part.get_content_type() == "image/png"]
    page = text(made, "html")
    assert len(pictures) == 2
    assert all(f"cid:{picture['Content-ID'][1:-1]}" in page for picture in pictures)
    assert all(picture.get_content_disposition() == "inline" for picture in pictures)


def test_a_name_is_text_in_the_page_never_markup() -> None:
    assert "<b>" not in text(mail(content(), name="<b>"), "html").split("</h1>")[1]


def test_the_reason_is_the_programme_s_words() -> None:
    assert "受付期間を過ぎて届きました" in text(mail(content("not-counted", reason="late")))


def test_a_promotion_says_so() -> None:
    assert "繰上げ当選" in text(mail(content("won", slots=1, promotion=True)))


@pytest.mark.parametrize("kind", ["won", "lost", "waiting", "not-counted", "withdrawn", "struck"])
def test_every_kind_has_words(kind: str) -> None:
    assert "お申込みの結果" in text(mail(content(kind)))


def test_the_qr_picture_is_a_png_of_the_right_size() -> None:
    picture, modules = qr.png(TOKEN, scale=4), len(qr.rows(TOKEN))
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) == (modules + 8) * 4
