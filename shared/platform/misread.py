"""Requests that cannot be read as what the address takes: each as a problem that says what to mend, never the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from shared.platform.problems import Problem

UNREADABLE = Problem(
    400, "unreadable-body", "The body cannot be read",
    "Send one JSON object in UTF-8 whose names occur once each. Nothing was stored.",
)
NOT_JSON = Problem(
    415, "unsupported-media-type", "The body is not sent as JSON",
    "Send it with `Content-Type: application/json`. Nothing was stored.", headers={"Accept": "application/json"},
)
_WHERE = frozenset({"body", "query", "path", "header"})
Say = Callable[..., Any]


def validation_problem(error: RequestValidationError, say: Say) -> Problem:
    """A 422 that names each field, a code and the reason; or why the body as a whole is not read."""
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return UNREADABLE
    if isinstance(error.body, bytes):  # read as JSON it would be something else
        return NOT_JSON
    errors = [{"field": _field(fault["loc"]), "reason": fault["type"], "message": _words(say, fault)}
              for fault in faults]
    return Problem(422, "invalid-request", "The request is not as it should be",
                   "Mend the fields named in `errors` and send it again. Nothing was stored.", errors=errors)


def http_problem(app: FastAPI, path: str, error: HTTPException) -> Problem:
    """What the framework refuses: no such path, no such method, a body that is not what it says it is."""
    status, headers = error.status_code, dict(error.headers or {})
    if status == 400:
        return UNREADABLE
    if status == 405:
        headers["Allow"] = ", ".join(sorted(_methods_at(app, path)))
    detail = {404: "Check the address.", 405: "Use one of the methods in the header `Allow`."}.get(
        status, "Mend the request and send it again.")
    return Problem(status, f"status-{status}", str(error.detail), detail, headers=headers)


def _methods_at(app: FastAPI, path: str) -> set[str]:
    """What the address knows: one path may have several routes, and who may GET may HEAD."""
    found = {method for route in iter_route_contexts(app.routes) if route.path and route.methods
             and compile_path(route.path)[0].match(path) for method in route.methods}
    return found | {"HEAD"} if "GET" in found else found


def _field(place: Sequence[str | int]) -> str:
    """`companions.2`, as the form and the rules of the domain call it: members count from 1."""
    parts = [str(part + 1) if isinstance(part, int) else part for part in place if part not in _WHERE]
    # A name that the sender made up may hold half a surrogate pair, which no answer could.
    return ".".join(parts).encode(errors="replace").decode() or "body"


def _words(say: Say, fault: Mapping[str, Any]) -> str:
    with suppress(KeyError):
        return str(say(f"shape.{fault['type']}", **fault.get("ctx", {})))
    return str(fault["msg"])
