"""The public HTTP interfaces as the campaign's people use them: applicants, staff, witnesses."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Self

import httpx

TOKEN_SECONDS = 600
PATIENCE_SECONDS = 120.0


class Unexpected(Exception):
    """An interface answered otherwise than it should; the message says what it said, without what was typed."""


class Interfaces:
    """HTTP clients of all services. Answers come as (status, body)."""

    def __init__(self, public_urls: dict[str, str]) -> None:
        self.urls = public_urls
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(timeout=60, limits=limits)
        self._passwords: dict[str, str] = {}
        self._tokens: dict[tuple[str, str], tuple[str, float]] = {}
        self._signing_in = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def knows(self, staff: str, password: str) -> None:
        """The person's password, for signing in when it is needed."""
        self._passwords[staff] = password

    async def raw(
        self,
        method: str,
        service: str,
        path: str,
        *,
        staff: str | None = None,
        repeatable: bool = False,
        headers: dict[str, str] | None = None,
        **arguments: Any,
    ) -> httpx.Response:
        """One request; a busy service is asked again after its `Retry-After`.

        A request that may be `repeatable` (as those that only read are) is sent again where the connection broke.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            told = dict(headers or {})
            if staff is not None:
                told["Authorization"] = f"Bearer {await self._token(staff, service)}"
            try:
                response = await self._client.request(method, f"{self.urls[service]}{path}", headers=told, **arguments)
            except httpx.TransportError as error:
                if not (repeatable or method in ("GET", "PUT")) or time.monotonic() > deadline:
                    raise Unexpected(f"{method} {service}{path}: no answer ({type(error).__name__})") from None
                await asyncio.sleep(0.3)
                continue
            if response.status_code not in (429, 503) or time.monotonic() > deadline:
                return response
            await asyncio.sleep(float(response.headers.get("Retry-After", "1")))

    async def call(
        self,
        method: str,
        service: str,
        path: str,
        *,
        expect: int | tuple[int, ...] = (200, 201, 202),
        staff: str | None = None,
        **arguments: Any,
    ) -> dict[str, Any]:
        """The JSON answer; raises `Unexpected` for a status that is not expected."""
        response = await self.raw(method, service, path, staff=staff, **arguments)
        expected = (expect,) if isinstance(expect, int) else expect
        if response.status_code not in expected:
            raise Unexpected(f"{method} {service}{path} answered {response.status_code}: {_reason(response)}")
        body = response.json() if response.content else {}
        return body if isinstance(body, dict) else {"items": body}

    async def _token(self, staff: str, service: str) -> str:
        # One sign-in at a time, as a person does: many at once by one id look like guessing and are refused.
        async with self._signing_in:
            token, until = self._tokens.get((staff, service), ("", 0.0))
            if time.monotonic() > until:
                answer = await self.call(
                    "POST",
                    "retention",
                    "/retention/api/signin",
                    repeatable=True,
                    json={"staff": staff, "password": self._passwords[staff], "service": service},
                )
                token = answer["token"]
                self._tokens[staff, service] = token, time.monotonic() + TOKEN_SECONDS
            return token


def _reason(response: httpx.Response) -> str:
    try:
        body = response.json()
        return " ".join(str(body.get(part, "")) for part in ("title", "detail", "errors", "reason"))
    except (ValueError, AttributeError):
        return response.text[:200]
