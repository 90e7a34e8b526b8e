"""The mail of a notice: Japanese text, a simple HTML alternative, the passes as pictures in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notifier import wording
from services.notifier.domain.content import Content, legible
from shared.paper import qr
from shared.ui import formats
from shared.ui.language import t

NOTICE_HEADER = "X-Kujibiki-Notice"
"""Names the notice, so that a copy that was sent twice around a crash can be recognised."""


@dataclass(frozen=True)
class Sender:
    """Who the mails are from: an address that bounces come back to, and the ward's name."""

    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def compose(
    content: Content, *, notice: str, message_id: str, sender: Sender, to: str, name: str, at: datetime
) -> bytes:
    """The mail as it goes over the wire, for one recipient (S22). `at` is the real time of sending."""
    with wording.words():
        images = [f"pass-{number}.{message_id[1:-1]}" for number, _ in enumerate(content.visits, 1)]
        heading = wording.subject(content)
        told = {
            "content": content, "name": name, "result": wording.result(content), "sentence": wording.sentence(content),
            "digests": wording.digests(content), "subject": heading, "images": images, "won": content.kind == "won",
            "heading": wording.heading(content), "said_is": wording.said_is(content),
            "secret": legible(content.secret) if content.secret else None,
            "lost": wording.lost_slots(content.lost), "abroad": wording.abroad(content),
        }
        text, html = _TEXT.render(told), _HTML.render(told)
    message = EmailMessage(policy=SMTP)
    message["From"] = str(Address(display_name=content.ward, addr_spec=sender.address))
    message["To"] = to
    message["Subject"] = heading
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message[NOTICE_HEADER] = notice
    message.set_content(text, cte="base64")
    message.add_alternative(html, subtype="html", cte="base64")
    _attach_passes(message, content, images)
    message["Content-Language"] = wording.LANGUAGE
    return message.as_bytes()


def _attach_passes(message: EmailMessage, content: Content, images: list[str]) -> None:
    if not content.visits:
        return
    page = message.get_payload()[1]  # type: ignore[index]
    assert isinstance(page, EmailMessage)
    for number, (visit, image) in enumerate(zip(content.visits, images, strict=True), 1):
        page.add_related(
            qr.png(visit.token), "image", "png", cid=f"<{image}>", disposition="inline", filename=f"pass-{number}.png"
        )


def _environment(html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "mails"), autoescape=html,  # noqa: S701 (the other is plain text)
        undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )
    environment.globals.update(t=t)
    environment.filters.update(day=formats.day, hour=wording.hour, unit=formats.unit)
    return environment


_TEXT = _environment(html=False).get_template("notice.txt.j2")
_HTML = _environment(html=True).get_template("notice.html.j2")
