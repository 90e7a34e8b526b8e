"""B04, B16: My application."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from services.intake.domain.receipt import receipt_number
from services.intake.settings import IntakeSettings
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.envelope import new_id
from shared.contracts.intake import ApplicationTaken
from shared.contracts.lottery import DrawStepTaken, ResultChanged, ResultDrawn
from shared.contracts.notifier import NoticeSent
from shared.contracts.privacy import AccessOpened
from shared.contracts.programme import Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage

SLOT = "2021-07-23-sumitomo-am"
FLOOR = IntakeSettings.model_fields["lookup_floor"].default


async def application_of(stage: Stage, programme: Programme, receipt: dict[str, Any]) -> str:
    """The application's id, as its fact says it."""

    async def said() -> str | None:
        facts = [one.data for one in await stage.facts(programme)]
        return next(
            (
                fact.application
                for fact in facts
                if isinstance(fact, ApplicationTaken) and fact.entry == receipt["entry"]
            ),
            None,
        )

    return str(await stage.until(said, "the fact"))


async def test_b04_wrong_secret_and_unknown_number_cannot_be_told_apart(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("not-found")
    receipt = (await stage.apply(programme)).json()
    never = receipt_number(programme, secrets.token_bytes(16))
    began = time.monotonic()
    wrong = await stage.mine(programme, {**receipt, "secret": "0" * 32})
    between = time.monotonic()
    unknown = await stage.mine(programme, {**receipt, "receipt": never})
    assert min(between - began, time.monotonic() - between) >= FLOOR
    assert wrong.status_code == unknown.status_code == 404 and wrong.content == unknown.content
    told = [[pair for pair in answer.headers.multi_items() if pair[0] != "date"] for answer in (wrong, unknown)]
    assert told[0] == told[1]
    pages = [await stage.http.post(f"/intake/{programme.id}/mine", data={"receipt": "?", "secret": it})
             for it in ("0" * 32, "no secret at all")]
    assert pages[0].content == pages[1].content and pages[0].status_code == 404


async def test_b04_guesses_at_one_number_come_one_after_the_other_and_its_owner_never_waits(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("paced")
    receipt = (await stage.apply(programme)).json()
    guesses = [asyncio.create_task(stage.mine(programme, {**receipt, "secret": f"{n:032x}"})) for n in range(9)]
    done, _ = await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
    assert {one.result().status_code for one in done} == {404}
    assert (await stage.mine(programme, receipt)).status_code == 200
    assert not all(guess.done() for guess in guesses), "the owner was answered while guesses still wait"
    assert {answer.status_code for answer in await asyncio.gather(*guesses)} == {404}


async def test_s07_b16_result_pass_notice_and_accesses_are_shown(stage: Stage, opened: Opened) -> None:
    programme = await opened("shown")
    draw = programme.draw.id
    await stage.say(
        "lottery",
        DrawStepTaken(draw=draw, step="announced", at=programme.window.opens, digest="a" * 64),
        draw,
        programme.id,
    )

    async def announced() -> Any:
        receipt = (await stage.apply(programme)).json()
        return receipt if receipt["announcement"] == "a" * 64 else None

    receipt = await stage.until(announced, "the announcement stands on the receipt")
    application = await application_of(stage, programme, receipt)
    assert (await stage.mine(programme, receipt)).json()["state"] == "受付済み・抽選待ち"

    await stage.say(
        "lottery",
        ResultDrawn(
            draw=draw,
            application=application,
            entry=receipt["entry"],
            seats=2,
            place=1,
            outcome="won",
            won=(SLOT,),
            result_digest="b" * 64,
        ),
        application,
        programme.id,
    )
    void, valid = new_id(), new_id()
    for pass_id in (void, valid):
        await stage.say(
            "checkin",
            PassIssued(
                pass_id=pass_id, application=application, slot=SLOT, seats=2, token=f"t{pass_id}"
            ),
            application,
            programme.id,
        )
    await stage.say(
        "checkin",
        PassVoided(pass_id=void, application=application, slot=SLOT, reason="reissued"),
        application,
        programme.id,
    )
    await stage.say(
        "notifier",
        NoticeSent(notice=new_id(), application=application, kind="won", way="mail", attempt=1),
        application,
        programme.id,
    )
    for subject in (application, new_id()):
        await stage.say(
            "notifier",
            AccessOpened(
                actor="notifier",
                actor_kind="service",
                role="notifier",
                service="notifier",
                purpose="notice",
                subject=subject,
                items=("name", "email"),
                at=datetime.now(UTC),
            ),
            subject,
            programme.id,
        )

    async def complete() -> Any:
        mine = (await stage.mine(programme, receipt)).json()
        tokens = [one["token"] for one in mine["passes"]]
        return mine if tokens == [f"t{valid}"] and mine["accesses"] and mine["state"] == "当選" else None

    mine = await stage.until(complete, "everything is shown")
    assert mine["won"] == [SLOT] and mine["outcome"] == "won"
    assert mine["passes"] == [{"slot": SLOT, "token": f"t{valid}"}]
    assert [(one["service"], one["purpose"], one["items"]) for one in mine["accesses"]] == [
        ("notifier", "notice", ["name", "email"])
    ]

    async def page_with_notice() -> Any:
        page = await stage.http.post(
            f"/intake/{programme.id}/mine",
            data={"receipt": receipt["receipt"], "secret": receipt["secret"], "step": "look"},
        )
        return page if "メールを送りました" in page.text else None

    page = await stage.until(page_with_notice, "the notice is shown")
    assert page.status_code == 200 and "当選しました" in page.text and "<svg" in page.text
    assert "通知システム" in page.text

    await stage.say(
        "lottery",
        ResultChanged(
            draw=draw,
            application=application,
            entry=receipt["entry"],
            seats=2,
            kind="revoked",
            slot=SLOT,
            holds=(),
        ),
        application,
        programme.id,
    )

    async def waits() -> bool:
        return bool((await stage.mine(programme, receipt)).json()["state"] == "キャンセル待ち")

    await stage.until(waits, "the seat is lost")


async def test_b04_s24_guessing_is_slowed_down(stage: Stage, opened: Opened) -> None:
    programme = await opened("guessing")
    receipt = (await stage.apply(programme)).json()
    others = [receipt_number(programme, secrets.token_bytes(16)) for _ in range(22)]
    answers = await asyncio.gather(*(stage.mine(programme, {**receipt, "receipt": it}) for it in others))
    assert answers[0].status_code == 404
    wrong = {**receipt, "secret": "0" * 32}
    slow = await stage.mine(programme, wrong)
    assert slow.status_code == 429 and int(slow.headers["Retry-After"]) >= 1
    assert (await stage.mine(programme, receipt)).status_code == 200, "whoever shares the address is not locked out"

    async def free_again() -> bool:
        return (await stage.mine(programme, wrong)).status_code == 404

    await stage.until(free_again, "after a while it may be tried again")


async def test_b01_the_digests_of_the_draw_appear_with_the_application_as_they_are_said(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("digests")
    receipt = (await stage.apply(programme)).json()
    assert (await stage.mine(programme, receipt)).json()["draw"] == dict.fromkeys(
        ("announcement", "root", "closing", "result"))
    digests = {"announced": "a" * 64, "frozen": "c" * 64, "closed": "d" * 64, "drawn": "e" * 64}
    for step, digest in digests.items():
        at = programme.window.closes
        await stage.say("lottery", DrawStepTaken(draw=programme.draw.id, step=step, at=at, digest=digest),
                        programme.draw.id, programme.id)

    async def shown() -> bool:
        return list((await stage.mine(programme, receipt)).json()["draw"].values()) == list(digests.values())

    await stage.until(shown, "all four digests are shown")
    page = await stage.http.post(
        f"/intake/{programme.id}/mine", data={"receipt": receipt["receipt"], "secret": receipt["secret"]})
    assert all(page.text.count(digests[step]) >= 1 for step in ("frozen", "closed", "drawn"))
    assert "抽選の参加者一覧の指紋" in page.text


async def test_b01_a_second_draw_is_announced_on_my_application_and_its_result_takes_the_place_of_the_first(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("second-draw")
    receipt = (await stage.apply(programme)).json()
    application, first, again = await application_of(stage, programme, receipt), programme.draw.id, "again"
    key = {"receipt": receipt["receipt"], "secret": receipt["secret"]}

    async def step(draw: str, step: str, digest: str, replaces: str | None = None) -> None:
        await stage.say("lottery", DrawStepTaken(draw=draw, step=step, at=programme.window.closes, digest=digest,  # type: ignore[arg-type]
                                                 replaces=replaces), draw, programme.id)

    async def result(draw: str, outcome: str, won: tuple[str, ...], replaces: str | None = None) -> None:
        await stage.say("lottery", ResultDrawn(
            draw=draw, application=application, entry=receipt["entry"], seats=2, place=1, outcome=outcome, won=won,  # type: ignore[arg-type]
            result_digest="9" * 64, replaces=replaces), application, programme.id)

    async def mine_is(state: str, second: bool) -> None:
        async def so() -> bool:
            mine = (await stage.mine(programme, key)).json()
            return (mine["state"], mine["second_draw"]) == (state, second)

        await stage.until(so, f"my application is {state}")

    await step(first, "announced", "a" * 64)
    await result(first, "lost", ())
    await stage.say("lottery", ResultChanged(draw=first, application=application, entry=receipt["entry"], seats=2,
                                             kind="declined", slot=None, holds=()), application, programme.id)
    await step(first, "drawn", "b" * 64)
    await mine_is("取下げ", second=False)
    await step(again, "announced", "c" * 64, replaces=first)
    await mine_is("取下げ", second=True)
    page = (await stage.http.post(f"/intake/{programme.id}/mine", data=key)).text
    assert "もう一度抽選します" in page and "c" * 64 in page and "a" * 64 not in page
    await result(again, "won", (SLOT,), replaces=first)
    await step(again, "drawn", "d" * 64)
    await mine_is("当選", second=True)
    page = (await stage.http.post(f"/intake/{programme.id}/mine", data=key)).text
    assert "第2抽選のものです" in page and "d" * 64 in page and "b" * 64 not in page
