"""Run the mail catcher: `python -m deploy.local.mail <state> <smtp port> <http port>`."""

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

import uvicorn

from deploy.local.mail.certificate import MailCertificate
from deploy.local.mail.receiver import smtp_session, tls_context
from deploy.local.mail.store import MailStore
from deploy.local.mail.web import pages
from deploy.local.ports import LOOPBACK
from deploy.local.state import State


async def serve(state: State, smtp_port: int, http_port: int) -> None:
    """Take and show mails until told to end."""
    store = MailStore(state.data / "mail")
    certificate = MailCertificate(state)
    tls = tls_context(certificate.certificate, certificate.key)
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(partial(smtp_session, store, tls), LOOPBACK, smtp_port, backlog=256)
    config = uvicorn.Config(pages(store), host=LOOPBACK, port=http_port, log_level="warning", access_log=False)
    try:
        await uvicorn.Server(config).serve()
    finally:
        smtp.close()
        store.close()


def main() -> None:
    """Read the arguments and serve."""
    state, smtp_port, http_port = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(serve(State(Path(state)), int(smtp_port), int(http_port)))


if __name__ == "__main__":
    main()
