"""What a client may do wrong, on purpose or not: raw bytes against the running service, which stores nothing of it and
goes on answering."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import pytest

from shared.contracts.programme import Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family

PATIENCE = 10 + 5
"""The service's own deadlines, and some more for a busy machine."""


class Raw:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, stage: Stage) -> Raw:
        """A fresh connection to the service."""
        host, _, port = stage.url.removeprefix("http://").partition(":")
        return cls(*await asyncio.open_connection(host, int(port), limit=2**20))

    def send(self, *parts: str | bytes) -> None:
        """Puts bytes on their way."""
        for part in parts:
            self.writer.write(part.encode() if isinstance(part, str) else part)

    async def all(self) -> bytes:
        """Everything that comes until the server closes."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one answer."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split()[1]), headers, body


def post(programme: Programme, *headers: str) -> str:
    """The head of an application by API."""
    lines = (f"POST /intake/{programme.id}/api/applications HTTP/1.1", "Host: x", "Content-Type: application/json",
             *headers)
    return "\r\n".join(lines) + "\r\n\r\n"


async def taken(stage: Stage, programme: Programme) -> int:
    """How many applications are in."""
    window = await stage.http.get(f"/intake/{programme.id}/api/window")
    return int(window.json()["applications"])


async def test_ten_megabytes_are_refused_at_once_and_the_answer_arrives(stage: Stage, opened: Opened) -> None:
    programme = await opened("ten-megabytes")
    raw = await Raw.to(stage)
    raw.send(post(programme, "Content-Length: 10000000"), b"x" * 10_000_000)
    status, headers, body = await raw.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert json.loads(body)["type"] == "/problems/too-large" and "256 KiB" in json.loads(body)["detail"]
    assert await raw.all() == b""


async def test_ten_megabytes_in_chunks_without_a_length_are_cut_off(stage: Stage, opened: Opened) -> None:
    programme = await opened("chunks")
    raw = await Raw.to(stage)
    raw.send(post(programme, "Transfer-Encoding: chunked"))
    raw.send(*(b"10000\r\n" + b"x" * 0x10000 + b"\r\n" for _ in range(160)), b"0\r\n\r\n")
    status, headers, _ = await raw.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert await taken(stage, programme) == 0


async def test_who_asks_before_sending_too_much_is_told_no_before_sending(stage: Stage, opened: Opened) -> None:
    programme = await opened("expecting")
    raw = await Raw.to(stage)
    raw.send(post(programme, "Content-Length: 10000000", "Expect: 100-continue"))
    assert (await raw.answer())[0] == 413
    assert await raw.all() == b""
    body = json.dumps(a_family()).encode()
    raw = await Raw.to(stage)
    raw.send(post(programme, f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert (await raw.answer())[0] == 100
    raw.send(body)
    assert (await raw.answer())[0] == 201


def _smuggled(programme: Programme) -> Iterator[tuple[str, str]]:
    hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    chunk = f"0\r\n\r\n{hidden}"
    yield "both lengths", post(programme, f"Content-Length: {len(chunk)}", "Transfer-Encoding: chunked") + chunk
    yield "both, the other way", post(programme, "Transfer-Encoding: chunked", "Content-Length: 4") + chunk
    yield "two lengths", post(programme, "Content-Length: 0", f"Content-Length: {len(hidden)}") + hidden
    yield "chunked twice removed", post(programme, "Transfer-Encoding: chunked, identity") + chunk
    yield "not quite chunked", post(programme, "Transfer-Encoding: xchunked") + chunk
    yield "a space before the colon", post(programme, "Content-Length : 4") + hidden
    yield "a signed length", post(programme, "Content-Length: +4") + hidden
    yield "a length of many digits", post(programme, "Content-Length: " + "9" * 40) + hidden
    yield "a folded header", post(programme, "X: a", " Content-Length: 4") + hidden
    yield "a bare line feed in a chunk", post(programme, "Transfer-Encoding: chunked") + f"2\nab\n{chunk}"


async def test_requests_that_two_servers_could_read_differently_are_refused(stage: Stage, opened: Opened) -> None:
    programme = await opened("smuggling")
    answers = {}
    for name, request in _smuggled(programme):
        raw = await Raw.to(stage)
        raw.send(request)
        answers[name] = await raw.all()
    said = {name: (answer.count(b"HTTP/1.1"), answer[9:12]) for name, answer in answers.items()}
    assert said == dict.fromkeys(said, (1, b"400"))
    assert not any(b"alive" in answer for answer in answers.values())
    assert await taken(stage, programme) == 0


@pytest.mark.parametrize("flood", [
    "".join(f"X-{number}: {'y' * 100}\r\n" for number in range(1000)), f"X: {'y' * 200_000}\r\n",
], ids=["many headers", "one long header"])
async def test_floods_of_headers_are_refused(stage: Stage, opened: Opened, flood: str) -> None:
    raw = await Raw.to(stage)
    raw.send("GET /intake/ HTTP/1.1\r\nHost: x\r\n", flood, "\r\n")
    assert (await raw.all()).startswith(b"HTTP/1.1 431 ")
    endless = await Raw.to(stage)
    endless.send("GET /", "y" * 100_000)
    assert (await endless.all()).startswith(b"HTTP/1.1 431 ")


async def test_who_is_slow_is_let_go_and_keeps_nobody_from_applying(stage: Stage, opened: Opened) -> None:
    """Slow heads, slow bodies, and connections that say nothing: more of them than there are places for applying."""
    programme = await opened("slow")
    slow_heads = [await Raw.to(stage) for _ in range(50)]
    slow_bodies = [await Raw.to(stage) for _ in range(250)]
    silent = [await Raw.to(stage) for _ in range(50)]
    for raw in slow_heads:
        raw.send("POST /intake/slow/api/applications HTTP/1.1\r\nHost: x\r\nX-A: ")
    for raw in slow_bodies:
        raw.send(post(programme, "Content-Length: 1000"), b'{"name": "')
    began = time.monotonic()

    async def drip() -> None:
        while True:
            for raw in (*slow_heads, *slow_bodies):
                raw.send(b"a")
            await asyncio.sleep(0.5)

    dripping = asyncio.create_task(drip())
    assert (await stage.apply(programme)).status_code == 201
    assert time.monotonic() - began < 5, "applying waited for the slow ones"
    answers = await asyncio.gather(*(raw.all() for raw in (*slow_heads, *slow_bodies, *silent)))
    dripping.cancel()
    # Whoever still sends when the server closes may miss the answer; that it is closed is what counts.
    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 408", b""}
    assert sum(answer != b"" for answer in answers) > len(answers) / 2
    assert await taken(stage, programme) == 1


async def test_a_body_that_breaks_off_stores_nothing(stage: Stage, opened: Opened) -> None:
    programme = await opened("broken-off")
    body = json.dumps(a_family()).encode()
    raw = await Raw.to(stage)
    raw.send(post(programme, f"Content-Length: {len(body)}"), body[:-1])
    raw.writer.close()
    await raw.writer.wait_closed()
    assert (await stage.apply(programme)).status_code == 201
    assert await taken(stage, programme) == 1
