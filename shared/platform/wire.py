"""Serving: uvicorn with httptools, and the limits on a connection that these two do not have.

A head has ten seconds and 32 KiB; a connection beyond the limit gets one short answer. Whatever cannot be understood
for certain (two lengths, a length beside chunks) is refused: between two servers that read it differently, a second
request could hide in the first.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import socket
from collections.abc import Callable
from typing import Any

import httptools
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shared.platform.bodies import LINGER_SECONDS
from shared.platform.entrances import FREE
from shared.platform.problems import CONTENT_TYPE, Problem

MOST_CONNECTIONS = 4096
MOST_HEAD = 32 * 1024
HEAD_SECONDS = 10.0
IDLE_SECONDS, IDLE_SECONDS_WHEN_HALF_FULL = 75, 5
"""A connection that waits for its next request: longer than an ingress keeps it (60 s), unless many are open."""
BACKLOG = 2048
FILES_BESIDES = 512
STOP_SECONDS = 5

MALFORMED = Problem(400, "malformed", "This is not HTTP as it should be", "Nothing was stored.")
HEAD_TOO_LARGE = Problem(431, "head-too-large", "The request's headers are too large",
                         f"Send at most {MOST_HEAD // 1024} KiB of them. Nothing was stored.")
HEAD_TOO_SLOW = Problem(408, "too-slow", "The request did not arrive in time",
                        f"Send its headers within {HEAD_SECONDS:.0f} seconds. Nothing was stored.")
FULL = Problem(503, "busy", "Too many connections are open", "Nothing was stored. Please try again in a few seconds.",
               headers={"Retry-After": "5"})

log = logging.getLogger(__name__)


class Wire(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head_due: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._refusal = MALFORMED
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there: its first head is due."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self.app = _full(self.app)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request came."""
        if self._refused:
            return
        if self._head_due is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_due is not None and self._head_bytes > MOST_HEAD:
            self._refuse(HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The parser saw the first byte of a request."""
        super().on_message_begin()
        if self._head_due is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The parser has the whole head."""
        self._head_is_there()
        # A head may also come whole in one piece.
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD:
            self._refusal = HEAD_TOO_LARGE
            raise httptools.HttpParserError
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The answer is written; the next request may come."""
        many = len(self.connections) > MOST_CONNECTIONS / 2
        self.timeout_keep_alive = IDLE_SECONDS_WHEN_HALF_FULL if many else IDLE_SECONDS
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """The parser gave up."""
        self._refuse(self._refusal)

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_due = self.loop.call_later(HEAD_SECONDS, self._refuse, HEAD_TOO_SLOW)

    def _head_is_there(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _refuse(self, problem: Problem) -> None:
        """Answers below the application, and closes."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._head_is_there()
        body = json.dumps(problem.body()).encode()
        self.transport.write(b"".join([
            STATUS_LINE[problem.status], b"content-type: ", CONTENT_TYPE.encode(), b"\r\ncontent-length: ",
            str(len(body)).encode(), b"\r\nconnection: close\r\n\r\n", body]))
        # What still comes is let run out for a moment: to close before that would destroy the answer on its way.
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _full(app: ASGIApp) -> ASGIApp:
    """For a connection too many: probes are answered, everybody else is told to come again."""
    body = json.dumps(FULL.body()).encode()
    headers = {"content-type": CONTENT_TYPE, "content-length": str(len(body)), "connection": "close", **FULL.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in FREE:
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": FULL.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    return answering


class Server(uvicorn.Server):
    """Listens at its own port from the start on, and at a port that replicas share once it is `ready`."""

    def __init__(self, config: uvicorn.Config, shared_port: int | None, ready: Callable[[], bool]) -> None:
        super().__init__(config)
        self._shared_port, self._ready = shared_port, ready
        self._opening: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the own port."""
        await super().startup(sockets)
        if self._shared_port is not None:
            self._opening = asyncio.create_task(self._open(self._shared_port))

    async def _open(self, port: int) -> None:
        # The kernel deals out connections among all that listen: who is not ready yet must not be among them.
        while not self._ready():  # noqa: ASYNC110  # of several parts, none of them an event
            await asyncio.sleep(0.1)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((self.config.host, port))
        self.servers.append(await asyncio.get_running_loop().create_server(
            lambda: Wire(self.config, self.server_state, self.lifespan.state), sock=listener, backlog=BACKLOG))


def serve(app: ASGIApp, host: str, port: int, *, shared_port: int | None, ready: Callable[[], bool]) -> None:
    """Serves `app` until the process is told to stop."""
    _raise_limit_of_files(MOST_CONNECTIONS + FILES_BESIDES)
    config = uvicorn.Config(
        app, host, port, http=Wire, log_config=None, access_log=False, server_header=False, backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_SECONDS)
    Server(config, shared_port, ready).run()


def _raise_limit_of_files(wanted: int) -> None:
    """Each connection is a file; a shell often allows 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    if possible < wanted:
        log.warning("only %d files may be open: with many connections, new ones will not be accepted", possible)
