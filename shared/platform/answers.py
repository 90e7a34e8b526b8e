"""A problem as its asker reads it: a problem document for programs, a page for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from shared.platform.problems import CONTENT_TYPE, Problem
from shared.platform.signin import SignInNeeded
from shared.ui import Pages

BUSY_SECONDS = 3
STORE_AWAY = Problem(
    503, "store-away", "The database cannot be reached", "Nothing was stored. Please try again in a minute.",
    headers={"Retry-After": "30"},
)
STARTING = Problem(
    503, "starting", "The service has only just started", "Nothing was stored. Please try again in a moment.",
    headers={"Retry-After": "1"},
)


def busy(seconds: int = BUSY_SECONDS) -> Problem:
    """503: too many at once; to be tried again after so many seconds."""
    return Problem(
        503, "busy", "Too many requests wait at the moment",
        "Nothing was stored. Please try again after the seconds that Retry-After names.",
        headers={"Retry-After": str(seconds)})


def is_api(request: Request) -> bool:
    """Whether a program asks: such paths have `/api/` in them."""
    return "/api/" in request.url.path


def answer(request: Request, problem: Problem, pages: Pages | None) -> Response:
    """The problem, as its asker reads it."""
    if isinstance(problem, SignInNeeded) and not is_api(request) and request.method == "GET":
        return RedirectResponse(problem.sign_in_url, 303)
    if is_api(request) or pages is None:
        return JSONResponse(problem.body(), problem.status, problem.headers, CONTENT_TYPE)
    say = pages.words_for(request)
    what, kept, todo = (_words(say, problem, part) for part in ("what", "kept", "todo"))
    response = pages.problem(request, status_code=problem.status, what=what, kept=kept, todo=todo)
    response.headers.update(problem.headers)
    return response


def _words(say: Callable[..., Any], problem: Problem, part: str) -> object:
    families = (f"{problem.type}.{problem.extra.get('reason')}", problem.type, f"status-{problem.status}")
    for key in (f"problem.{family}.{part}" for family in families):
        try:
            return say(key)
        except KeyError:
            continue
    return {"what": problem.title, "kept": "", "todo": problem.detail}[part]
