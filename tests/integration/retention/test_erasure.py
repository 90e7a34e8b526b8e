"""Retention by date on the real stack: rules fall due, orders are answered by real services, keys change (S17, B10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from services.retention.erasure_store import release
from shared.contracts.envelope import Event, Id, new_id
from shared.contracts.intake import ApplicationTaken, ErasureAsked
from shared.contracts.lottery import DrawStepTaken, ResultDrawn
from shared.contracts.notifier import NoticeFellDue, NoticeSent
from shared.platform.service import Service
from tests.conftest import Make, until
from tests.integration.retention.conftest import Records

DRAWN = datetime(2021, 6, 23, 6, tzinfo=UTC)
KEPT_UNTIL = datetime(2021, 7, 6, 14, 59, 59, tzinfo=UTC)
ERASED_FROM = datetime(2021, 7, 6, 15, tzinfo=UTC)
LAST_DAY = datetime(2021, 10, 4, 15, tzinfo=UTC)


@dataclass
class Campaign:
    """A programme whose draw is through, with the services that say facts and carry orders out."""

    records: Records
    services: dict[str, Service]
    id: str
    taken: int = 0
    people: dict[str, Id] = field(default_factory=dict)

    async def tick(self, at: datetime) -> None:
        """The programme's time is `at`, here and everywhere."""
        answer = await self.post(f"/retention/api/programmes/{self.id}/clock", {"at": at.isoformat()})
        assert answer.status_code == 202, answer.text
        everybody = (self.records.retention, *self.services.values())
        await until(lambda: all(service.clock.now(self.id) >= at for service in everybody))

    async def post(self, path: str, body: dict[str, Any], token: dict[str, str] | None = None) -> Any:
        """A call in the name of the first officer, or of somebody else."""
        return await self.records.http.post(path, json=body, headers=token or await self.records.officer())

    async def erasure(self) -> dict[str, Any]:
        """What the records office sees."""
        answer = await self.records.http.get(
            f"/retention/api/programmes/{self.id}/erasure", headers=await self.records.officer())
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def say(self, service: str, *events: tuple[Id, Event]) -> None:
        """A service says facts."""
        await self.records.said_by(self.services[service], self.id, *events)

    async def applies(self, name: str) -> Id:
        """An application comes in."""
        application, self.taken = new_id(), self.taken + 1
        self.people[name] = application
        await self.say("intake", (application, ApplicationTaken(
            application=application, number=self.taken, entry=new_id(), receipt=self.receipt(name), channel="web",
            contact="mail", language="ja", seats=2, wishes=("2021-07-23-sumitomo-am",), taken_at=DRAWN)))
        return application

    def receipt(self, name: str) -> str:
        """The number that somebody was given."""
        return f"{self.id}-{name}".upper()

    async def comes_out(self, name: str, outcome: Any) -> Id:
        """An application comes in and the draw decides about it."""
        application = await self.applies(name)
        await self.say("lottery", (application, ResultDrawn(
            draw=f"{self.id}-1", application=application, entry=new_id(), seats=2, place=self.taken, outcome=outcome,
            won=("2021-07-23-sumitomo-am",) if outcome == "won" else (), result_digest="d")))
        await self.stands(name, outcome)
        return application

    async def is_told(self, name: str, kind: Any) -> None:
        """The notice goes out."""
        fact = {"notice": new_id(), "application": self.people[name], "kind": kind, "way": "mail"}
        await self.say("notifier", (self.people[name], NoticeFellDue(**fact, due_by=DRAWN)),
                       (self.people[name], NoticeSent(**fact, attempt=1)))
        await until(lambda: self.records.has("applications", {"_id": self.people[name], "told": True}))

    async def has_a_letter(self, name: str) -> None:
        """A letter about a change goes out: it tells no result."""
        fact = {"notice": new_id(), "application": self.people[name], "kind": "changed", "way": "mail"}
        await self.say("notifier", (self.people[name], NoticeFellDue(**fact, due_by=DRAWN)),
                       (self.people[name], NoticeSent(**fact, attempt=1)))
        await until(lambda: self.records.has("notices", {"_id": fact["notice"], "state": "sent"}))

    async def stands(self, name: str, standing: str) -> None:
        """Waits until the ledger has it so."""
        await until(lambda: self.records.has("applications", {"_id": self.people[name], "standing": standing}))

    async def drawn(self) -> None:
        """The draw took place."""
        await self.say("lottery", (f"{self.id}-1", DrawStepTaken(draw=f"{self.id}-1", step="drawn", at=DRAWN)))
        await until(lambda: self.records.has("duties", {"programme": self.id, "falls_at": ERASED_FROM}))

    async def batch_of(self, name: str, *states: str) -> dict[str, Any]:
        """The batch that somebody is in, once it is in one of these states."""
        database, seen = self.records.retention.database, dict[str, Any]()

        async def found() -> dict[str, Any] | None:
            row = await database["applications"].find_one({"_id": self.people[name]})
            batch = await database["batches"].find_one({"_id": row["batch"]}) if row and row.get("batch") else None
            seen.update(row or {}, batch=batch)
            return batch if batch and batch["state"] in states else None

        return await until(found, told=lambda: str(seen))  # type: ignore[no-any-return]

    async def free(self, name: str) -> bool:
        """Whether nobody ordered anything about somebody."""
        row = await self.records.retention.database["applications"].find_one({"_id": self.people[name]})
        return row is not None and row.get("batch") is None

    async def looked(self, at: datetime) -> None:
        """Waits until the losers' rule was looked at at this time."""
        await until(lambda: self.records.has("duties", {
            "programme": self.id, "code": {"$regex": "^erase.draw"}, "looked_at": at}))

    async def another_officer(self) -> dict[str, str]:
        """The header of a second officer."""
        made = (await self.records.designate(self.id, roles=["officer"])).json()
        await until(lambda: self.records.retention.register.person(made["staff"]))
        token = (await self.records.sign_in(made["staff"], made["password"])).json()["token"]
        return {"Authorization": f"Bearer {token}"}

    @property
    def path(self) -> str:
        """Where decisions go."""
        return f"/retention/api/programmes/{self.id}/erasure"


@pytest.fixture
async def campaign(records: Records, services: Make) -> Campaign:
    name, _ = await records.programme()
    found = {"intake": records.other} | {other: await services(other) for other in ("lottery", "notifier", "checkin")}
    made = Campaign(records, found, name)
    await until(lambda: all(service.programmes.find(name) for service in found.values()))
    await made.tick(DRAWN)
    await made.drawn()
    return made


async def test_s17_losers_go_before_winners_and_nobody_before_their_notice(campaign: Campaign) -> None:
    for name, outcome in (("told", "lost"), ("untold", "lost"), ("winner", "won")):
        await campaign.comes_out(name, outcome)
    await campaign.is_told("told", "lost")
    await campaign.is_told("winner", "won")
    await campaign.has_a_letter("untold")
    await campaign.tick(KEPT_UNTIL)
    assert await campaign.free("told")
    await campaign.tick(ERASED_FROM)
    batch = await campaign.batch_of("told", "attested")
    assert (batch["why"], batch["subjects"], batch["orders"]) == ("schedule", 1, 1)
    orders = await campaign.records.retention.database["orders"].find({"batch": batch["_id"]}).to_list(None)
    assert [set(order["receipts"]) for order in orders] == [{*campaign.services, "retention"}]
    assert await campaign.free("untold"), "S07 goes first"
    assert await campaign.free("winner")
    await campaign.is_told("untold", "lost")
    second = await campaign.batch_of("untold", "attested")
    assert second["_id"] != batch["_id"]


async def test_b01_from_a_second_draws_announcement_on_terms_count_from_it(campaign: Campaign) -> None:
    first, second, later = f"{campaign.id}-1", f"{campaign.id}-2", DRAWN + timedelta(days=10)

    async def falls_at() -> datetime | None:
        row = await campaign.records.retention.database["duties"].find_one(
            {"programme": campaign.id, "code": {"$regex": "^erase.draw"}})
        return row["falls_at"] if row else None

    await campaign.say("lottery", (second, DrawStepTaken(draw=second, step="announced", at=DRAWN, replaces=first)))

    async def waits() -> bool:
        return await falls_at() == LAST_DAY

    await until(waits)
    await campaign.say("lottery", (second, DrawStepTaken(draw=second, step="drawn", at=later)))

    async def counts() -> bool:
        return await falls_at() == ERASED_FROM + timedelta(days=10)

    await until(counts)


async def test_s17_a_hold_takes_two_people_and_keeps_its_subject_back_until_two_lift_it(campaign: Campaign) -> None:
    await campaign.comes_out("held", "lost")
    await campaign.comes_out("other", "lost")
    for name in ("held", "other"):
        await campaign.is_told(name, "lost")
    wanted = {"basis": "dispute", "receipts": [campaign.receipt("held")]}
    hold = (await campaign.post(f"{campaign.path}/holds", wanted)).json()["hold"]
    alone = await campaign.post(f"{campaign.path}/holds/{hold}/confirmation", {})
    assert (alone.status_code, alone.json()["type"]) == (409, "/problems/hold-same-person")
    second = await campaign.another_officer()
    confirmed = await campaign.post(f"{campaign.path}/holds/{hold}/confirmation", {}, second)
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "placed"), confirmed.text
    await campaign.tick(ERASED_FROM)
    await campaign.batch_of("other", "attested")
    assert await campaign.free("held")
    duty = next(one for one in (await campaign.erasure())["calendar"] if one["code"].startswith("erase.draw"))
    assert (duty["kept"], duty["held"]) == ({"hold": 1, "notice": 0}, 1)
    late = await campaign.post(f"{campaign.path}/holds", {"basis": "court", "receipts": [campaign.receipt("other")]})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/hold-ordered")
    assert late.json()["receipts"] == [campaign.receipt("other")]
    assert (await campaign.post(f"{campaign.path}/holds/{hold}/lifting", {}, second)).status_code == 202
    assert (await campaign.post(f"{campaign.path}/holds/{hold}/confirmation", {})).json()["state"] == "lifted"
    await campaign.batch_of("held", "attested")


async def test_s17_the_page_shows_what_falls_due_and_lets_two_people_hold_and_one_decide(campaign: Campaign) -> None:
    asked = await campaign.comes_out("asked", "won")
    await campaign.say("intake", (asked, ErasureAsked(application=asked, asked_at=DRAWN)))
    await until(lambda: campaign.records.has("requests", {"_id": asked}))
    page = f"/retention/erasure/{campaign.id}"
    second = await campaign.another_officer()

    async def post(path: str, token: dict[str, str] | None = None, **typed: str) -> tuple[int, str]:
        answer = await campaign.records.http.post(
            f"{page}{path}", data=typed, headers=token or await campaign.records.officer())
        return answer.status_code, answer.text

    async def shown() -> str:
        return (await campaign.records.http.get(page, headers=second)).text

    for words in ("抽選の14日後", "あと13日です", campaign.receipt("asked"), "結果のない申込み", "（R3-45-1-17）"):
        assert words in await shown()
    status, text = await post("/requests/" + asked, answer="grant", **{f"decision-{asked}": "区長決裁"})
    assert (status, "半角の英数字とハイフンで入力" in text) == (422, True)
    status, text = await post("/holds", basis="court", receipts="NO-SUCH-1")
    assert (status, "次の受付番号の申込みはありません：NO-SUCH-1" in text) == (422, True)
    assert (await post("/holds", basis="court", whole="yes"))[0] == 303
    hold = (await campaign.erasure())["holds"][0]["hold"]
    status, text = await post(f"/holds/{hold}/confirmation")
    assert (status, "申し出た人とは別の人" in text) == (409, True)
    assert (await post(f"/holds/{hold}/confirmation", second))[0] == 303
    status, text = await post("/requests/" + asked, answer="grant", **{f"decision-{asked}": "R3-45-9"})
    assert (status, "消去の停止中です" in text) == (409, True)
    assert (await post(f"/holds/{hold}/lifting"))[0] == 303
    assert (await post(f"/holds/{hold}/confirmation", second))[0] == 303
    assert (await post("/requests/" + asked, answer="grant", **{f"decision-{asked}": "R3-45-9"}))[0] == 303
    await campaign.batch_of("asked", "attested")
    assert "当選：1件" in await shown()
    report = await campaign.records.http.get(
        f"/retention/api/state/{campaign.id}", headers=await campaign.records.officer())
    assert report.json()["standings"] == [{"standing": "won", "held": 0, "ordered": 0, "erased": 1, "final": 0}]
    assert {item["held"] for item in report.json()["items"]} == {0}


async def test_b10_who_asked_is_erased_at_once_on_the_wards_decision_and_nobody_else(campaign: Campaign) -> None:
    asked, kept = await campaign.comes_out("asked", "won"), await campaign.comes_out("kept", "won")
    for application in (asked, kept):
        await campaign.say("intake", (application, ErasureAsked(application=application, asked_at=DRAWN)))
        await until(lambda application=application: campaign.records.has("requests", {"_id": application}))
    nobody = await campaign.comes_out("nobody", "won")
    granted = {"grant": True, "decision": "R3-45-9"}
    refused = await campaign.post(f"{campaign.path}/requests/{nobody}/decision", granted)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/request-not-asked")
    assert (await campaign.post(f"{campaign.path}/requests/{asked}/decision", {"grant": True})).status_code == 422
    assert (await campaign.post(f"{campaign.path}/requests/{asked}/decision", granted)).status_code == 200
    batch = await campaign.batch_of("asked", "attested")
    assert (batch["why"], batch["decision"], batch["returned"]) == ("request", "R3-45-9", False)
    declined = await campaign.post(
        f"{campaign.path}/requests/{kept}/decision", {"grant": False, "reason": "still-needed"})
    assert declined.json() == {"batch": None}
    assert await campaign.free("kept")
    states = {row["application"]: row["state"] for row in (await campaign.erasure())["requests"]}
    assert states == {asked: "granted", kept: "declined"}


async def test_s17_at_the_contracts_end_winners_wait_for_their_return_then_keys_change_and_all_is_final(
    campaign: Campaign,
) -> None:
    await campaign.comes_out("winner", "won")
    await campaign.is_told("winner", "won")
    await campaign.applies("undecided")
    await campaign.tick(LAST_DAY)
    for name in ("winner", "undecided"):
        waiting = await campaign.batch_of(name, "awaiting-return")
        assert waiting["why"] == "contract-end"
        await campaign.records.retention.transactions.run(partial(release, batch=waiting["_id"], archive=new_id()))
    batch = await campaign.batch_of("winner", "final")
    rotation = next(one for one in (await campaign.erasure())["rotations"] if one["rotation"] == batch["rotation"])
    assert rotation["why"] == "contract-end"
    assert set(rotation["destroyed"]) == {*campaign.services, "retention"}
    shown = next(one for one in (await campaign.erasure())["batches"] if one["id"] == batch["_id"])
    assert shown["waits_for"] == ["audit"]
    counts = {one["standing"]: one for one in (await campaign.erasure())["standings"]}
    assert (counts["won"]["final"], counts["won"]["held"]) == (1, 0)


async def test_s18_a_second_rotation_is_refused_while_one_runs(campaign: Campaign) -> None:
    async def order() -> Any:
        return await campaign.post("/retention/api/rotations", {})

    first, second = await order(), await order()
    assert (first.status_code, second.status_code) == (202, 409), first.text
    assert second.json()["rotation"] == first.json()["rotation"]
    await until(lambda: campaign.records.has("rotations", {"_id": first.json()["rotation"], "state": "done"}))


async def test_s17_time_may_jump_over_every_duty_at_once(campaign: Campaign) -> None:
    await campaign.comes_out("loser", "lost")
    await campaign.is_told("loser", "lost")
    await until(lambda: campaign.records.has("alarms", {"programme": campaign.id, "kind": "duty-near"}))
    await campaign.tick(LAST_DAY + timedelta(days=40))
    batch = await campaign.batch_of("loser", "attested", "final")
    assert batch["why"] == "contract-end"
    alarms = campaign.records.retention.database["alarms"].find({"programme": campaign.id, "kind": "duty-near"})
    said = [(one["values"]["duty"], one["values"]["days"]) async for one in alarms]
    # The 13 days that were left when the draw took place; nothing of what time jumped over.
    assert [days for duty, days in said if duty.startswith("erase.draw")] == [13]
    assert [days for duty, days in said if not duty.startswith("erase.draw")] == []
