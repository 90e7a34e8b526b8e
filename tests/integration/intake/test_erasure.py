"""B10, B16: what an applicant can ask and still see when their data is erased, and what intake keeps."""

from __future__ import annotations

from typing import Any

from pymongo import AsyncMongoClient

from shared.contracts.envelope import Id, new_id
from shared.contracts.erasure import CertificateIssued, ErasureOrdered, SubjectsErased, Why
from shared.contracts.holdings import holdings_of
from shared.contracts.intake import ApplicationWithdrawn, ErasureAsked
from shared.contracts.privacy import AccessOpened
from shared.contracts.programme import Programme
from tests.conftest import settings_of
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage
from tests.integration.intake.test_mine import application_of


async def order(stage: Stage, programme: Programme, subject: Id, why: Why) -> tuple[Id, Id]:
    """Retention orders an erasure; returns order and batch, once intake attested it."""
    order, batch = new_id(), new_id()
    await stage.say("retention", ErasureOrdered(
        order=order, batch=batch, kind="application", why=why, subjects=(subject,)), order, programme.id)

    async def attested() -> bool:
        said = await stage.read("privacy.receipts.v1", "retention")
        return any(isinstance(one.data, SubjectsErased) and one.data.order == order for one in said)

    await stage.until(attested, "intake attested the order")
    return order, batch


async def test_b10_a_request_for_erasure_goes_to_retention_once(stage: Stage, opened: Opened) -> None:
    programme = await opened("asks")
    receipt = (await stage.apply(programme)).json()
    application = await application_of(stage, programme, receipt)
    body = {"receipt": receipt["receipt"], "secret": receipt["secret"]}
    first = await stage.http.post(f"/intake/{programme.id}/api/mine/erasure", json=body)
    again = await stage.http.post(f"/intake/{programme.id}/api/mine/erasure", json=body)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()

    async def asked() -> list[Any]:
        return [one for one in await stage.said(programme, "intake.applications.v1")
                if isinstance(one.data, ErasureAsked)]

    assert len(await stage.until(asked, "the request is a fact")) == 1
    assert (await asked())[0].data.application == application
    page = await stage.http.post(f"/intake/{programme.id}/mine", data={**body, "step": "erase"})
    assert page.status_code == 200
    assert "区が判断します" in page.text


async def test_b16_after_erasure_the_person_sees_who_looked_and_nobody_else_does(stage: Stage, opened: Opened) -> None:
    programme = await opened("gone")
    receipt = (await stage.apply(programme)).json()
    application = await application_of(stage, programme, receipt)
    await stage.say("notifier", AccessOpened(
        actor="notifier", actor_kind="service", role="service", service="notifier", purpose="notice",
        subject=application, items=("name",), at=programme.window.opens), application, programme.id)

    async def seen() -> bool:
        return bool((await stage.mine(programme, receipt)).json()["accesses"])

    await stage.until(seen, "the access is shown")
    _, batch = await order(stage, programme, application, "request")
    gone = await stage.mine(programme, receipt)
    assert gone.status_code == 410
    told = gone.json()
    assert [access["purpose"] for access in told["accesses"]] == ["notice"]
    assert set(told["accesses"][0]) == {"at", "role", "kind", "service", "purpose"}
    wrong = await stage.mine(programme, {**receipt, "secret": "0" * 32})
    assert wrong.status_code == 404
    await stage.say("retention", CertificateIssued(
        certificate=new_id(), number="LS-2021-0001", batches=(batch,), subjects=1, digest="a" * 64, key_id="k",
        by="officer-1"), "certificate", programme.id)

    async def certified() -> bool:
        return bool((await stage.mine(programme, receipt)).json()["certificate"] == "LS-2021-0001")

    await stage.until(certified, "the certificate's number is shown")
    page = await stage.http.post(
        f"/intake/{programme.id}/mine", data={"receipt": receipt["receipt"], "secret": receipt["secret"]})
    assert page.status_code == 200
    assert "消去されました" in page.text
    assert "LS-2021-0001" in page.text


async def test_b10_whoever_is_erased_on_request_is_out_of_the_draw_and_leaves_no_row(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("out")
    receipt = (await stage.apply(programme)).json()
    application = await application_of(stage, programme, receipt)
    await order(stage, programme, application, "request")
    facts = [one.data for one in await stage.facts(programme)]
    assert [type(fact) for fact in facts if fact.application == application][-1] is ApplicationWithdrawn
    async with AsyncMongoClient[dict[str, Any]](settings_of(stage.stack, "intake").mongo_uri()) as client:
        for holding in holdings_of("intake"):
            rows = client["intake"][holding.collection]
            assert await rows.count_documents({holding.field: application}) == 0, holding
