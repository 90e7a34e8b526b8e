"""Delivery on a real Kafka and MongoDB: nothing lost, nothing done twice (B12's ground, S25)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from shared.contracts.envelope import Envelope, derived_id, encode, envelope, new_id
from shared.contracts.intake import ApplicationWithdrawn
from shared.contracts.privacy import ApplicationRecorded, Part
from shared.contracts.programme import ClockTicked, TickDone
from shared.messaging import kafka, quiet
from shared.messaging.consumer import Subscription
from shared.messaging.transaction import OUTBOX, Transaction, is_duplicate
from shared.platform import progress
from shared.platform.service import PART_FAILED, Service
from shared.privacy.records import Records
from tests.conftest import Make, until

TOPIC = "intake.applications.v1"


def said(service: Service, subject: str, number: int = 1, event_id: str | None = None) -> object:
    """Work that says one event about `subject`."""

    async def work(tx: Transaction) -> None:
        tx.say(
            ApplicationWithdrawn(application=subject, number=number),
            subject=subject,
            programme="delivery",
            at=service.clock.now("delivery"),
            event_id=event_id,
        )

    return work


class Hearer:
    """Notes the numbers it hears about one test's subjects; refuses those it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.refused: set[tuple[str, int]] = set()

    async def hear(self, tx: Transaction, message: Envelope[ApplicationWithdrawn]) -> None:
        fact = (message.data.application, message.data.number)
        if fact in self.refused:
            raise ValueError("this one cannot be handled")
        tx.insert("heard", {"_id": f"{message.id}", "subject": message.data.application})
        self.heard.append(fact)

    def prepare(self, service: Service) -> None:
        service.hears(Subscription(TOPIC, {ApplicationWithdrawn: self.hear}))

    def of(self, subject: str) -> list[int]:
        return [number for known, number in self.heard if known == subject]


async def test_an_event_committed_before_a_kill_is_sent_by_the_successor(services: Make) -> None:
    """A process killed between commit and send loses nothing: its successor's relay finds the row by its state."""
    killed = await services("intake", start=False)  # its relay never runs
    subject = new_id()
    await killed.transactions.run(said(killed, subject))
    assert await killed.database[OUTBOX].find_one({"events.key": subject})
    hearer = Hearer()
    await services("notifier", hearer.prepare)
    successor = await services("intake")
    await until(lambda: hearer.of(subject))
    assert hearer.of(subject) == [1]
    assert not await successor.database[OUTBOX].find_one({"events.key": subject})


async def test_a_failed_transaction_says_nothing_and_leaves_the_others_of_its_group(services: Make) -> None:
    intake = await services("intake")
    hearer = Hearer()
    await services("notifier", hearer.prepare)
    good, bad = new_id(), new_id()

    async def failing(tx: Transaction) -> None:
        await said(intake, bad)(tx)  # type: ignore[operator]
        raise ValueError("refused after it had spoken")

    results = await asyncio.gather(
        *(intake.transactions.grouped(work) for work in (said(intake, good, 1), failing, said(intake, good, 2))),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError)
    await until(lambda: len(hearer.of(good)) == 2)
    assert sorted(hearer.of(good)) == [1, 2]
    assert hearer.of(bad) == []


async def test_what_is_only_noted_is_committed_with_its_hooks_and_refused_alone(services: Make) -> None:
    """Such a group goes through a thread, statement by statement, and ends as one through the loop does."""
    intake = await services("intake", start=False)
    rows, subjects = intake.database["noted"], [new_id() for _ in range(30)]
    await intake.transactions.run(partial(_inserted, "noted", subjects[0]))

    async def count(tx: Transaction) -> None:
        there = [row["_id"] async for row in tx.database["noted"].find({"at": "before"}, session=tx.session)]
        assert await tx.database["noted"].count_documents({"at": "before"}, session=tx.session) == len(there) == 1
        tx.insert("counted", {"_id": new_id(), "of": there})

    def note(subject: str, tx: Transaction) -> str:
        tx.insert("noted", {"_id": subject, "at": "group"})
        tx.before_commit(count, "count")
        tx.say(ApplicationWithdrawn(application=subject, number=1), subject=subject, programme="delivery",
               at=intake.clock.now("delivery"))
        return subject

    noted = await asyncio.gather(
        *(intake.transactions.noted(partial(note, subject)) for subject in subjects), return_exceptions=True)
    assert is_duplicate(noted[0]) and noted[1:] == subjects[1:]
    assert await rows.count_documents({"_id": {"$in": subjects}, "at": "group"}) == len(subjects) - 1
    assert await intake.database["counted"].count_documents({"of": [subjects[0]]}) >= 1
    said_of = [event["key"] async for row in intake.database[OUTBOX].find({}) for event in row["events"]]
    assert sorted(key for key in said_of if key in subjects) == sorted(subjects[1:])


async def _inserted(collection: str, subject: str, tx: Transaction) -> None:
    tx.insert(collection, {"_id": subject, "at": "before"})


async def test_a_client_that_hands_out_nothing_though_there_is_something_is_replaced(
    services: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients: list[AIOKafkaConsumer] = []

    def first_one_deaf(*arguments: Any, **options: Any) -> AIOKafkaConsumer:
        client = aiokafka_client(*arguments, **options)
        if options.get("group") == "notifier":
            clients.append(client)
            if len(clients) == 1:
                client.getmany, client.stop = hears_nothing, partial(stopped_as_if_cancelled, client.stop)
        return client

    async def hears_nothing(**_: Any) -> dict[str, list[object]]:
        await asyncio.sleep(0.05)
        return {}

    async def stopped_as_if_cancelled(stop: Any) -> None:
        await stop()
        raise asyncio.CancelledError  # what aiokafka does where it is stopped while it repeats a fetch

    aiokafka_client = kafka.consumer
    monkeypatch.setattr(kafka, "consumer", first_one_deaf)
    monkeypatch.setattr(quiet, "QUIET_SECONDS", 0.5)
    intake, hearer, subject = await services("intake"), Hearer(), new_id()
    await services("notifier", hearer.prepare)
    await intake.transactions.run(said(intake, subject))
    await until(lambda: hearer.of(subject))
    assert len(clients) >= 2


async def test_a_tick_is_answered_though_kafka_went_away_while_the_service_looked_whether_it_was_at_rest(
    services: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[AIOKafkaConsumer] = []

    def away_at_first(*arguments: Any, **options: Any) -> AIOKafkaConsumer:
        client = aiokafka_client(*arguments, **options)
        if options.get("group") == "checkin":
            client.end_offsets = partial(away_once, client, client.end_offsets)
        return client

    async def away_once(client: AIOKafkaConsumer, ask: Any, partitions: Any) -> Any:
        asked.append(client)
        if len(asked) == 1:
            await asyncio.Event().wait()  # for an answer that never comes
        return await ask(partitions)

    aiokafka_client, done = kafka.consumer, list[TickDone]()

    async def hear(_: Transaction, message: Envelope[TickDone]) -> None:
        if message.programme == "away":
            done.append(message.data)

    async def tick(tx: Transaction) -> None:
        tx.say(ClockTicked(number=1, at=at), subject="away", programme="away", at=at)

    at = datetime(2031, 6, 1, tzinfo=UTC)
    monkeypatch.setattr(kafka, "consumer", away_at_first)
    monkeypatch.setattr(progress, "ASK_SECONDS", 3.0)
    retention = await services(
        "retention", lambda service: service.hears(Subscription(TickDone.TOPIC, {TickDone: hear})))
    await services("checkin")
    await retention.transactions.run(tick)
    await until(lambda: [one for one in done if (one.part, one.number) == ("checkin", 1)])
    assert len(asked) >= 2 and asked[0] is not asked[1]


async def test_a_part_that_ends_as_if_cancelled_while_nobody_stops_the_service_ends_the_process(
    services: Make,
) -> None:
    ended: list[int] = []

    async def cancelled() -> None:
        raise asyncio.CancelledError

    def prepare(service: Service) -> None:
        service.on_failure = ended.append
        service.runs(cancelled)

    service = await services("checkin", prepare)
    await until(lambda: ended)
    await service.stop()
    assert ended == [PART_FAILED]


async def test_the_same_event_twice_on_the_topic_is_handled_once(services: Make) -> None:
    intake = await services("intake")
    hearer = Hearer()
    await services("notifier", hearer.prepare)
    subject, last = new_id(), new_id()
    record = encode(
        envelope(
            ApplicationWithdrawn(application=subject, number=1),
            source="intake",
            subject=subject,
            programme="delivery",
            at=intake.clock.now("delivery"),
        )
    )
    producer = kafka.producer(intake.settings)
    await producer.start()
    try:
        for _ in range(3):
            await producer.send_and_wait(TOPIC, record, key=b"same-key")
        marker = encode(
            envelope(
                ApplicationWithdrawn(application=last, number=1),
                source="intake",
                subject=last,
                programme="delivery",
                at=intake.clock.now("delivery"),
            )
        )
        await producer.send_and_wait(TOPIC, marker, key=b"same-key")
    finally:
        await producer.stop()
    await until(lambda: hearer.of(last))
    assert hearer.of(subject) == [1]


async def test_two_replicas_of_a_consumer_share_the_work_and_repeat_nothing(services: Make) -> None:
    intake = await services("intake")
    first, second = Hearer(), Hearer()
    first_replica = await services("notifier", first.prepare, replica=1)
    subject = uuid4().hex
    facts = [derived_id(subject, str(number)) for number in range(300)]
    for start in range(0, 150, 50):
        await asyncio.gather(*(intake.transactions.grouped(said(intake, fact)) for fact in facts[start : start + 50]))
    await services("notifier", second.prepare, replica=2)  # joins in the middle
    for start in range(150, 300, 50):
        await asyncio.gather(*(intake.transactions.grouped(said(intake, fact)) for fact in facts[start : start + 50]))
    # A handler may run again where the rebalance rolled its transaction back; what it wrote is there once.
    rows = first_replica.database["heard"]

    async def written() -> bool:
        return await rows.count_documents({"subject": {"$in": facts}}) >= len(facts)

    await until(written)
    assert await rows.count_documents({"subject": {"$in": facts}}) == len(facts)


async def test_a_poison_message_is_set_aside_its_key_waits_and_others_go_on(services: Make) -> None:
    """What cannot be handled becomes a pointer without payload; replay takes the key up again in order."""
    intake = await services("intake")
    hearer = Hearer()
    notifier = await services("notifier", hearer.prepare)
    poisoned, other = new_id(), new_id()
    hearer.refused.add((poisoned, 1))
    for number in (1, 2, 3):
        await intake.transactions.run(said(intake, poisoned, number))
    await intake.transactions.run(said(intake, other))
    await until(lambda: hearer.of(other))
    letters = await until(lambda: _letters(notifier, poisoned, 3))
    assert [letter["state"] for letter in letters] == ["dead", "waiting", "waiting"]
    assert hearer.of(poisoned) == []
    assert poisoned not in str([letter["cause"] for letter in letters])

    hearer.refused.clear()
    assert await notifier.letters.ask_replay(letters[0]["_id"], by="officer-1")
    await until(lambda: len(hearer.of(poisoned)) == 3)
    assert hearer.of(poisoned) == [1, 2, 3]
    assert await _letters(notifier, poisoned, 0) == []


async def test_a_dismissed_letter_frees_the_key_behind_it(services: Make) -> None:
    intake = await services("intake")
    hearer = Hearer()
    notifier = await services("notifier", hearer.prepare)
    poisoned = new_id()
    hearer.refused.add((poisoned, 1))
    for number in (1, 2):
        await intake.transactions.run(said(intake, poisoned, number))
    letters = await until(lambda: _letters(notifier, poisoned, 2))
    assert await notifier.letters.dismiss(letters[0]["_id"], by="officer-1")
    await until(lambda: hearer.of(poisoned))
    assert hearer.of(poisoned) == [2]


async def test_records_taken_together_keep_the_latest_of_each_subject_and_nothing_of_the_erased(
    services: Make,
) -> None:
    """Versions and wrappings of one record may lie in one transaction, in any order, or meet one that is kept."""
    notifier = await services("notifier", start=False)
    kept, new, gone, other = (new_id() for _ in range(4))
    await notifier.transactions.run(partial(_take, notifier.records, said=[_record(kept, 2)]))
    await notifier.database["erased"].insert_one({"_id": gone})
    await notifier.transactions.run(partial(_take, notifier.records, said=[
        _record(new, 1), _record(new, 2, wrapping=2), _record(new, 2), _record(gone, 1), _record(other, 1),
        _record(kept, 1), _record(kept, 2, wrapping=2)]))
    parts = await notifier.records.parts([kept, new, gone, other])
    assert {subject: (version, part.ciphertext) for subject, (_, version, part) in parts.items()} == {
        kept: (2, "2/2"), new: (2, "2/2"), other: (1, "1/1")}
    await notifier.transactions.run(partial(_take, notifier.records, said=[_record(kept, 1), _record(new, 2)]))
    assert await notifier.records.parts([kept, new]) == {kept: parts[kept], new: parts[new]}
    await notifier.stop()


async def _take(records: Records, tx: Transaction, *, said: Sequence[ApplicationRecorded]) -> None:
    for record in said:
        await records.take(tx, envelope(
            record, source="intake", subject=record.subject, programme="delivery", at=datetime.now(UTC)))


def _record(subject: str, version: int, wrapping: int = 1) -> ApplicationRecorded:
    part = Part(recipient="notifier", pair=new_id(), wrapped_key="", nonce="", ciphertext=f"{version}/{wrapping}")
    return ApplicationRecorded(subject=subject, version=version, wrapping=wrapping, parts=(part,))


async def _letters(service: Service, key: str, count: int) -> list[dict[str, object]]:
    letters = [letter for letter in await service.letters.all() if letter["key"] == key]
    return sorted(letters, key=lambda letter: letter["offset"]) if len(letters) == count else []


async def test_s24_a_service_cannot_say_what_is_not_its_to_say(services: Make) -> None:
    intake = await services("intake")

    async def work(tx: Transaction) -> None:
        tx.say(
            ApplicationWithdrawn(application=new_id(), number=1),
            topic="lottery.results.v1",
            subject="x",
            programme="delivery",
            at=intake.clock.now("delivery"),
        )

    with pytest.raises(PermissionError, match=r"may not write lottery\.results\.v1"):
        await intake.transactions.run(work)
