"""The mail relay: few lasting connections, TLS always, one recipient a message (S22, S23).

Nothing here logs or raises an address: what goes wrong is a code.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import aiosmtplib

TIMEOUT_SECONDS = 20.0
_OK, _NOT_ASCII, _BAD_ADDRESS, _CLOSING = 250, 553, 501, 421

log = logging.getLogger(__name__)


class RelayAway(Exception):
    """The relay can't be reached or hung up: this says nothing about the notice, which stays due."""


@dataclass(frozen=True)
class Relay:
    """Where mails are handed over. `ca_file` None means the machine's own authorities; TLS is never left out."""

    host: str
    port: int
    tls: Literal["starttls", "implicit"] = "starttls"
    ca_file: Path | None = None
    user: str | None = None
    password: str | None = None
    connections: int = 4


class Outbound:
    """A few connections that are kept; each carries one mail at a time."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._tls = ssl.create_default_context(cafile=str(relay.ca_file) if relay.ca_file else None)
        self._idle: asyncio.LifoQueue[aiosmtplib.SMTP | None] = asyncio.LifoQueue()
        for _ in range(relay.connections):
            self._idle.put_nowait(None)

    async def send(self, sender: str, recipient: str, message: bytes) -> int:
        """Hands over one mail to one recipient; returns the reply code of the relay (250, 4xx, 5xx).

        Raises `RelayAway` where no code was given for this mail: it may or may not have been taken.
        """
        if not recipient.isascii():
            return _NOT_ASCII
        if any(character in recipient for character in ",;:<> \t\r\n"):
            return _BAD_ADDRESS
        async with self._connection() as connection:
            try:
                await connection.sendmail(sender, [recipient], message)
            except aiosmtplib.SMTPRecipientsRefused as refused:
                return _code(refused.recipients[0].code)
            except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPHeloError) as refused:
                # The relay does not want us, whoever the recipient is.
                raise RelayAway(type(refused).__name__) from None
            except aiosmtplib.SMTPResponseException as answer:
                return _code(answer.code)
            except ValueError:
                return _BAD_ADDRESS
            return _OK

    async def close(self) -> None:
        """Says goodbye on every connection that is not in use."""
        while not self._idle.empty():
            connection = self._idle.get_nowait()
            if connection is not None:
                with suppress(aiosmtplib.SMTPException, OSError):
                    await connection.quit()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        connection = await self._idle.get()
        try:
            try:
                connection = await self._ready(connection)
                yield connection
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                if connection is not None:
                    connection.close()
                connection = None
                # Its text may quote the recipient: only the kind goes on.
                raise RelayAway(type(error).__name__) from None
            except BaseException:
                # Cancelled or refused in the middle: nobody knows what the relay still expects.
                if connection is not None:
                    connection.close()
                connection = None
                raise
        finally:
            self._idle.put_nowait(connection)

    async def _ready(self, connection: aiosmtplib.SMTP | None) -> aiosmtplib.SMTP:
        if connection is not None and connection.is_connected:
            return connection
        relay = self._relay
        fresh = aiosmtplib.SMTP(
            hostname=relay.host, port=relay.port, username=relay.user, password=relay.password,
            use_tls=relay.tls == "implicit", start_tls=relay.tls == "starttls", tls_context=self._tls,
            timeout=TIMEOUT_SECONDS,
        )
        await fresh.connect()
        return fresh


def _code(code: int) -> int:
    if code == _CLOSING:
        raise RelayAway("421")
    return code
