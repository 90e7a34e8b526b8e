"""What notifier must be told besides what every service is told: the mail relay."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from services.notifier.smtp import Relay
from shared.platform.settings import Settings


class NotifierSettings(Settings):
    """`smtp_ca_file`: the authority that signed the relay's certificate; empty means the machine's own authorities."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 587
    smtp_tls: Literal["starttls", "implicit"] = "starttls"
    smtp_ca_file: Path | None = None
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    smtp_connections: int = 4
    smtp_from: str = "kujibiki@localhost.localdomain"

    def relay(self) -> Relay:
        """The mail relay."""
        password = self.smtp_password_file.read_text().strip() if self.smtp_password_file else None
        return Relay(self.smtp_host, self.smtp_port, self.smtp_tls, self.smtp_ca_file, self.smtp_user, password,
                     self.smtp_connections)
