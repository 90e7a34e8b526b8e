"""The mail catcher takes mails by STARTTLS only and shows them over HTTP."""

import smtplib
import ssl
from email.message import EmailMessage

import httpx
import pytest

from deploy.local.stack import Stack


def connect(stack: Stack) -> smtplib.SMTP:
    points = stack.endpoints
    client = smtplib.SMTP(points.smtp_host, points.smtp_port, timeout=10)
    client.starttls(context=ssl.create_default_context(cafile=points.smtp_extra["KUJIBIKI_SMTP_CA_FILE"]))
    return client


def letter(to: str, subject: str = "抽選結果のお知らせ") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "くじびき <kujibiki@city.example>", to, subject
    message.set_content("当選しました。\n")
    message.add_alternative("<p>当選しました。</p><script>alert(1)</script>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="入場券.pdf")
    return message


def test_a_mail_is_taken_and_shown(infrastructure: Stack) -> None:
    with connect(infrastructure) as client:
        client.send_message(letter("da..me@docomo.example"))
    web = infrastructure.endpoints.mail_url
    found = httpx.get(f"{web}/api/mails", params={"to": "da..me@"}).json()
    assert found["total"] == 1
    mail = found["mails"][0]
    assert (mail["subject"], mail["recipients"]) == ("抽選結果のお知らせ", ["da..me@docomo.example"])
    one = httpx.get(f"{web}/api/mails/{mail['id']}").json()
    assert one["text"].strip() == "当選しました。"
    assert [part["filename"] for part in one["parts"]] == [None, None, "入場券.pdf"]
    assert httpx.get(f"{web}/api/mails/{mail['id']}/raw").content.startswith(b"From:")
    assert httpx.get(f"{web}/api/mails", params={"since": mail["received"] + 1, "to": "da..me@"}).json()["mails"] == []
    page = httpx.get(f"{web}/", params={"to": "docomo"})
    assert "抽選結果のお知らせ" in page.text
    assert "入場券.pdf" in httpx.get(f"{web}/mails/{mail['id']}").text
    assert "sandbox" in httpx.get(f"{web}/mails/{mail['id']}/parts/1").headers["content-security-policy"]
    assert httpx.get(f"{web}/mails/{mail['id']}/parts/2").content == b"%PDF-1.7"


def test_a_mail_without_encryption_is_refused(infrastructure: Stack) -> None:
    points = infrastructure.endpoints
    with smtplib.SMTP(points.smtp_host, points.smtp_port, timeout=10) as client, pytest.raises(smtplib.SMTPException):
        client.send_message(letter("a@example.com"))


def test_an_unknown_mail_is_not_found(infrastructure: Stack) -> None:
    web = infrastructure.endpoints.mail_url
    for path in ("api/mails/none", "api/mails/none/raw", "mails/none", "api/mails/..%2F..%2Fstack.json/raw"):
        assert httpx.get(f"{web}/{path}").status_code == 404
    assert httpx.get(f"{web}/api/mails", params={"since": "yesterday"}).status_code == 400


def test_mails_survive_a_killed_catcher(infrastructure: Stack) -> None:
    with connect(infrastructure) as client:
        client.send_message(letter("stays@example.com"))
    infrastructure.parts["mail"].kill()
    infrastructure.parts["mail"].wait_ready()
    found = httpx.get(f"{infrastructure.endpoints.mail_url}/api/mails", params={"to": "stays@"}).json()
    assert found["total"] == 1
