"""One browser for all browser tests, a fresh page for each, and the sample pages on a local port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import BrowserContext, Page
from starlette.types import ASGIApp

from shared.ui.styleguide import application
from tests.browser.chromium import open_browser
from tests.browser.site import forgetful, site, tab

__all__ = ["forgetful", "site", "tab"]


@pytest.fixture(scope="package")
def browser() -> Iterator[BrowserContext]:
    """A running Chromium with Japanese letters; only for this package, as its loop bars every asynchronous test."""
    with open_browser() as context:
        yield context


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A new tab; what the browser complains about (blocked scripts, missing files) fails the test."""
    tab = browser.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    tab.close()
    assert complaints == []


@pytest.fixture(scope="session")
def styleguide() -> Iterator[str]:
    """Address of the sample pages, served with their real headers."""
    with serve(application()) as address:
        yield address


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """The app on a free local port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
