"""Bodies are read whole before anything is done with them: bounded in size, in time, and in sum.

Who sends a byte a second holds a connection and nothing else: no place, no transaction, no memory worth speaking of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.platform.answers import answer, busy
from shared.platform.problems import Problem
from shared.ui import Pages

MAX_BODY = 256 * 1024
MOST_HELD = 64 * 1024 * 1024
BODY_SECONDS = 10.0
LINGER_SECONDS, MOST_LINGERED = 2.0, 32 * 1024 * 1024

FILE_SECONDS = 60.0
"""For files of the staff, who may sit behind a slow line."""

TOO_SLOW = Problem(
    408, "too-slow", "The request did not arrive in time",
    f"Send it whole within {BODY_SECONDS:.0f} seconds, a file within {FILE_SECONDS:.0f}. Nothing was stored.",
    headers={"Connection": "close"},
)


def too_large(most: int) -> Problem:
    """413, in words of their own where a file was to be sent."""
    return Problem(
        413, "too-large", "The request is too large", f"Send at most {most // 1024} KiB. Nothing was stored.",
        headers={"Connection": "close"}, reason="body" if most == MAX_BODY else "file")


class Bodies:
    """Hands each request on with its whole body, or refuses it with 413, 408 or, when too much is held, 503."""

    def __init__(self, app: ASGIApp, pages: Pages | None) -> None:
        self._app, self._pages = app, pages
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _brings_a_body(scope):
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        try:
            refused = await self._read(scope, body)
            if refused is not None:
                await self._refuse(refused, scope, body, send)
            elif not body.broken_off:
                await self._app(scope, body.again, send)
        finally:
            self._held -= body.held

    async def _read(self, scope: Scope, body: _Body) -> Problem | None:
        """Reads it whole; returns what is wrong with it."""
        most = _most(scope)
        if _announced(scope) > most:
            return too_large(most)
        try:
            async with asyncio.timeout(BODY_SECONDS if most == MAX_BODY else FILE_SECONDS):
                while await body.goes_on():
                    self._held += body.take()
                    if body.held > most:
                        return too_large(most)
                    if self._held > MOST_HELD:
                        return busy()
        except TimeoutError:
            return TOO_SLOW
        return None

    async def _refuse(self, problem: Problem, scope: Scope, body: _Body, send: Send) -> None:
        """Answers, then lets run out what is still coming: closing before that would destroy the answer on its way."""
        request = Request(scope)
        response = answer(request, problem, self._pages)
        response.headers["Connection"] = "close"
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": bytes(response.body), "more_body": True})
        if "expect" not in request.headers:  # who asked first waits, and sends nothing now
            await _let_run_out(body)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Body:
    """A body as it comes, and what is kept of it; `held` bytes so far."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._parts: list[bytes] = []
        self.piece = b""
        self._ended = self._handed_on = self.broken_off = False
        self.held = 0

    async def goes_on(self) -> bool:
        """Waits for the next piece, if there is to be one."""
        if self._ended:
            return False
        message = await self._receive()
        self.broken_off = message["type"] == "http.disconnect"
        self._ended = self.broken_off or not message.get("more_body", False)
        self.piece = message.get("body", b"")
        return True

    def take(self) -> int:
        """Keeps the piece that came; returns its size."""
        self._parts.append(self.piece)
        self.held += len(self.piece)
        return len(self.piece)

    async def again(self) -> Message:
        """The whole body as one message, as an application receives it."""
        if self._handed_on:
            return await self._receive()
        self._handed_on = True
        return {"type": "http.request", "body": b"".join(self._parts), "more_body": False}


async def _let_run_out(body: _Body) -> None:
    left = MOST_LINGERED
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0 and await body.goes_on():
                left -= len(body.piece)


def _most(scope: Scope) -> int:
    """`MAX_BODY`; where the app takes larger ones (`state.larger_bodies`: end of a path → bytes), from staff only."""
    state = scope["app"].state
    ends: Mapping[str, int] = getattr(state, "larger_bodies", {})
    larger = next((most for end, most in ends.items() if scope["path"].endswith(end)), None)
    return larger if larger and state.sign_in.person(Request(scope)) is not None else MAX_BODY


def _brings_a_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _announced(scope: Scope) -> int:
    return max((int(value) for name, value in scope["headers"] if name == b"content-length"), default=0)
