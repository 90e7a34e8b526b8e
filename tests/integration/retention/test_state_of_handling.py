"""The state of handling on the real stack (S28): from the facts of others, without opening anything."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.contracts.envelope import new_id
from shared.contracts.intake import ApplicationDecided, ApplicationTaken, ApplicationWithdrawn
from shared.contracts.notifier import NoticeFellDue, NoticeSent, NoticesLate
from shared.contracts.privacy import AccessOpened, AccessRefused
from tests.conftest import Make, until
from tests.integration.retention.conftest import Records

NOON = datetime(2021, 6, 1, 3, tzinfo=UTC)


async def test_s28_the_report_counts_what_the_services_said(records: Records, services: Make) -> None:
    name, _ = await records.programme()
    web, card, withdrawn = new_id(), new_id(), new_id()
    await records.said_by(
        records.other, name,
        (web, _taken(web, 1, "web", "mail")), (card, _taken(card, 1, "postcard", "post")),
        (withdrawn, _taken(withdrawn, 2, "web", "mail")),
        (withdrawn, ApplicationWithdrawn(application=withdrawn, number=3)),
        (web, ApplicationDecided(application=web, number=4, counted=True, reason="counted")),
        (web, AccessOpened(actor="desk-1", actor_kind="staff", role="desk", service="intake", purpose="duplicates",
                           subject=web, items=("name", "address"), at=NOON)),
        (web, AccessRefused(actor="desk-1", actor_kind="staff", role="desk", service="intake", purpose="notice",
                            subject=web, items=("email",), at=NOON, reason="purpose")),
    )
    notifier, notice = await services("notifier"), new_id()
    fact = {"notice": notice, "application": web, "kind": "won", "way": "mail"}
    await records.said_by(
        notifier, name, (web, NoticeFellDue(**fact, due_by=NOON)), (web, NoticeSent(**fact, attempt=1)),
        (name, NoticesLate(open=3, due_by=NOON)))

    async def report() -> dict:  # type: ignore[type-arg]
        response = await records.http.get(f"/retention/api/state/{name}", headers=await records.officer())
        assert response.status_code == 200, response.text
        return response.json()  # type: ignore[no-any-return]

    async def complete() -> dict | None:  # type: ignore[type-arg]
        found = await report()
        states = {row["state"] for row in found["applications"]}
        ready = states == {"counted", "taken", "withdrawn"} and found["notices"] == {"sent": 1}
        return found if ready and found["accesses"]["refused"] == 1 else None

    found = await until(complete)
    held = {item["item"]: item["held"] for item in found["items"]}
    assert held == {"name": 3, "address": 3, "age": 3, "telephone": 3, "email": 2, "companions": 3}
    assert found["accesses"]["opened"] == 1
    purposes = {row["purpose"]: (row["opened"], row["refused"]) for row in found["accesses"]["by_purpose"]}
    assert purposes == {"duplicates": (1, 0), "notice": (0, 1)}
    assert any(person["staff"] == "officer-1" for person in found["staff"])
    page = await records.http.get(f"/retention/state/{name}", headers=await records.officer())
    assert page.status_code == 200
    assert "重複申込みの確認" in page.text
    await until(lambda: _says(records, name, "結果通知の遅れ"))


async def _says(records: Records, programme: str, words: str) -> bool:
    page = await records.http.get(f"/retention/state/{programme}", headers=await records.officer())
    return words in page.text


def _taken(application: str, number: int, channel: str, contact: str) -> ApplicationTaken:
    return ApplicationTaken(
        application=application, number=number, entry=new_id(), receipt="R", channel=channel, contact=contact,  # type: ignore[arg-type]
        language="ja", seats=2, wishes=("2021-07-23-sumitomo-am",), taken_at=NOON)


async def test_s19_the_report_is_for_staff_who_may_read_it(records: Records) -> None:
    name, _ = await records.programme()
    assert (await records.http.get(f"/retention/api/state/{name}")).status_code == 401
    made = (await records.designate(name, roles=["attendant"])).json()
    await until(lambda: records.retention.register.person(made["staff"]))
    token = (await records.sign_in(made["staff"], made["password"])).json()["token"]
    refused = await records.http.get(f"/retention/api/state/{name}", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "role")
