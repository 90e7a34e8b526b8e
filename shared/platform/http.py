"""HTTP defaults of every service: problems for programs, pages for people, limits, headers, a span a request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from opentelemetry.trace import SpanKind
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.messaging.transaction import Busy
from shared.platform import telemetry
from shared.platform.answers import STARTING, STORE_AWAY, answer, busy
from shared.platform.bodies import Bodies
from shared.platform.entrances import Again, Entrances, Turnstiles
from shared.platform.lanes import Lane, Lanes
from shared.platform.misread import http_problem, validation_problem
from shared.platform.mongo import StoreError
from shared.platform.problems import Problem
from shared.ui import Pages

QUIET = frozenset({"/healthz", "/readyz"})

log = logging.getLogger(__name__)


def install(
    app: FastAPI, pages: Pages, serving: Callable[[], bool], entrances: Entrances, lanes: Sequence[Lane] = (),
) -> None:
    """Adds handlers of problems and the limits to `app`; until it is `serving`, it answers that it is starting.

    Whoever is turned away at one of `entrances` has cost a read body and nothing else: no span, no route.
    """

    again = Again(entrances, pages)

    async def on_problem(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return await again.answer(request, problem)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, validation_problem(error, pages.words_for(request)), pages)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(request, http_problem(app, request.url.path, error), pages)

    async def on_busy(request: Request, _: Exception) -> Response:
        return await again.answer(request, busy())

    async def on_store(request: Request, error: Exception) -> Response:
        log.error("request failed: the store answered %s", type(error).__name__)
        return await again.answer(request, STORE_AWAY)

    async def on_anything(request: Request, error: Exception) -> Response:
        # The text of an exception may quote what was typed: kind and place are enough to find it.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
        log.error("request failed: %s at %s", type(error).__name__, place)
        return answer(request, Problem(500, "internal", "Something went wrong here",
                                       "It is on record. Try again; if it stays so, call the operator."), pages)

    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        Problem: on_problem, RequestValidationError: on_validation, HTTPException: on_http, Busy: on_busy,
        StoreError: on_store, Exception: on_anything,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(Lanes, lanes=lanes, handlers=handlers)
    app.add_middleware(RequestSpans)
    app.add_middleware(Turnstiles, entrances=entrances, again=again)
    app.add_middleware(Bodies, pages=pages)
    app.add_middleware(Gate, serving=serving, pages=pages)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SecurityHeaders)


class Gate:
    """A service that has not read its topics yet knows no programme: it must not say that there is none."""

    def __init__(self, app: ASGIApp, serving: Callable[[], bool], pages: Pages | None) -> None:
        self._app, self._serving, self._pages = app, serving, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in QUIET or self._serving():
            await self._app(scope, receive, send)
            return
        await answer(Request(scope), STARTING, self._pages)(scope, receive, send)


class HeadAsGet:
    """HEAD is answered as GET is (RFC 9110); the server leaves out the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


class RequestSpans:
    """One span a request, named by its route; no address, no query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in QUIET or "/static/" in scope["path"]:
            await self._app(scope, receive, send)
            return
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        with telemetry.span(scope["method"], traceparent=parent, kind=SpanKind.SERVER) as span:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute(telemetry.STATUS, message["status"])
                await send(message)

            try:
                await self._app(scope, receive, noted)
            finally:
                route = getattr(scope.get("route"), "path", "unrouted")
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute(telemetry.ROUTE, route)


class SecurityHeaders:
    """Headers that hold for every answer; pages add their content security policy."""

    HEADERS = (
        (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"),
        (b"x-frame-options", b"DENY"), (b"cache-control", b"no-store"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                have = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self.HEADERS if pair[0] not in have)]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
