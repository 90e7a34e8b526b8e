"""Two replicas of intake on one store: nothing is doubled, nothing is lost, keys change under both."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from shared.contracts.envelope import decode
from shared.contracts.programme import Programme
from shared.privacy.sealing import unseal
from tests.conftest import settings_of
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.integration.intake.test_erasure import order
from tests.integration.intake.test_mine import application_of
from tests.stages.process import Process


class Second:
    """The other replica."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.process = stage, Process(stage.state, "intake", replica=2)
        port = stage.stack.ports.of("intake-2")
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, limits=httpx.Limits(max_connections=200))
        self.process.start(KUJIBIKI_HTTP_PORT=str(port))

    async def is_ready(self) -> bool:
        """Whether it says so."""
        assert self.process.runs, self.process.log[-4000:]
        try:
            return (await self.http.get("/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    async def knows(self, programme: Programme) -> None:
        """Waits until it has heard of the programme."""
        async def known() -> bool:
            return (await self.http.get(f"/intake/{programme.id}/api/window")).status_code == 200

        await self.stage.until(known, "the second replica knows the programme")


@pytest.fixture(scope="module")
async def second(stage: Stage) -> AsyncIterator[Second]:
    """The stage's intake has company."""
    it = Second(stage)
    try:
        await stage.until(it.is_ready, "the second replica is ready")
        yield it
    finally:
        it.process.kill()
        await it.http.aclose()


async def apply(http: httpx.AsyncClient, programme: Programme, key: str, family: dict[str, Any]) -> httpx.Response:
    """Sends an application to one of the two."""
    return await http.post(f"/intake/{programme.id}/api/applications", json=family, headers={"Idempotency-Key": key})


async def numbered(stage: Stage, programme: Programme) -> dict[int, list[int]]:
    """Partition → numbers of the facts, in the order in which they are on Kafka, twice where one was sent twice."""
    numbers: dict[int, list[int]] = {}
    for partition, value in await stage.read_raw("intake.applications.v1"):
        message = decode(value or b"")
        if message.programme == programme.id:
            numbers.setdefault(partition, []).append(message.data.number)
    return numbers


async def test_one_key_sent_to_both_at_the_same_instant_is_one_application(
    stage: Stage, opened: Opened, second: Second
) -> None:
    programme = await opened("two-replicas")
    await second.knows(programme)
    families = [a_family() for _ in range(60)]
    pairs = await asyncio.gather(*(
        asyncio.gather(*(apply(http, programme, f"key {number}", family) for http in (stage.http, second.http)))
        for number, family in enumerate(families)))
    assert Counter(answer.status_code for pair in pairs for answer in pair) == {201: 120}
    assert all(one.json() == other.json() for one, other in pairs), "one receipt, one secret"
    assert len({one.json()["receipt"] for one, _ in pairs}) == 60

    async def all_said() -> bool:
        return len(await stage.facts(programme)) >= 60

    await stage.until(all_said, "60 facts")
    numbers = await numbered(stage, programme)
    assert sum(map(len, numbers.values())) == 60
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values()), "in order, by one relay"
    for one, _ in pairs[:3]:  # what one took, the other shows
        body = {"receipt": one.json()["receipt"], "secret": one.json()["secret"]}
        assert (await second.http.post(f"/intake/{programme.id}/api/mine", json=body)).status_code == 200


async def test_a_retry_across_a_change_of_keys_is_the_same_application_at_either(
    stage: Stage, opened: Opened, second: Second
) -> None:
    programme = await opened("retry-across")
    await second.knows(programme)
    await stage.move_to(programme, programme.window.closes - timedelta(days=2))
    family, card = a_family(), {"telephone": "03-3209-1111"}
    first = await apply(stage.http, programme, "lost answer", family)
    keyed = await stage.key_in(programme, "HG-1", **card)
    assert (first.status_code, keyed.status_code) == (201, 201)
    await stage.rotate()
    for http in (second.http, stage.http):
        again = await apply(http, programme, "lost answer", family)
        assert again.status_code == 201 and again.json() == first.json()
        other = await apply(http, programme, "lost answer", {**family, "seats": 1})
        assert other.json()["type"] == "/problems/idempotency-key-used"
    # A card has no secret by which its content could be known again; it is refused, and not taken twice.
    assert (await stage.key_in(programme, "HG-1", **card)).status_code == 422
    window = await stage.http.get(f"/intake/{programme.id}/api/window")
    assert window.json()["applications"] == 2


async def test_b09_a_replica_that_slept_through_a_change_of_keys_writes_nothing_under_dead_ones(
    stage: Stage, opened: Opened, second: Second
) -> None:
    programme = await opened("slept")
    await second.knows(programme)
    assert (await apply(second.http, programme, "before", a_family())).status_code == 201
    os.kill(second.process.pid, signal.SIGSTOP)
    try:
        late = [asyncio.create_task(apply(second.http, programme, f"late {one}", a_family())) for one in range(20)]
        await stage.rotate()
    finally:
        os.kill(second.process.pid, signal.SIGCONT)
    answers = await asyncio.gather(*late)
    assert {answer.status_code for answer in answers} <= {201, 503}
    taken = [answer.json()["receipt"] for answer in answers if answer.status_code == 201]

    async def records() -> list[Any]:
        found = [one for one in await stage.read("intake.personal.v1") if one.programme == programme.id]
        return found if len({one.subject for one in found}) == len(taken) + 1 else []

    newest = {one.subject: one for one in await stage.until(records, "all records are on Kafka")}
    for pair in await stage.read("privacy.recipients.v1", "notifier"):
        stage.rings["notifier"].apply(pair)
    stage.rings["notifier"].forget_before(stage.rings["notifier"].current.epoch)
    for subject, one in newest.items():
        part = one.data.part_for("notifier")
        assert "name" in unseal(stage.rings["notifier"], part, programme.id, subject, one.data.version)
    async with AsyncMongoClient[dict[str, Any]](settings_of(stage.stack, "intake").mongo_uri()) as client:
        documents = await client["intake"]["applications"].find({"programme": programme.id}).to_list(None)
    assert {one["receipt"] for one in documents} >= set(taken) and len(documents) == len(taken) + 1


async def test_an_order_to_erase_is_carried_out_once_by_two(stage: Stage, opened: Opened, second: Second) -> None:
    programme = await opened("erased-by-two")
    await second.knows(programme)
    receipt = (await apply(second.http, programme, "gone", a_family())).json()
    await order(stage, programme, await application_of(stage, programme, receipt), "request")
    body = {"receipt": receipt["receipt"], "secret": receipt["secret"]}
    for http in (stage.http, second.http):
        assert (await http.post(f"/intake/{programme.id}/api/mine", json=body)).status_code == 410


async def test_kill_9_of_one_of_two_loses_no_acknowledged_application_and_doubles_none(
    stage: Stage, opened: Opened, second: Second
) -> None:
    programme = await opened("one-of-two-killed")
    await second.knows(programme)
    families = [a_family() for _ in range(160)]
    receipts: dict[int, str] = {}
    enough = asyncio.Event()

    async def send(number: int) -> None:
        http = second.http if number % 2 else stage.http
        try:
            answer = await apply(http, programme, f"key {number}", families[number])
        except httpx.HTTPError:
            return
        assert answer.status_code in (201, 503)
        if answer.status_code == 201:
            receipts[number] = answer.json()["receipt"]
        if len(receipts) == 40:
            enough.set()

    sending = [asyncio.create_task(send(number)) for number in range(len(families))]
    await enough.wait()
    second.process.kill()
    await asyncio.gather(*sending)

    async def again(number: int) -> str | None:
        """Whoever got no answer sends again, and so does everybody else. A transaction that the dead one had open may
        hold a partition for some seconds: then it says so, and may be asked once more."""
        answer = await apply(stage.http, programme, f"key {number}", families[number])
        assert answer.status_code in (201, 503) and ("retry-after" in answer.headers) == (answer.status_code == 503)
        return str(answer.json()["receipt"]) if answer.status_code == 201 else None

    for number in range(len(families)):
        receipt = await stage.until(partial(again, number), "the other one takes it")
        assert receipts.setdefault(number, receipt) == receipt

    async def all_said() -> bool:
        return len({one.data.application for one in await stage.facts(programme)}) == len(families)

    await stage.until(all_said, "everybody's fact", 120)
    facts = await stage.facts(programme)
    assert len(facts) == len(families) == len({one.data.receipt for one in facts} & set(receipts.values()))
    distinct = {partition: sorted(set(found)) for partition, found in (await numbered(stage, programme)).items()}
    assert all(found == list(range(1, len(found) + 1)) for found in distinct.values())
