"""A second draw is told to everybody in it before it freezes, and its results are told once more (B01)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from shared.contracts.lottery import DrawStepTaken, ResultDrawn
from shared.contracts.notifier import NoticeFellDue, second_draw_id
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import PreviousDraw
from tests.integration.notifier.stage import Applicant, Stage
from tests.integration.notifier.test_notices import draw, parsed


def text_of(raw: bytes) -> str:
    return str(parsed(raw).get_body(("plain",)).get_content())  # type: ignore[union-attr]


async def test_b01_everybody_in_a_second_draw_hears_of_it_and_of_its_result(
    stage: Stage, programme_named: Callable[[str], Programme]
) -> None:
    programme = programme_named("second-draw")
    await stage.define(programme)
    mail, card = Applicant("山田 太郎", "second@applicants.example"), Applicant("渡邉 花子")
    other, slot = Applicant("李 明", "not-counted@applicants.example"), programme.slots[0].id
    await stage.apply(programme, [mail, card, other])
    await stage.decide(programme, other, "duplicate", None)
    at = await draw(stage, programme)
    await stage.result(programme, mail, "lost", [], at)
    await stage.result(programme, card, "won", [slot], at)
    await stage.issue(programme, card, slot, at)
    await stage.tick(programme, at + timedelta(minutes=1))
    assert len(await stage.mails_to("second@applicants.example")) == 1

    previous = PreviousDraw(draw=programme.draw.id, reason="rules-wrong", decision="R3-9")
    again = programme.model_copy(update={"version": 2, "draw": programme.draw.model_copy(update={
        "id": f"{programme.draw.id}-again", "previous": previous})})
    await stage.define(again)
    second, name = again.draw.id, programme.id
    await stage.tick(programme, at + timedelta(minutes=2))
    assert len(await stage.mails_to("second@applicants.example")) == 1, "defined is not announced"
    await stage.say("lottery", DrawStepTaken(draw=second, step="announced", at=at, digest="2" * 64,
                                             replaces=programme.draw.id), second, name, at)
    await stage.tick(programme, at + timedelta(minutes=3))
    told = {message.data for message in await stage.said(programme)
            if isinstance(message.data, NoticeFellDue) and message.data.kind == "second-draw"}
    assert {(fact.notice, fact.way, fact.draw) for fact in told} == {
        (second_draw_id(name, one.application, second), way, second) for one, way in ((mail, "mail"), (card, "post"))}
    assert {fact.due_by for fact in told} == {at + timedelta(days=1)}
    newest = (await stage.mails_to("second@applicants.example"))[0]
    text = text_of(await stage.mail_of(newest))
    assert "第2抽選" in text and "抽選の規則の誤り" in text and "2" * 64 in text

    for one, outcome, won in ((mail, "won", (slot,)), (card, "lost", ())):
        await stage.say("lottery", ResultDrawn(
            draw=second, application=one.application, entry=one.entry, seats=2, place=1, outcome=outcome, won=won,  # type: ignore[arg-type]
            result_digest="8" * 64, replaces=programme.draw.id), one.application, name, at)
    await stage.issue(programme, mail, slot, at)
    await stage.tick(programme, at + timedelta(minutes=4))
    assert len(await stage.mails_to("second@applicants.example")) == 2, "no result before the draw is drawn"
    later = at + timedelta(days=3)
    await stage.say("lottery", DrawStepTaken(draw=second, step="drawn", at=later, digest="7" * 64), second, name, later)
    await stage.tick(programme, later)
    mails = await stage.mails_to("second@applicants.example")
    assert len(mails) == 3
    texts = [text_of(await stage.mail_of(one)) for one in mails]
    assert sum("前にお知らせした結果に代わります" in text and "当選" in text for text in texts) == 1
    kinds = [(fact.application, fact.kind, fact.due_by) for message in await stage.said(programme)
             if isinstance(fact := message.data, NoticeFellDue)]
    first, announced, last = at + timedelta(days=5), at + timedelta(days=1), later + timedelta(days=5)
    assert sorted(kinds) == sorted([
        (other.application, "not-counted", first),
        *((one.application, *told) for one, before, after in ((mail, "lost", "won"), (card, "won", "lost"))
          for told in ((before, first), ("second-draw", announced), (after, last)))])
