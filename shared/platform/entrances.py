"""Entrances with a turnstile each, so that one kind of request never takes the place of another (back-pressure).

In a rush applying waits or is turned away; My application, the desk and the probes are answered as on any other day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.platform.answers import answer, busy, is_api
from shared.platform.problems import Problem
from shared.platform.turnstile import TurnedAway, Turnstile
from shared.ui import Pages
from shared.ui.rendering import plain_chrome

OTHERS_AT_ONCE = 64
FREE = frozenset({"/healthz", "/readyz"})
MOST_FIELDS = 200
MOST_FRAMES = 256

_FORM = "application/x-www-form-urlencoded"
_FIELD = Markup('<input type="hidden" name="{}" value="{}">\n')
# Stand-ins in a page that is rendered once: private characters, which no field of ours lets pass.
_TYPED, _SECONDS = "\ue000typed\ue000", "\ue000seconds\ue000"

Pair = tuple[str, str]


@dataclass(frozen=True)
class Entrance:
    """Requests that it `takes`, by method and path, go through its turnstile.

    `page` is the template for people whose form was turned away, here or further in. It gets `action`, `problem` (the
    type), `seconds` and `typed`, the hidden fields that bring the same form again.
    """

    takes: Callable[[str, str], bool]
    turnstile: Turnstile
    page: str | None = None


class Entrances:
    """The entrances of a service, in order; what none of them takes goes through one for all others."""

    def __init__(self) -> None:
        self._entrances: list[Entrance] = []
        self._others = Entrance(lambda _method, _path: True, Turnstile("other requests", OTHERS_AT_ONCE))

    def add(self, *entrances: Entrance) -> None:
        """More entrances."""
        self._entrances.extend(entrances)

    def of(self, method: str, path: str) -> Entrance | None:
        """The entrance of a request; none for probes and static files."""
        if path in FREE or "/static/" in path:
            return None
        return next((entrance for entrance in self._entrances if entrance.takes(method, path)), self._others)


class Again:
    """Answers a problem; with 503 a form keeps what was typed, by its entrance's page, to be sent again from there."""

    def __init__(self, entrances: Entrances, pages: Pages) -> None:
        self._entrances, self._pages = entrances, pages
        self._frames: dict[tuple[str, str, str], Response] = {}

    async def answer(self, request: Request, problem: Problem) -> Response:
        """The problem, as its asker reads it; for a form with its fields."""
        page = self._page(request, problem)
        typed = await _typed(request) if page else None
        if page is None or typed is None:
            return answer(request, problem, self._pages)
        frame, seconds = self._frame(request, page, problem), problem.headers["Retry-After"]
        html = bytes(frame.body).decode().replace(_SECONDS, seconds).replace(_TYPED, _hidden(typed))
        headers = {name: value for name, value in frame.headers.items() if name != "content-length"}
        return HTMLResponse(html, problem.status, {**headers, **problem.headers})

    def _page(self, request: Request, problem: Problem) -> str | None:
        if problem.status != 503 or is_api(request):
            return None
        entrance = self._entrances.of(request.method, request.url.path)
        return entrance.page if entrance else None

    def _frame(self, request: Request, page: str, problem: Problem) -> Response:
        """The page without what was typed, rendered once for a path, language and problem: a rush must cost nothing."""
        key = (request.url.path, self._pages.language(request), problem.type)
        if key not in self._frames:
            if len(self._frames) >= MOST_FRAMES:
                self._frames.clear()
            rendered = self._pages.render(
                request, page, chrome=plain_chrome(request), action=request.url.path, problem=problem.type,
                typed=_TYPED, seconds=_SECONDS)
            del rendered.headers["set-cookie"]
            self._frames[key] = rendered
        return self._frames[key]


class Turnstiles:
    """Leads each request through its entrance. Its body has been read by then (`shared.platform.bodies`)."""

    def __init__(self, app: ASGIApp, entrances: Entrances, again: Again) -> None:
        self._app, self._entrances, self._again = app, entrances, again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        entrance = self._entrances.of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if entrance is None:
            await self._app(scope, receive, send)
            return
        try:
            async with entrance.turnstile.passed():
                await self._app(scope, receive, send)
        except TurnedAway as away:
            response = await self._again.answer(Request(scope, receive), busy(away.seconds))
            await response(scope, receive, send)


async def _typed(request: Request) -> list[Pair] | None:
    """What was typed, to be posted again; None where it is no form of ours, or comes from a foreign page."""
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        return None
    try:
        # A page that failed has read its form before: there is no body any more, but that form.
        sent = await request.form(max_fields=MOST_FIELDS)
    except (HTTPException, MultiPartException):
        return None
    return [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]


def _hidden(typed: list[Pair]) -> str:
    return "".join(_FIELD.format(name, value) for name, value in typed)
