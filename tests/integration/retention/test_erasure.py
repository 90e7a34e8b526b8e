"""Retention by date on the real stack: rules fall due, orders are answered by real services, keys change (S17, B10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.envelope import Event, Id, new_id
from shared.contracts.intake import ApplicationDecided, ApplicationTaken, ApplicationWithdrawn, ErasureAsked
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
            application=application, number=self.taken, entry=new_id(), receipt=f"{self.id}-{name}", channel="web",
            contact="mail", language="ja", seats=2, wishes=("2021-07-23-sumitomo-am",), taken_at=DRAWN)))
        return application

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

    async def stands(self, name: str, standing: str) -> None:
        """Waits until the ledger has it so."""
        await until(lambda: self.records.has("applications", {"_id": self.people[name], "standing": standing}))

    async def drawn(self) -> None:
        """The draw took place."""
        await self.say("lottery", (f"{self.id}-1", DrawStepTaken(draw=f"{self.id}-1", step="drawn", at=DRAWN)))
        await until(lambda: self.records.has("duties", {"programme": self.id, "falls_at": ERASED_FROM}))

    async def batch_of(self, name: str, *states: str) -> dict[str, Any]:
        """The batch that somebody is in, once it is in one of these states."""
        database = self.records.retention.database

        async def found() -> dict[str, Any] | None:
            row = await database["applications"].find_one({"_id": self.people[name]})
            batch = await database["batches"].find_one({"_id": row["batch"]}) if row and row.get("batch") else None
            return batch if batch and batch["state"] in states else None

        return await until(found)  # type: ignore[no-any-return]

    async def free(self, name: str) -> bool:
        """Whether nobody ordered anything about somebody."""
        row = await self.records.retention.database["applications"].find_one({"_id": self.people[name]})
        return row is not None and row.get("batch") is None

    async def looked(self, at: datetime) -> None:
        """Waits until the losers' rule was looked at at this time."""
        await until(lambda: self.records.has("duties", {
            "programme": self.id, "code": {"$regex": "^erase.draw"}, "looked_at": at}))


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
