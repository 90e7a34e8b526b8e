"""The quick way in for what comes by the thousand: a well-formed application, past FastAPI's dependencies.

FastAPI takes longer to hand a request to its function than we take to validate, seal and store it. So a route of this
class reads the body itself; whatever is not plainly in order goes FastAPI's way, which knows how to say what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

LONGEST_KEY = 200
_JSON = b"application/json"


class QuickRoute(APIRoute):
    """A route whose function takes `request`, `programme`, `body` (a model) and `key` (the header Idempotency-Key)."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that matched the path."""
        if scope["method"] != "POST":
            await super().handle(scope, receive, send)
            return
        raw = await _whole(receive)
        asked = self._asked(scope, raw)
        if asked is None:
            await super().handle(scope, _again(raw), send)
            return
        response = await self.endpoint(Request(scope), scope["path_params"]["programme"], *asked)
        await response(scope, receive, send)

    def _asked(self, scope: Scope, raw: bytes) -> tuple[BaseModel, str | None] | None:
        """Body and key; None where either is not as it should be, or not as most send it."""
        headers = dict(scope["headers"])
        key: bytes | None = headers.get(b"idempotency-key")
        if headers.get(b"content-type") != _JSON or (key is not None and not 1 <= len(key) <= LONGEST_KEY):
            return None
        assert self.body_field is not None
        model: type[BaseModel] = self.body_field.field_info.annotation  # type: ignore[assignment]
        try:
            return model.model_validate_json(raw), key.decode("latin-1") if key else None
        except ValidationError:
            return None


async def _whole(receive: Receive) -> bytes:
    message: Message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


def _again(raw: bytes) -> Receive:
    """The body once more, for whoever reads it next."""
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    return receive
