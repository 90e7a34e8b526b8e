"""B05, B10: people who are erased in the middle of telling them; a dead letter that points to what was erased."""

from __future__ import annotations

from typing import Any

from pymongo import AsyncMongoClient

from shared.contracts.envelope import new_id
from shared.contracts.erasure import ErasureOrdered, SubjectsErased
from shared.contracts.notifier import NoticeUnreached
from shared.contracts.programme import Programme
from shared.messaging import kafka
from tests.conftest import settings_of
from tests.integration.notifier.stage import OFFICER, Applicant, Stage
from tests.integration.notifier.test_notices import Named, draw, drawn_at


async def erase(stage: Stage, programme: Programme, *applicants: Applicant) -> None:
    """Orders their erasure, and waits until notifier attested it."""
    order = new_id()
    await stage.say("retention", ErasureOrdered(
        order=order, batch=new_id(), kind="application", why="request",
        subjects=tuple(one.application for one in applicants)), order, programme.id)

    async def attested() -> bool:
        return any(isinstance(one.data, SubjectsErased) and (one.data.order, one.data.service) == (order, "notifier")
                   for one in await stage.read("privacy.receipts.v1", "retention"))

    await stage.until(attested, "notifier attested the order")


async def say_unreadable(stage: Stage, subject: str) -> None:
    """A record of intake's that no reader understands."""
    producer = kafka.producer(settings_of(stage.stack, "intake"))
    await producer.start()
    unreadable = b'{"type": "intake.application-recorded.v1"}'
    await producer.send_and_wait("intake.personal.v1", unreadable, key=subject.encode())
    await producer.stop()


async def test_b10_whoever_is_erased_in_the_middle_of_a_notice_run_gets_none_and_is_accounted_for(
    stage: Stage, programme_named: Named
) -> None:
    programme = programme_named("mid-run")
    await stage.define(programme)
    at = drawn_at(programme)
    mailed, erased_mail = Applicant("山田 太郎", "stays@run.example"), Applicant("林 海", "gone@run.example")
    carded, erased_card, in_run = Applicant("佐藤 一"), Applicant("森 花"), Applicant("岡 実")
    everybody = [mailed, erased_mail, carded, erased_card, in_run]
    await stage.apply(programme, everybody)
    await stage.tick(programme, at)
    await stage.result(programme, in_run, "lost", [], at)
    await draw(stage, programme)
    await stage.tick(programme, at)
    base = f"/notifier/{programme.id}/api/print-runs"
    first = (await stage.ask("POST", base, status=201)).json()
    # One is in a print run, one waits for print, one's mail falls due only after the order.
    await stage.result(programme, erased_card, "lost", [], at)
    await stage.tick(programme, at)
    await erase(stage, programme, erased_mail, erased_card, in_run)
    for applicant in (mailed, erased_mail, carded):
        await stage.result(programme, applicant, "lost", [], at)
    await stage.tick(programme, at)

    async def told() -> Any:
        ledger = await stage.ledger(programme)
        return ledger if ledger["sent"] == 1 and ledger["unreached"] == 3 else None

    await stage.until(told, "one was told, three are unreached by order")
    assert await stage.mails_to("gone@run.example") == []
    assert len(await stage.mails_to("stays@run.example")) == 1
    second = (await stage.ask("POST", base, status=201)).json()
    assert second["cards"] == 1
    await stage.ask("GET", f"{base}/{first['run']}/cards.pdf", status=409)
    unreached = [one.data for one in await stage.said(programme) if isinstance(one.data, NoticeUnreached)]
    assert {one.cause for one in unreached} == {"erased"}
    assert {one.application for one in unreached} == {one.application for one in (erased_mail, erased_card, in_run)}


async def test_b09_a_dead_letter_that_waits_holds_nothing_and_does_not_bring_the_erased_back(
    stage: Stage, programme_named: Named
) -> None:
    """A record that could not be read waits as a pointer; its subject is erased; taken up again, it is not kept."""
    programme = programme_named("letters")
    await stage.define(programme)
    gone = Applicant("原 宏", "gone@letters.example")
    await say_unreadable(stage, gone.application)

    async def set_aside() -> Any:
        letters = (await stage.ask("GET", "/notifier/api/letters", by=OFFICER)).json()
        return next((one for one in letters if one["letter"].startswith("intake.personal.v1/")), None)

    letter = await stage.until(set_aside, "the record is set aside")
    assert set(letter) == {"letter", "state", "cause", "event_type", "at"}
    await stage.record(programme, [gone])  # waits behind it
    await erase(stage, programme, gone)
    await stage.ask("POST", "/notifier/api/letters/dismissal", {"letter": letter["letter"]}, by=OFFICER, status=202)

    async def empty() -> bool:
        return (await stage.ask("GET", "/notifier/api/letters", by=OFFICER)).json() == []

    await stage.until(empty, "what waited behind it is settled")
    async with AsyncMongoClient[dict[str, Any]](settings_of(stage.stack, "notifier").mongo_uri()) as client:
        assert await client["notifier"]["personal"].find_one({"_id": gone.application}) is None
