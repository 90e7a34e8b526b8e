"""Slots are cancelled: everybody concerned is told in time, by mail, by card, or by a call that is on record (B17)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pypdf import PdfReader

from shared.contracts.lottery import ResultChanged, SlotsCancelled
from shared.contracts.notifier import NoticeCalled, NoticeFellDue, NoticeSent
from shared.contracts.privacy import AccessOpened
from shared.contracts.programme import Programme
from tests.integration.notifier.stage import CLERK, OFFICER, Applicant, Stage
from tests.integration.notifier.test_notices import draw, drawn_at, parsed

Named = Callable[[str], Programme]


async def cancel(stage: Stage, programme: Programme, at: datetime, *slots: str) -> None:
    await stage.say("lottery", SlotsCancelled(
        draw=programme.draw.id, scope="day", slots=slots, reason="day-cancelled", decision="R3-71", at=at,
    ), programme.draw.id, programme.id, at)


async def told(stage: Stage, programme: Programme, kind: type) -> dict[str, Any]:
    """Facts of cancellations by application."""
    return {message.data.application: message.data for message in await stage.said(programme)
            if isinstance(message.data, kind) and message.data.kind == "cancelled"}


async def test_b17_before_the_draw_whoever_wishes_a_cancelled_slot_is_told_in_their_language(
    stage: Stage, programme_named: Named
) -> None:
    programme = programme_named("wished")
    await stage.define(programme)
    gone, stays = programme.slots[0].id, programme.slots[9].id
    wisher = Applicant("Ann Lee", "ann@applicants.example", language="en", wishes=(gone, stays))
    card = Applicant("渡邉 花子", wishes=(gone,))
    other = Applicant("山田 太郎", "yamada@applicants.example", wishes=(stays,))
    await stage.apply(programme, [wisher, card, other])
    at = programme.window.opens + timedelta(days=2)
    await stage.tick(programme, at)
    await cancel(stage, programme, at, gone)
    await stage.tick(programme, at + timedelta(minutes=1))

    due = await told(stage, programme, NoticeFellDue)
    assert {name: due[who.application].way for name, who in (("wisher", wisher), ("card", card))} == {
        "wisher": "mail", "card": "post"}
    assert other.application not in due and {fact.due_by for fact in due.values()} == {at + timedelta(days=1)}
    mail = parsed(await stage.mail_of((await stage.mails_to("ann@applicants.example"))[0]))
    assert "中止のお知らせ" in mail["Subject"]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "ご希望の次の日時の開催の中止が決まりました" in text and "その日の開催の中止" in text
    assert "2021年7月21日（水） 10:00〜13:00（午前の部） 新宿住友ビル" in text
    assert "the following dates that you wished are cancelled" in text and "Shinjuku Sumitomo Building" in text

    base = f"/notifier/{programme.id}/api/print-runs"
    run = (await stage.ask("POST", base, status=201)).json()
    pdf = (await stage.ask("GET", f"{base}/{run['run']}/cards.pdf")).content
    side = PdfReader(io.BytesIO(pdf)).pages[1].extract_text()
    assert "中止のお知らせ" in side and "午前の部" in side


async def test_b17_on_the_eve_holders_without_mail_are_called_and_every_look_is_on_record(
    stage: Stage, programme_named: Named
) -> None:
    programme = programme_named("eve")
    await stage.define(programme)
    slot, later = programme.slots[0], programme.slots[-1].id
    mail, card = Applicant("髙﨑 𠮷子", "won@applicants.example"), Applicant("斎藤 一郎", telephone="03-9876-5432")
    wrong, unconcerned = Applicant("李 明"), Applicant("山田 太郎")
    await stage.apply(programme, [mail, card, wrong, unconcerned])
    at = drawn_at(programme)
    await stage.tick(programme, at)
    await draw(stage, programme)
    for who, won in ((mail, slot.id), (card, slot.id), (wrong, slot.id), (unconcerned, later)):
        await stage.result(programme, who, "won", [won], at)
        await stage.issue(programme, who, won, at)
    eve = datetime.combine(slot.day, slot.starts, programme.zone) - timedelta(hours=20)
    await stage.tick(programme, eve)
    await cancel(stage, programme, eve, slot.id)
    await stage.tick(programme, eve + timedelta(minutes=1))

    due = await told(stage, programme, NoticeFellDue)
    assert {who.name: due[who.application].way for who in (mail, card, wrong)} == {
        mail.name: "mail", card.name: "call", wrong.name: "call"}
    assert unconcerned.application not in due
    assert set(await told(stage, programme, NoticeSent)) == {mail.application}
    assert (await stage.ledger(programme))["to_call"] == 2
    calls = f"/notifier/{programme.id}/calls"
    listed = (await stage.ask("GET", calls)).text
    assert card.receipt in listed and "斎藤" not in listed and "9876" not in listed, "no name before it is opened"
    assert await accesses(stage, card) == 0

    opened = await stage.http.post(f"{calls}/{due[card.application].notice}", headers=stage.headers(CLERK))
    assert "斎藤 一郎 様" in opened.text and "03-9876-5432" in opened.text
    assert "入場券はお使いいただけません" in opened.text

    async def on_record() -> bool:
        return await accesses(stage, card) == 1

    await stage.until(on_record, "the look is on record")
    assert (await stage.http.post(f"{calls}/{due[card.application].notice}",
                                  headers=stage.headers(OFFICER))).status_code == 403
    for who, answer in ((card, "no-answer"), (card, "told"), (wrong, "wrong-number")):
        answered = await stage.http.post(f"{calls}/{due[who.application].notice}/answer", data={"answer": answer},
                                         headers=stage.headers(CLERK))
        assert answered.headers["location"] == f"{calls}?{answer}=1"
    again = await stage.http.post(f"{calls}/{due[card.application].notice}/answer", data={"answer": "told"},
                                  headers=stage.headers(CLERK))
    assert again.status_code == 409 and "もう要りません" in again.text
    ledger = await stage.ledger(programme)
    assert (ledger["to_call"], ledger["called"], ledger["unreached"]) == (0, 1, 1), "no card would come in time"
    await stage.say("lottery", ResultChanged(
        draw=programme.draw.id, application=unconcerned.application, entry=unconcerned.entry, seats=2, kind="revoked",
        slot=later, holds=()), unconcerned.application, programme.id, eve + timedelta(minutes=1))
    await stage.tick(programme, eve + timedelta(minutes=2))
    cut = await told(stage, programme, NoticeFellDue)
    assert cut[unconcerned.application].way == "post", "whoever loses a seat to a cut is told as well"
    called = await told(stage, programme, NoticeCalled)
    assert called[card.application].by == CLERK
    assert "斎藤" not in stage.log and "9876" not in stage.log


async def accesses(stage: Stage, applicant: Applicant) -> int:
    """How often somebody opened the telephone number of this applicant."""
    return sum(isinstance(message.data, AccessOpened) and message.data.subject == applicant.application
               and "telephone" in message.data.items for message in await stage.read("privacy.access.v1"))
