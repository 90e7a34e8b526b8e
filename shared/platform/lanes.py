"""Lanes: requests that come by the thousand and are plainly in order go past FastAPI's routing and dependencies.

FastAPI takes longer to hand an application to its function than we take to validate, seal and store it. A lane reads
the body by the same model and calls the same function; whatever is not plainly in order goes FastAPI's way, which
knows how to say what is wrong. So a lane's route is declared like any other, and answers alike with or without it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_KEY = 200
_JSON = b"application/json"

Handlers = Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]


class Lane:
    """POSTs of JSON to `path`, such as `/intake/{programme}/api/applications`.

    `answer` is the route's function; it takes request, programme, body and the header Idempotency-Key, or None.
    """

    def __init__(
        self, path: str, model: type[BaseModel], answer: Callable[[Request, str, Any, str | None], Awaitable[Response]],
    ) -> None:
        self.path = path
        before, _, after = path.partition("{programme}")
        self._pattern = re.compile(f"{re.escape(before)}([^/]+){re.escape(after)}")
        self._model, self._answer = model, answer

    def takes(self, scope: Scope) -> bool:
        """Whether the request looks like one of them, from its head."""
        return scope["method"] == "POST" and self._pattern.fullmatch(scope["path"]) is not None

    def answering(self, scope: Scope, raw: bytes) -> Awaitable[Response] | None:
        """The answer under way; None where anything is not plainly in order."""
        headers = dict(scope["headers"])
        key: bytes | None = headers.get(b"idempotency-key")
        if headers.get(b"content-type") != _JSON or (key is not None and not 1 <= len(key) <= LONGEST_KEY):
            return None
        try:
            body = self._model.model_validate_json(raw)
        except ValidationError:
            return None
        if not _plain(raw, body):
            return None
        found = self._pattern.fullmatch(scope["path"])
        assert found is not None
        scope["route"] = self
        return self._answer(Request(scope), found[1], body, key.decode("latin-1") if key else None)


class Lanes:
    """The lanes of a service, before its routes."""

    def __init__(self, app: ASGIApp, lanes: Sequence[Lane], handlers: Handlers) -> None:
        self._app, self._lanes, self._handlers = app, lanes, handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = next((one for one in self._lanes if one.takes(scope)), None) if scope["type"] == "http" else None
        if lane is None:
            await self._app(scope, receive, send)
            return
        raw = await _whole(receive)
        answering = lane.answering(scope, raw)
        if answering is None:
            await self._app(scope, _again(raw, receive), send)
            return
        try:
            response = await answering
        except Exception as error:
            response = await self._handler(error)(Request(scope), error)
        await response(scope, receive, send)

    def _handler(self, error: Exception) -> Callable[[Request, Exception], Awaitable[Response]]:
        return next(self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers)


def _plain(raw: bytes, body: BaseModel) -> bool:
    """Whether the quotes are those of its names and texts: more of them are escaped ones, or a name that came twice."""
    given = [getattr(body, name) for name in body.model_fields_set]
    texts = sum(1 if isinstance(one, str) else len(one) if isinstance(one, list) else 0 for one in given)
    return raw.count(b'"') == 2 * (len(given) + texts)


async def _whole(receive: Receive) -> bytes:
    message: Message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


def _again(raw: bytes, receive: Receive) -> Receive:
    """The body once more for whoever reads it next, and then what comes after it."""
    read = False

    async def again() -> Message:
        nonlocal read
        if read:
            return await receive()
        read = True
        return {"type": "http.request", "body": raw, "more_body": False}

    return again
