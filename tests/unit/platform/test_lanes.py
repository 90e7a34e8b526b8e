"""A lane takes what FastAPI's own way takes, and refuses in its words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from services.intake.api import ApplicationBody
from shared.platform.lanes import Lane, Lanes
from shared.platform.misread import validation_problem
from shared.platform.strict_json import StrictRoute
from shared.ui.language import Words

HERE = Path(__file__).parent
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
PATH = "/{programme}/api/applications"
WORDS = Words([HERE.parents[2] / "shared" / "ui" / "words"])
BODY = b'{"name": "\xe9\xab\x99\xe6\xa9\x8b", "age": 34, "seats": 2, "wishes": ["a", "b"], "companions": []}'


class Refused(Exception):
    """A refusal of the function's own."""


async def refuse_shortly(_: Request, error: Exception) -> Response:
    """Says which it was."""
    return JSONResponse(type(error).__name__, 409)


async def refuse(_: Request, error: Exception) -> Response:
    """As every service refuses."""
    assert isinstance(error, RequestValidationError)
    problem = validation_problem(error, lambda key, **values: WORDS.say("en", key, values))
    return JSONResponse(problem.body(), problem.status)


def client(lanes: bool) -> TestClient:
    """An application that says what its function was given."""
    app, router = FastAPI(), APIRouter(route_class=StrictRoute)
    handlers: dict[Any, Any] = {RequestValidationError: refuse, Refused: refuse_shortly, Exception: refuse_shortly}
    for kind in (RequestValidationError, Refused):
        app.add_exception_handler(kind, handlers[kind])

    @router.post(PATH, status_code=201)
    async def taken(request: Request, programme: str, body: ApplicationBody, key: Key = None) -> Response:
        if programme == "refused":
            raise Refused
        return Response(f"{programme} {body!r} {key!r}", 201)

    app.include_router(router, prefix="/intake")
    if lanes:
        app.add_middleware(Lanes, lanes=[Lane(f"/intake{PATH}", ApplicationBody, taken)], handlers=handlers)
    return TestClient(app)


QUICK, USUAL = client(lanes=True), client(lanes=False)


@pytest.mark.parametrize("headers", [
    {}, {"Idempotency-Key": "k-1"}, {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 201},
    {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-8"},
], ids=str)
@pytest.mark.parametrize("body", [
    BODY, b"", b"{", b"[]", b"null", BODY + b"{}", BODY + b"\xff", BODY.replace(b"34", b'"34"'),
    BODY.replace(b"34", b"34.0"), BODY.replace(b'"age"', b'"birthday"'), BODY.replace(b"2,", b"true,"),
    BODY.replace(b'"a"', b'"\\ud800"'), BODY.replace(b'"a"', b'"' + b"a" * 1001 + b'"'),
    BODY.replace(b'"seats": 2', b'"seats": 1, "seats": 2'), BODY.replace(b'"name"', b'"n\\u0061me": "a", "name"'),
    BODY.replace(b'"a"', b'"a\\"b"'),
], ids=range(16))
def test_both_ways_answer_alike(body: bytes, headers: dict[str, str]) -> None:
    def answer(one: TestClient) -> tuple[int, Any]:
        said = one.post("/intake/p/api/applications", content=body, headers={
            "Content-Type": "application/json", **headers})
        return said.status_code, said.text

    assert answer(QUICK) == answer(USUAL)


@pytest.mark.parametrize("path", [
    "/intake/refused/api/applications", "/intake/a%20b/api/applications", "/intake/a%2Fb/api/applications",
    "/intake//api/applications", "/intake/p/api/applications/", "/intake/p/q/api/applications",
])
def test_refusals_and_other_paths_are_answered_alike(path: str) -> None:
    answers = [one.post(path, content=BODY, headers={"Content-Type": "application/json"}, follow_redirects=False)
               for one in (QUICK, USUAL)]
    assert len({(one.status_code, one.text) for one in answers}) == 1


def test_s13_a_name_that_occurs_twice_is_refused_not_dropped() -> None:
    twice = BODY.replace(b'"seats": 2', b'"seats": 1, "seats": 2')
    said = QUICK.post("/intake/p/api/applications", content=twice, headers={"Content-Type": "application/json"})
    assert said.status_code == 400


def test_other_methods_are_refused_alike() -> None:
    answers = [one.get("/intake/p/api/applications") for one in (QUICK, USUAL)]
    assert [(one.status_code, one.headers["allow"]) for one in answers] == [(405, "POST")] * 2
