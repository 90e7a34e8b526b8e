"""Searches every place that keeps something for what people typed; silence counts only where a canary is found.

The recipients' mailboxes (the mail catcher) are outside: what was sent to people is theirs.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import ahocorasick
import httpx
from pymongo import MongoClient

from cli.demo.reading import every_record
from deploy.local.environment import Endpoints
from deploy.local.state import State
from shared.contracts.topics import SERVICES

CHUNK = 4 * 1024 * 1024
OVERLAP = 4096
SHORTEST = 7


def encodings(text: str) -> Iterator[bytes]:
    """The forms in which `text` could lie somewhere: UTF-8, JSON and URL escapes, UTF-16, base64 at any alignment."""
    plain = text.encode()
    yield plain
    yield json.dumps(text).strip('"').encode()
    yield quote(text).encode()
    yield text.encode("utf-16-le")
    for alignment in range(3):
        coded = base64.b64encode(b"\0" * alignment + plain)
        # The first and last characters depend on the neighbours; what is between does not.
        stable = coded[-(-alignment * 8 // 6) : len(coded) - 4]
        yield stable
        yield stable.replace(b"+", b"-").replace(b"/", b"_")


def variants(text: str) -> Iterator[str]:
    """What a program might make of a telephone number or an address: digits only, with the country's prefix."""
    yield text
    yield text.replace(" ", "")
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(r"[0-9-]+", text) and len(digits) >= 10:
        yield digits
        yield "+81" + digits[1:]


@dataclass
class Place:
    """What was searched in one place, and what was found there."""

    name: str
    searched: int = 0
    found: int = 0
    canary: bool = False
    where: set[str] = field(default_factory=set)


class Search:
    """Looks for many texts at once."""

    def __init__(self, typed: Iterable[str], canary: str) -> None:
        self._automaton = ahocorasick.Automaton()
        for text in set(typed):
            for variant in variants(text):
                self._add(variant, False)
        self._add(canary, True)
        self._automaton.make_automaton()

    def _add(self, text: str, canary: bool) -> None:
        for form in encodings(text):
            if len(form) >= SHORTEST:
                self._automaton.add_word(form.decode("latin-1"), canary)

    def look(self, place: Place, data: bytes, where: str) -> None:
        """Searches `data`."""
        place.searched += len(data)
        if not data.strip(b"\0"):
            return
        for _, canary in self._automaton.iter(data.decode("latin-1")):
            if canary:
                place.canary = True
            else:
                place.found += 1
                place.where.add(where)

    def look_file(self, place: Place, path: Path) -> None:
        """Searches a file, in bounded memory."""
        try:
            with path.open("rb") as file:
                for start, end in _written(file):
                    file.seek(start)
                    tail = b""
                    while chunk := file.read(min(CHUNK, end - file.tell())):
                        self.look(place, tail + chunk, path.name)
                        tail = chunk[-OVERLAP:]
        except FileNotFoundError:
            return  # compacted or rotated away meanwhile


def _written(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """The parts of a sparse file that were ever written: brokers reserve gigabytes that are not there."""
    end = 0
    while True:
        try:
            start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        except OSError:  # nothing written from here to the end
            return
        yield start, end


def plant_in_logs_and_spans(state: State, canary: str) -> None:
    """A line in a log of its own, and a span: where the interfaces leave no way to put a text of one's own."""
    points = Endpoints.load(state)
    (state.logs / "canary.log").write_text(f"planted for the search: {canary}\n")
    span = {
        "traceId": "0" * 31 + "1",
        "id": "0" * 15 + "1",
        "name": "canary",
        "timestamp": _now_us(),
        "duration": 1,
        "localEndpoint": {"serviceName": "canary"},
        "tags": {"planted": canary},
    }
    httpx.post(points.zipkin_spans, json=[span], timeout=30).raise_for_status()


def _now_us() -> int:
    import time

    return int(time.time() * 1_000_000)


async def search_everywhere(state: State, search: Search, leave_out: Iterable[Path]) -> list[Place]:
    """Topics, database rows, spans, and every file of the state folder but mailboxes and `leave_out`."""
    places = [await _topics(state, search), _rows(state, search), _spans(state, search)]
    outside = {(state.data / "mail").resolve(), *(path.resolve() for path in leave_out)}
    for name, folder in (
        ("topic files", state.data / "kafka"),
        ("database files", state.data / "mongo"),
        ("logs", state.logs),
        ("other files", state.root),
    ):
        place = Place(name)
        skip = outside if name != "other files" else outside | {state.data.resolve(), state.logs.resolve()}
        for path in _files(folder, skip):
            search.look_file(place, path)
        places.append(place)
    return places


def _files(folder: Path, skip: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() or path.resolve() in skip:
            continue
        if path.is_dir():
            yield from _files(path, skip)
        elif path.is_file():
            yield path


async def _topics(state: State, search: Search) -> Place:
    place = Place("topics")
    async for record in every_record(state):
        search.look(place, (record.key or b"") + b"\n" + (record.value or b""), record.topic)
    return place


def _rows(state: State, search: Search) -> Place:
    from bson.raw_bson import RawBSONDocument

    place = Place("database rows")
    uri = (state.user("auditor") / "mongo-uri").read_text().strip()
    with MongoClient(uri, document_class=RawBSONDocument) as client:
        for service in SERVICES:
            for name in client[service].list_collection_names():
                for row in client[service][name].find():
                    search.look(place, bytes(row.raw), f"{service}.{name}")
    return place


def _spans(state: State, search: Search) -> Place:
    place = Place("spans")
    base = Endpoints.load(state).zipkin_spans.removesuffix("/spans")
    with httpx.Client(timeout=120) as client:
        names = client.get(f"{base}/services").json()
        for name in names:
            traces = client.get(f"{base}/traces", params={"serviceName": name, "limit": 20000, "lookback": 86_400_000})
            search.look(place, traces.content, f"spans of {name}")
    return place
