"""Notices from facts to outcome, on real Kafka, MongoDB and SMTP with STARTTLS."""

from __future__ import annotations

import email
import email.policy
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

from pypdf import PdfReader

from shared.contracts.intake import AtDesk, DetailsChanged, ReceiptRenewed
from shared.contracts.notifier import NoticeFellDue, NoticePosted, NoticePrinted, NoticeSent
from shared.contracts.programme import Programme
from tests.integration.notifier.stage import CLERK, OFFICER, Applicant, Stage

Named = Callable[[str], Programme]


def drawn_at(programme: Programme) -> datetime:
    return programme.draw.timetable.close_from + timedelta(days=1)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


async def draw(stage: Stage, programme: Programme) -> datetime:
    """The programme's time is the draw's; every step is said."""
    at = drawn_at(programme)
    await stage.step(programme, "announced", "a" * 64, programme.draw.timetable.commit_until)
    await stage.step(programme, "closed", "c" * 64, at - timedelta(hours=1))
    await stage.step(programme, "drawn", "d" * 64, at)
    return at


async def test_s07_everybody_is_told_once_by_mail_or_by_post(stage: Stage, programme_named: Named) -> None:
    """S07, S22, S23, S02, B05: facts in any order, mails by SMTP with TLS, the rest on postcards; the ledger closes."""
    programme = programme_named("everybody")
    await stage.define(programme)
    at, slot = drawn_at(programme), programme.slots[0].id
    won = Applicant("髙﨑 𠮷子", "won@applicants.example")
    lost = Applicant("山田 太郎", "ta..ro@docomo.example")
    waiting, twice = Applicant("李 明", "waiting@applicants.example"), Applicant("李 明", "other@applicants.example")
    card_won, card_lost = Applicant("渡邉 花子"), Applicant("斎藤 一郎")
    everybody = [won, lost, waiting, twice, card_won, card_lost]

    # Results and passes come before the facts of intake, and the records last.
    await stage.result(programme, won, "won", [slot], at)
    token = await stage.issue(programme, won, slot, at)
    await stage.apply(programme, everybody, recorded=False)
    await stage.decide(programme, twice, "duplicate", waiting.application)
    await stage.tick(programme, at)
    await draw(stage, programme)
    for applicant, outcome in ((lost, "lost"), (waiting, "waiting"), (card_won, "won"), (card_lost, "lost")):
        await stage.result(programme, applicant, outcome, [slot] if outcome == "won" else [], at)
    await stage.issue(programme, card_won, slot, at)
    await stage.record(programme, everybody)
    await stage.tick(programme, at + timedelta(minutes=1))

    ledger = await stage.ledger(programme)
    assert (ledger["sent"], ledger["due"], ledger["open"]) == (4, 2, 2), ledger
    mail = parsed(await stage.mail_of((await stage.mails_to("won@applicants.example"))[0]))
    assert "髙﨑 𠮷子 様" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert token in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "髙﨑" not in mail["Subject"] and "当選" not in mail["Subject"]
    assert mail["To"] == "won@applicants.example" and mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()].count("image/png") == 1
    assert len(await stage.mails_to("ta..ro@docomo.example")) == 1
    # What was decided of the second application reaches only the contact of the counted one (B03).
    assert len(await stage.mails_to("waiting@applicants.example")) == 2
    assert await stage.mails_to("other@applicants.example") == []

    base = f"/notifier/{programme.id}/api/print-runs"
    await stage.ask("POST", base, by=OFFICER, status=403)
    run = (await stage.ask("POST", base, status=201)).json()
    assert run["cards"] == 2
    await stage.ask("POST", f"{base}/{run['run']}/posting", status=409)
    pdf = (await stage.ask("GET", f"{base}/{run['run']}/cards.pdf")).content
    assert pdf.startswith(b"%PDF") and b"\xe6\xb8\xa1" not in pdf
    assert (await stage.ledger(programme))["printed"] == 2
    assert (await stage.ask("POST", f"{base}/{run['run']}/posting")).json() == {"posted": 2}
    assert (await stage.ask("POST", f"{base}/{run['run']}/posting")).json() == {"posted": 0}

    ledger = await stage.ledger(programme)
    assert (ledger["open"], ledger["sent"], ledger["posted"], ledger["total"]) == (0, 4, 2, 6)
    await stage.tick(programme, at + timedelta(minutes=2))
    said = await stage.said(programme)
    for event, count in ((NoticeFellDue, 6), (NoticeSent, 4), (NoticePrinted, 2), (NoticePosted, 2)):
        assert sum(isinstance(message.data, event) for message in said) == count, event
    fell_due = [message.data for message in said if isinstance(message.data, NoticeFellDue)]
    assert {fact.due_by for fact in fell_due} == {at + timedelta(days=5)}
    for secret in ("髙﨑", "applicants.example", "新宿一丁目"):
        assert secret not in stage.log


async def test_s02_reply_halves_are_a_run_of_their_own_by_card_and_nobodys_address_is_opened(
    stage: Stage, programme_named: Named
) -> None:
    """S02, S07: the applicant of a double postcard addressed its reply half; the result is printed on it."""
    programme = programme_named("halves")
    await stage.define(programme)
    at = drawn_at(programme)
    second, first = Applicant("渡邉 花子", reply_card="HG001-002"), Applicant("斎藤 一郎", reply_card="HG001-001")
    other = Applicant("山田 太郎")
    await stage.apply(programme, [second, first, other])
    await stage.tick(programme, at)
    await draw(stage, programme)
    for applicant in (second, first, other):
        await stage.result(programme, applicant, "lost", [], at)
    await stage.tick(programme, at + timedelta(minutes=1))
    base = f"/notifier/{programme.id}/api/print-runs"
    cards = (await stage.ask("POST", base, status=201)).json()
    halves = (await stage.ask("POST", base, status=201)).json()
    assert (cards["cards"], cards["reply_halves"], halves["cards"], halves["reply_halves"]) == (1, False, 2, True)
    pdf = (await stage.ask("GET", f"{base}/{halves['run']}/cards.pdf")).content
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert ["HG001-001" in pages[0], "HG001-002" in pages[1], len(pages)] == [True, True, 2]
    assert (await stage.ask("POST", f"{base}/{halves['run']}/posting")).json() == {"posted": 2}
    assert await stage.said(programme, "privacy.access.v1") == []
    assert "往復はがき" in (await stage.ask("GET", f"/notifier/{programme.id}/desk")).text


async def test_s07_a_mail_that_is_refused_for_good_becomes_a_card(stage: Stage, programme_named: Named) -> None:
    """B05: an address that no mail can go to opens the other channel."""
    programme = programme_named("refused")
    await stage.define(programme)
    at = drawn_at(programme)
    applicant = Applicant("田中 次郎", "ünreachable@applicants.example")
    await stage.apply(programme, [applicant])
    await stage.tick(programme, at)
    await draw(stage, programme)
    await stage.result(programme, applicant, "lost", [], at)
    await stage.tick(programme, at + timedelta(minutes=1))
    (notice,) = (await stage.ask("GET", f"/notifier/{programme.id}/api/notices")).json()["notices"]
    assert (notice["way"], notice["state"], notice["cause"]) == ("post", "to-print", "smtp-553")
    run = (await stage.ask("POST", f"/notifier/{programme.id}/api/print-runs", status=201)).json()["run"]
    await stage.ask("GET", f"/notifier/{programme.id}/api/print-runs/{run}/cards.pdf")
    await stage.ask("POST", f"/notifier/{programme.id}/api/print-runs/{run}/posting")
    # The card comes back: both channels were tried, so the applicant is unreached, with a reason.
    await stage.ask("POST", f"/notifier/{programme.id}/api/returns", {"notice": notice["notice"]})
    (notice,) = (await stage.ask("GET", f"/notifier/{programme.id}/api/notices?state=unreached")).json()["notices"]
    assert notice["cause"] == "returned"


async def test_s07_a_card_that_cannot_be_set_is_named_and_set_aside(stage: Stage, programme_named: Named) -> None:
    """S07: a missing glyph stops the batch; the card is written by hand and accounted all the same."""
    programme = programme_named("glyphs")
    await stage.define(programme)
    at = drawn_at(programme)
    good, odd = Applicant("佐藤 花"), Applicant("佐藤 😀")
    await stage.apply(programme, [good, odd])
    await stage.tick(programme, at)
    await draw(stage, programme)
    for applicant in (good, odd):
        await stage.result(programme, applicant, "lost", [], at)
    await stage.tick(programme, at + timedelta(minutes=1))
    base = f"/notifier/{programme.id}/api/print-runs"
    run = (await stage.ask("POST", base, status=201)).json()["run"]
    problem = (await stage.ask("GET", f"{base}/{run}/cards.pdf", status=409)).json()
    assert (problem["receipt"], problem["cause"], problem["character"]) == (odd.receipt, "missing-glyph", "U+1F600")
    assert "佐藤" not in str(problem) and (await stage.ledger(programme))["printed"] == 0
    by_hand = (await stage.ask("POST", f"{base}/{run}/aside", {"notice": problem["notice"]})).json()["run"]
    await stage.ask("GET", f"{base}/{run}/cards.pdf")
    for each in (run, by_hand):
        assert (await stage.ask("POST", f"{base}/{each}/posting")).json() == {"posted": 1}
    assert (await stage.ledger(programme))["posted"] == 2


async def test_s07_open_notices_raise_an_alarm_the_day_before(stage: Stage, programme_named: Named) -> None:
    """S07: the alarm comes once a day from the fourth day on, until nothing is open."""
    programme = programme_named("late")
    await stage.define(programme)
    at = drawn_at(programme)
    applicant = Applicant("高橋 三郎")
    await stage.apply(programme, [applicant])
    await stage.tick(programme, at)
    await draw(stage, programme)
    await stage.result(programme, applicant, "lost", [], at)
    for hours in (1, 95, 97, 98, 122):
        await stage.tick(programme, at + timedelta(hours=hours))
    alarms = [message.data for message in await stage.said(programme, "notifier.alarms.v1")]
    assert [(alarm.open, alarm.due_by) for alarm in alarms] == [(1, at + timedelta(days=5))] * 2


async def test_s07_a_withdrawal_is_confirmed_at_once_and_nothing_else_is_told(
    stage: Stage, programme_named: Named
) -> None:
    """S07, B04: one notice an application, whatever comes after."""
    from shared.contracts.intake import ApplicationWithdrawn

    programme = programme_named("withdrawn")
    await stage.define(programme)
    at = programme.window.opens + timedelta(days=1)
    applicant = Applicant("伊藤 四郎", "withdrawn@applicants.example")
    await stage.apply(programme, [applicant])
    await stage.tick(programme, at)
    await stage.say("intake", ApplicationWithdrawn(application=applicant.application, number=9),
                    applicant.application, programme.id, at)
    await stage.tick(programme, at + timedelta(minutes=1))
    assert len(await stage.mails_to("withdrawn@applicants.example")) == 1
    await stage.tick(programme, drawn_at(programme))
    await draw(stage, programme)
    await stage.result(programme, applicant, "struck", [], drawn_at(programme))
    await stage.tick(programme, drawn_at(programme) + timedelta(minutes=1))
    assert len(await stage.mails_to("withdrawn@applicants.example")) == 1


async def test_s07_a_kill_in_the_middle_loses_nobody(stage: Stage, programme_named: Named) -> None:
    """S07: killed while mails go out; afterwards everybody has theirs, and copies carry the same Message-ID."""
    programme = programme_named("killed")
    await stage.define(programme)
    at = drawn_at(programme)
    people = [Applicant(f"加藤 {number}", f"killed-{number}@applicants.example") for number in range(150)]
    await stage.apply(programme, people)
    await stage.tick(programme, at)
    for applicant in people:
        await stage.result(programme, applicant, "lost", [], at)
    await draw(stage, programme)

    async def some() -> bool:
        return bool(await stage.mails_to("killed-1"))

    await stage.until(some, "the first mails are out")
    await stage.restart_after_kill()

    async def all_sent() -> bool:
        return bool((await stage.ledger(programme))["sent"] == len(people))

    await stage.until(all_sent, "everybody was told", 240)
    for applicant in people:
        assert applicant.email
        mails = [parsed(await stage.mail_of(mail)) for mail in await stage.mails_to(applicant.email)]
        assert mails and len({mail["Message-ID"] for mail in mails}) == 1
    said = [message.data for message in await stage.said(programme) if isinstance(message.data, NoticeSent)]
    assert len({fact.notice for fact in said}) == len(people)


async def test_the_desk_shows_the_ledger_to_staff_only(stage: Stage, programme_named: Named) -> None:
    """B05, S21: figures lead to lists by receipt number, without names; nobody else gets in."""
    programme = programme_named("desk")
    await stage.define(programme)
    answer = await stage.http.get(f"/notifier/{programme.id}/desk")
    assert answer.status_code == 303 and "/retention/signin" in answer.headers["location"]
    page = await stage.ask("GET", f"/notifier/{programme.id}/desk", by=OFFICER)
    assert "お知らせするものは、まだありません" in page.text
    for path in ("notices", "notices?state=due", "notices/undecided"):
        assert (await stage.ask("GET", f"/notifier/{programme.id}/{path}", by=CLERK)).status_code == 200


async def test_b04_b19_changes_are_told_once_at_the_contact_before_and_a_new_receipt_brings_its_secret(
    stage: Stage, programme_named: Named
) -> None:
    """Each fact is said twice, as a killed relay would; whom a letter goes to stands sealed in the record."""
    programme = programme_named("letters")
    await stage.define(programme)
    at = programme.window.opens + timedelta(days=1)
    mailed, posted = Applicant("田中 花", "before@applicants.example"), Applicant("岡田 良子")
    await stage.apply(programme, [mailed, posted])
    await stage.tick(programme, at)
    now = Applicant(mailed.name, "after@applicants.example", application=mailed.application)
    desk = AtDesk(staff="desk-1", caller="applicant")
    changed = DetailsChanged(application=mailed.application, version=2, contact="mail", contact_before="mail")
    renewed = ReceiptRenewed(application=mailed.application, how="letter", contact="mail", version=3, desk=desk)
    handed = ReceiptRenewed(application=posted.application, how="counter", contact="post", version=2, desk=desk)
    letters = [stage.letter(programme, mailed, 2)]
    await stage.record(programme, [now], version=2, letters=letters)
    for _ in range(2):
        await stage.say("intake", changed, mailed.application, programme.id, at)
        await stage.say("intake", handed, posted.application, programme.id, at)
    await stage.say("intake", renewed, mailed.application, programme.id, at)
    await stage.tick(programme, at + timedelta(minutes=1))
    (mail,) = await stage.mails_to("before@applicants.example")
    assert "お心当たりのないときは" in parsed(await stage.mail_of(mail)).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert await stage.mails_to("after@applicants.example") == [], "a new receipt waits for its secret"
    await stage.record(programme, [now], version=3, letters=[stage.letter(programme, now, 3, secret="5" * 32)])

    await stage.tick(programme, at + timedelta(hours=2))
    (mail,) = await stage.mails_to("after@applicants.example")
    assert f"mine#{mailed.receipt}.{'5' * 32}" in parsed(await stage.mail_of(mail)).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    ledger = await stage.ledger(programme)
    assert (ledger["sent"], ledger["due"], ledger["undecided"]) == (2, 1, 0)
    assert await stage.said(programme, "notifier.alarms.v1") == []
    fell_due = [one.data for one in await stage.said(programme) if isinstance(one.data, NoticeFellDue)]
    assert {(one.application, one.kind, one.way) for one in fell_due} == {
        (mailed.application, "changed", "mail"), (mailed.application, "receipt", "mail"),
        (posted.application, "changed", "post")}
    assert {one.due_by for one in fell_due} == {at + timedelta(days=1)}
    base = f"/notifier/{programme.id}/api/print-runs"
    run = (await stage.ask("POST", base, status=201)).json()["run"]
    assert (await stage.ask("GET", f"{base}/{run}/cards.pdf")).content.startswith(b"%PDF")
    assert "5" * 32 not in stage.log
