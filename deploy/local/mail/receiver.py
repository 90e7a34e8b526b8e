"""The catcher's SMTP side: STARTTLS is required, every recipient is taken, nothing goes further."""

import ssl
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mail.store import MailStore

LARGEST_MAIL = 20 * 1024 * 1024


class Receiver:
    """Takes mails into the store; a mail is acknowledged only when it is there."""

    def __init__(self, store: MailStore) -> None:
        """All mails go into this store."""
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail; the name is aiosmtpd's."""
        content = envelope.content
        assert isinstance(content, bytes)
        identity = self._store.add(envelope.mail_from or "", envelope.rcpt_tos, subject_of(content), content)
        return f"250 kept as {identity}"


def subject_of(content: bytes) -> str:
    """The subject as people read it; only the head is parsed, as bodies can be large."""
    head = content.partition(b"\r\n\r\n")[0]
    try:
        return str(message_from_bytes(head, policy=policy.default)["subject"] or "")
    except ValueError:
        return "(unreadable subject)"


def smtp_session(store: MailStore, tls: ssl.SSLContext) -> SMTP:
    """One SMTP conversation."""
    return SMTP(
        Receiver(store),
        hostname="localhost",
        tls_context=tls,
        require_starttls=True,
        enable_SMTPUTF8=True,
        data_size_limit=LARGEST_MAIL,
        ident="Kujibiki mail catcher",
    )


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """The server's side of STARTTLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
