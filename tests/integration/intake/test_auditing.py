"""An auditor traces entries of the draw's sample to applications and postcards, through the door (B01, S25)."""

from __future__ import annotations

from typing import Any

from shared.contracts.envelope import new_id
from shared.contracts.intake import EntryTraced
from shared.contracts.lottery import DrawStepTaken, ResultDrawn
from shared.contracts.privacy import AccessOpened
from shared.contracts.programme import Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage
from tests.integration.intake.test_erasure import order


async def drawn(stage: Stage, programme: Programme, *entries: tuple[str, str, int | None]) -> None:
    """Lottery has drawn: (application, entry, number in the order of tracing)."""
    for application, entry, audit in entries:
        await stage.say("lottery", ResultDrawn(
            draw=programme.draw.id, application=application, entry=entry, seats=2, place=1, outcome="lost", won=(),
            result_digest="b" * 64, audit=audit), application, programme.id)
    await stage.say("lottery", DrawStepTaken(
        draw=programme.draw.id, step="drawn", at=programme.window.closes, digest="b" * 64), programme.draw.id,
        programme.id)


async def application_of(stage: Stage, programme: Programme, entry: str) -> str:
    async def said() -> str | None:
        facts = await stage.facts(programme)
        return next((one.data.application for one in facts if getattr(one.data, "entry", None) == entry), None)

    application: str = await stage.until(said, "the application is said")
    return application


async def test_b01_an_auditor_traces_the_sample_and_nobody_else_and_nothing_else(stage: Stage, opened: Opened) -> None:
    programme = await opened("audited")
    path = f"/intake/{programme.id}/audit"
    web, outside = [(await stage.apply(programme)).json() for _ in range(2)]
    await stage.move_to(programme, programme.window.closes)
    await stage.batch(programme, 1)
    keyed = (await stage.key_in(programme, "HG001-001", batch="HG001", name="監査　たどり")).json()
    entries = {receipt["entry"]: await application_of(stage, programme, receipt["entry"])
               for receipt in (web, outside, keyed)}

    async def trace(entry: str, by: str = "auditor-1") -> Any:
        return await stage.http.post(path, data={"entry": entry}, headers=stage.headers(by))

    async def found(entry: str, finding: str, by: str = "auditor-1") -> Any:
        return await stage.http.post(f"{path}/findings", data={"entry": entry, "finding": finding},
                                     headers=stage.headers(by))

    for person in ("officer-1", "desk-1", "attendant-1"):
        assert (await stage.http.get(path, headers=stage.headers(person))).status_code == 403
        assert (await trace(web["entry"], person)).status_code == 403
        assert (await found(web["entry"], "true", person)).status_code == 403
    early = await trace(web["entry"])
    assert early.status_code == 409 and "抽選がまだ終わっていません" in early.text
    await drawn(stage, programme, (entries[web["entry"]], web["entry"], 1),
                (entries[keyed["entry"]], keyed["entry"], 2), (entries[outside["entry"]], outside["entry"], None))

    async def opens() -> Any:
        answer = await trace(keyed["entry"])
        return answer if answer.status_code == 200 else None

    page = (await stage.until(opens, "the draw is known")).text
    for said in ("HG001-001", "HG001", "郵便受付", "2番目", "監査　たどり", "2021-06-10", "desk-1"):
        assert said in page, said
    assert "電話" not in page.split("<main")[1], "only what is declared for the audit"
    refused = await trace(outside["entry"])
    assert refused.status_code == 409 and "抜取りの対象ではありません" in refused.text
    assert (await trace("zzz")).status_code == 422

    async def opened_for_audit() -> list[AccessOpened]:
        return [one.data for one in await stage.said(programme, "privacy.access.v1")
                if isinstance(one.data, AccessOpened) and one.data.purpose == "audit"]

    accesses = await stage.until(opened_for_audit, "the access is said")
    assert {one.subject for one in accesses} == {entries[keyed["entry"]]}, "what was refused was not opened"
    assert {(one.actor, one.role, one.items) for one in accesses} == {("auditor-1", "auditor", ("address", "name"))}

    invented = new_id()
    assert "この抽選番号の申込みはありません" in (await trace(invented)).text
    assert (await found(keyed["entry"], "true")).headers["location"] == f"{path}?done=1"
    assert (await found(web["entry"], "card-missing")).status_code == 409
    assert (await found(web["entry"], "no-application")).status_code == 409
    assert (await found(invented, "true")).status_code == 409
    assert (await found(web["entry"], "")).status_code == 422
    assert (await found(outside["entry"], "true")).status_code == 409
    assert (await found(web["entry"], "differs")).status_code == 303
    assert (await found(web["entry"], "true")).status_code == 303, "a later finding replaces it"
    assert (await found(invented, "no-application")).status_code == 303

    async def said() -> list[EntryTraced] | None:
        facts = [one.data for one in await stage.facts(programme) if isinstance(one.data, EntryTraced)]
        return facts if len(facts) == 4 else None

    facts = await stage.until(said, "each finding is a fact")
    assert {(one.entry, one.application, one.finding) for one in facts} == {
        (keyed["entry"], entries[keyed["entry"]], "true"), (web["entry"], entries[web["entry"]], "differs"),
        (web["entry"], entries[web["entry"]], "true"), (invented, None, "no-application")}
    listed = (await stage.http.get(f"{path}?done=1", headers=stage.headers("auditor-1"))).text
    assert listed.count("申込みとはがきが、抽選の記録のとおりにある") == 2 and "結果を記録しました" in listed

    await order(stage, programme, entries[keyed["entry"]], "schedule")
    assert "この抽選番号の申込みはありません" in (await trace(keyed["entry"])).text
    gone = await found(keyed["entry"], "no-application")
    assert gone.status_code == 409 and "消去が始まっています" in gone.text
