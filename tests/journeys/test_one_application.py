"""One winner's way from form to door over public interfaces, and the one trace that shows it (B13, S08).

`docs/walkthrough.md` follows the same way through the code.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo import reading
from cli.demo.drawing import Drawing
from cli.demo.people import ATTENDANT, DEPUTY, OFFICER, designate
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces
from deploy.local.state import CHECKOUT
from shared.contracts.checkin import PartyAdmitted
from shared.contracts.intake import ApplicationTaken
from shared.contracts.lottery import ResultDrawn
from shared.contracts.notifier import NoticeSent
from shared.contracts.programme import Programme
from tests.system import System

PROGRAMME = "one-application"
PATIENCE_SECONDS = 180.0
SERVICES = {"intake", "lottery", "checkin", "notifier", "retention"}
FORM: dict[str, Any] = {
    "name": "神楽坂 澄江", "address": "東京都新宿区神楽坂4丁目7番12号 メゾン301", "age": 67,
    "telephone": "090-2741-6358", "email": "sumie.kagurazaka@example.jp", "companions": ["神楽坂 湊人"], "seats": 2,
    "language": "ja",
}  # fmt: skip
TYPED = (FORM["name"], FORM["address"], FORM["telephone"], FORM["email"], *FORM["companions"], "09027416358")


@dataclass
class Way:
    """One application's way, as its applicant and the staff saw it."""

    programme: Programme
    receipt: dict[str, Any] = field(default_factory=dict)
    mine: dict[str, Any] = field(default_factory=dict)
    draw: dict[str, Any] = field(default_factory=dict)
    admission: dict[str, Any] = field(default_factory=dict)
    mail: dict[str, Any] = field(default_factory=dict)


async def publish(interfaces: Interfaces, file: str, name: str) -> Programme:
    """A programme file of the repository under a name of its own."""
    text = (CHECKOUT / "programmes" / f"{file}.toml").read_text(encoding="utf-8").replace(file, name)
    await interfaces.call(
        "POST", "retention", "/retention/api/programmes", staff=OFFICER, content=text.encode(),
        headers={"Content-Type": "application/toml"})  # fmt: skip
    return Programme.model_validate(tomllib.loads(text))


@pytest.fixture(scope="module")
async def way(system: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Way]:
    """The way is gone once; the tests look at what it left."""
    async with Interfaces(system.urls) as interfaces:
        interfaces.knows(OFFICER, system.officer_password)
        gone = Way(await publish(interfaces, "live-site-2020", PROGRAMME))
        await walk(gone, interfaces, tmp_path_factory.mktemp("witnesses"), system.endpoints.mail_url)
        yield gone


async def walk(way: Way, interfaces: Interfaces, folder: Path, mail_url: str) -> None:
    """Form, receipt, draw, result, pass, mail, admission."""
    programme = way.programme
    driver = TimeDriver(interfaces, programme.id, OFFICER)
    await driver.to(programme.draw.timetable.commit_until - timedelta(days=1))
    await designate(interfaces, [programme.id], programme.contract.first)
    drawing = Drawing(programme, interfaces, driver, folder)
    await drawing.announce()
    await driver.to(programme.window.opens + timedelta(hours=1))
    await apply(way, interfaces)
    last = datetime.combine(programme.window.received_by, datetime.min.time(), programme.zone)
    await driver.to(last + timedelta(days=1))
    closing = f"/intake/{programme.id}/api/window/closing"
    await interfaces.call("POST", "intake", closing, staff=OFFICER, json={})
    await interfaces.call("POST", "intake", f"{closing}/confirmation", staff=DEPUTY, json={})
    await drawing.freeze()
    await drawing.reveal_and_close()
    way.draw = await drawing.ceremony_and_draw()
    await driver.settle()
    await look(way, interfaces)
    mails = await reading.read_mails(mail_url)
    way.mail = next(mail for mail in mails if way.receipt["receipt"] in mail["text"])
    await come(way, interfaces, driver)


async def apply(way: Way, interfaces: Interfaces) -> None:
    """The form, by its API."""
    wish = next(slot.id for slot in way.programme.slots if slot.seats)
    way.receipt = await interfaces.call(
        "POST", "intake", f"/intake/{way.programme.id}/api/applications", json={**FORM, "wishes": [wish]},
        headers={"Idempotency-Key": secrets.token_hex(16)}, expect=201)  # fmt: skip


async def look(way: Way, interfaces: Interfaces) -> None:
    """My application, with number and secret."""
    way.mine = await interfaces.call("POST", "intake", f"/intake/{way.programme.id}/api/mine", json={
        "receipt": way.receipt["receipt"], "secret": way.receipt["secret"]})  # fmt: skip


async def come(way: Way, interfaces: Interfaces, driver: TimeDriver) -> None:
    """At the door, five minutes after the slot began."""
    held = way.mine["passes"][0]
    slot = way.programme.slot_by_id[held["slot"]]
    await driver.to(datetime.combine(slot.day, slot.starts, way.programme.zone) + timedelta(minutes=5))
    way.admission = await interfaces.call(
        "POST", "checkin", f"/checkin/{way.programme.id}/api/admissions", staff=ATTENDANT,
        json={"token": held["token"], "slot": held["slot"], "terminal": "door-1"})  # fmt: skip
    await driver.settle()


async def eventually(reached: Callable[[], Awaitable[Any]]) -> Any:
    """What `reached` returns once it is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := await reached()):
        assert time.monotonic() < deadline, f"not reached within {PATIENCE_SECONDS} s"
        await asyncio.sleep(0.2)
    return result


async def spans_of(system: System, trace: str) -> list[dict[str, Any]]:
    """The spans of a trace as the trace viewer has them."""
    async with httpx.AsyncClient(base_url=system.endpoints.traces_url, timeout=30) as viewer:
        answer = await viewer.get(f"/api/v2/trace/{trace}")
    return list(answer.json()) if answer.status_code == 200 else []


async def test_the_winner_is_told_gets_a_pass_and_is_let_in(way: Way) -> None:
    """S07, S08, S01: the application is taken, wins, is told by one mail to its address alone, and comes in once."""
    assert way.mine["outcome"] == "won"
    assert way.draw["counts"]["won"] == 1
    assert [held["slot"] for held in way.mine["passes"]] == way.mine["won"]
    assert [to for name, to in way.mail["headers"] if name == "To"] == [FORM["email"]]
    assert way.admission["seats"] == FORM["seats"]


async def test_the_applicant_sees_who_looked_at_their_data(way: Way) -> None:
    """B16: the mail needed name and address; nobody else opened anything."""
    assert len(way.mine["accesses"]) == 1
    assert "notice" in json.dumps(way.mine["accesses"])


async def test_the_whole_way_is_one_trace(system: System, way: Way) -> None:
    """B13: every fact of the application carries the trace in which it was taken, and all five services are in it."""
    facts = await reading.read_facts(system.state)
    taken = next(one for one in facts.of(ApplicationTaken, PROGRAMME))
    trace = trace_of(taken)
    for later in (ResultDrawn, NoticeSent, PartyAdmitted):
        assert [trace_of(one) for one in facts.of(later, PROGRAMME)] == [trace], later.__name__

    async def complete() -> bool:
        # Each service sends its spans when it has a few together, so the last ones come in any order.
        spans = await spans_of(system, trace)
        heard = {span.get("tags", {}).get("messaging.message.type") for span in spans}
        asked = any(span.get("kind") == "SERVER" and name_of(span) == "intake" for span in spans)
        sent = any(span["name"] == "notifier sends a notice" for span in spans)
        return asked and sent and PartyAdmitted.TYPE in heard and {name_of(span) for span in spans} >= SERVICES

    assert await eventually(complete)


async def test_no_span_holds_anything_that_was_typed(system: System, way: Way) -> None:
    """B13: neither names nor numbers nor addresses, nor the secret or the pass, in any span of any service."""
    async with httpx.AsyncClient(base_url=system.endpoints.traces_url, timeout=60) as viewer:
        known = (await viewer.get("/api/v2/services")).json()
        assert set(known) >= SERVICES
        spans = "".join([
            (await viewer.get("/api/v2/traces", params={"serviceName": name, "limit": 5000})).text for name in known
        ])  # fmt: skip
    assert PROGRAMME in spans
    hidden = [*TYPED, way.receipt["secret"], way.mine["passes"][0]["token"]]
    found = [text for text in hidden if text in spans or json.dumps(text)[1:-1] in spans]
    assert found == []


def trace_of(message: Any) -> str:
    """The trace id in an envelope's `traceparent`."""
    return str(message.traceparent).split("-")[1]


def name_of(span: dict[str, Any]) -> str:
    """The service that a span is of."""
    return str(span["localEndpoint"]["serviceName"])
