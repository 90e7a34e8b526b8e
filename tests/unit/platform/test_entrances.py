"""Entrances and bodies in front of a small application: what is turned away keeps what was typed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI, Request
from pymongo.errors import AutoReconnect

import services.intake.pages
from services.intake.entrances import entrances
from services.intake.settings import IntakeSettings
from shared.messaging.transaction import Busy
from shared.platform import http
from shared.platform.entrances import Entrances
from shared.platform.problems import Problem
from shared.ui import Pages

TYPED = [("step", "send"), ("key", "ab" * 16), ("name", '山田 "太郎" <b>'), ("companions.1", ""), ("wishes.1", "a&b")]
FORM = {"content-type": "application/x-www-form-urlencoded", "host": "ward.example"}


@pytest.fixture
async def crowded() -> AsyncIterator[httpx.AsyncClient]:
    """An application whose entrance for applying lets nobody in and nobody wait."""
    settings = IntakeSettings.model_construct(applying_at_once=0, applying_longest_wait=2.0)
    pages = Pages(Path(services.intake.pages.__file__).parent, "intake", "/intake")
    app, known = FastAPI(), Entrances()
    known.add(*entrances(settings))
    http.install(app, pages, lambda: True, known)

    async def answered(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    app.add_api_route("/{path:path}", answered, methods=["GET", "POST"])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ward.example") as client:
        yield client


@pytest.fixture
async def failing() -> AsyncIterator[Callable[[Exception], httpx.AsyncClient]]:
    """Makes an application that lets everybody in, reads the form, and then fails."""
    clients = []

    def make(failure: Exception) -> httpx.AsyncClient:
        pages = Pages(Path(services.intake.pages.__file__).parent, "intake", "/intake")
        app, known = FastAPI(), Entrances()
        known.add(*entrances(IntakeSettings.model_construct(applying_at_once=9, applying_longest_wait=2.0)))
        http.install(app, pages, lambda: True, known)

        async def fail(request: Request) -> None:
            await request.form(max_fields=200)
            raise failure

        app.add_api_route("/{path:path}", fail, methods=["POST"])
        clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ward.example"))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


def _brought_again(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(unescape(name), unescape(value)) for name, value in found]


@pytest.mark.parametrize(("language", "said"), [
    ("ja", "まだ受け付けていません"), ("en", "has not been accepted yet"), ("zh-Hans", "还没有受理"),
    ("ko", "아직 접수되지"),
])
async def test_a_form_that_is_turned_away_is_brought_again_word_for_word(
    crowded: httpx.AsyncClient, language: str, said: str
) -> None:
    for _ in range(2):  # the second one is made of the first one's page, and must hold nothing of it
        answer = await crowded.post(
            "/intake/p", content=urlencode(TYPED), headers={**FORM, "accept-language": language})
    assert answer.status_code == 503 and 2 <= int(answer.headers["retry-after"]) <= 60
    assert said in answer.text and answer.headers["content-language"] == language
    assert _brought_again(answer.text) == TYPED
    assert 'action="/intake/p"' in answer.text and answer.headers["retry-after"] in answer.text
    assert answer.headers["cache-control"] == "no-store" and "default-src 'none'" in answer.headers[
        "content-security-policy"]
    other = await crowded.post("/intake/p", content="name=x", headers={**FORM, "accept-language": language})
    assert _brought_again(other.text) == [("name", "x")]


@pytest.mark.parametrize(("failure", "seconds", "said"), [
    (Busy(), "3", "ただいま混み合っています"), (AutoReconnect("away"), "30", "ただいま利用できません"),
    (Problem(503, "busy", "Keys are missing", "Wait", headers={"Retry-After": "7"}), "7", "ただいま混み合っています"),
])
async def test_a_form_that_fails_further_in_is_brought_again_as_well(
    failing: Callable[[Exception], httpx.AsyncClient], failure: Exception, seconds: str, said: str
) -> None:
    """By then its body was read by the page."""
    client = failing(failure)
    answer = await client.post("/intake/p", content=urlencode(TYPED), headers=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, seconds)
    assert f"<h1>{said}</h1>" in answer.text and f'data-again="{seconds}"' in answer.text
    assert _brought_again(answer.text) == TYPED and 'action="/intake/p"' in answer.text
    foreign = await client.post(
        "/intake/p", content=urlencode(TYPED), headers={**FORM, "origin": "https://elsewhere.example"})
    mine = await client.post("/intake/p/mine", content=urlencode(TYPED), headers=FORM)
    for other in (foreign, mine):
        assert other.status_code == 503 and _brought_again(other.text) == [] and "data-again" not in other.text
    program = await client.post("/intake/p/api/applications", json={"name": "x"})
    assert (program.status_code, program.headers["retry-after"]) == (503, seconds)
    assert program.headers["content-type"] == "application/problem+json"


async def test_a_program_that_is_turned_away_gets_a_problem_with_a_time(crowded: httpx.AsyncClient) -> None:
    answer = await crowded.post("/intake/p/api/applications", json={"name": "x"})
    assert answer.status_code == 503 and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/busy" and int(answer.headers["retry-after"]) >= 2


async def test_a_foreign_page_cannot_have_its_words_put_into_ours(crowded: httpx.AsyncClient) -> None:
    answer = await crowded.post(
        "/intake/p", content=urlencode(TYPED), headers={**FORM, "origin": "https://elsewhere.example"})
    assert answer.status_code == 503 and _brought_again(answer.text) == [] and "山田" not in answer.text


async def test_what_is_not_applying_is_answered_meanwhile(crowded: httpx.AsyncClient) -> None:
    for path in ("/intake/p", "/intake/p/mine", "/intake/p/desk", "/healthz"):
        assert (await crowded.get(path)).status_code == 200
    answer = await crowded.post("/intake/p/mine", content="a" * 1000, headers=FORM)
    assert answer.json() == {"bytes": 1000}


async def test_a_body_over_the_limit_is_refused_whatever_it_announced(crowded: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 10_000

    for content in (b"x" * 300_000, chunks()):
        answer = await crowded.post("/intake/p/api/mine", content=content)
        assert answer.status_code == 413 and answer.json()["type"] == "/problems/too-large"
