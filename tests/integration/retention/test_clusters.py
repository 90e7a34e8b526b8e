"""What the report says of clusters and of destroyed paper cards, from checkin's facts (S10, S16, S28)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from shared.contracts.checkin import (
    CardClosed,
    CardOpened,
    CardsDestroyed,
    CardsReleased,
    IncidentClosed,
    IncidentOpened,
    SlotScope,
)
from shared.contracts.envelope import new_id
from tests.conftest import Make, until
from tests.integration.retention.conftest import Records

AT = datetime(2021, 7, 25, 1, tzinfo=UTC)


async def test_s16_s10_incidents_and_destroyed_cards_are_counted_in_the_report(
    records: Records, services: Make
) -> None:
    name, _ = await records.programme()
    checkin, incident, cards = await services("checkin"), new_id(), ("LS-00001", "LS-00002")
    two = {"handed_by": "custodian-1", "taken_by": "tracer-1"}
    await records.said_by(
        checkin, name,
        (incident, IncidentOpened(
            incident=incident, venue="sumitomo", day=date(2021, 7, 23), scope=(SlotScope(slot="am"),),
            basis="purpose-of-card", reference="HC-2021-0001", limit=5, cards=cards, opened_by="officer-1",
            opened_at=AT)),
        (incident, CardsReleased(incident=incident, cards=cards, released_by="custodian-1", released_at=AT)),
        (incident, CardOpened(incident=incident, card=cards[0], **two, opened_at=AT)),
        (incident, CardClosed(incident=incident, card=cards[0], result="later", **two, closed_at=AT)),
        (incident, CardOpened(incident=incident, card=cards[0], **two, opened_at=AT)),
        (incident, CardClosed(incident=incident, card=cards[0], result="contacted", **two, closed_at=AT)),
        (incident, CardClosed(
            incident=incident, card=cards[1], result="left", reason="card-missing", **two, closed_at=AT)),
    )
    for count, method in ((2, "shredded"), (100, "dissolved"), (50, "dissolved")):
        destruction = new_id()
        await records.said_by(checkin, name, (destruction, CardsDestroyed(
            destruction=destruction, count=count, used=0, ranges=(("LS-00001", "LS-00002"),),
            method=method,  # type: ignore[arg-type]
            destroyed_by=("attendant-1", "attendant-2"), witnessed_by="ward-1", at=AT)))

    async def report() -> Any:
        answer = await records.http.get(f"/retention/api/state/{name}", headers=await records.officer())
        return answer.json()

    async def counted() -> Any:
        found = await report()
        whole = found["contacts"].get("left") == 1 and found["destroyed"] == {"dissolved": 150, "shredded": 2}
        return found if whole else None

    found = await until(counted)
    assert found["incidents"] == {"released": 1}
    assert found["contacts"] == {"cards": 2, "openings": 2, "contacted": 1, "left": 1}
    await records.said_by(checkin, name, (incident, IncidentClosed(
        incident=incident, cards=2, contacted=1, left={"card-missing": 1}, closed_by="officer-1", closed_at=AT)))

    async def closed() -> bool:
        return bool((await report())["incidents"] == {"closed": 1})

    await until(closed)
    page = await records.http.get(f"/retention/state/{name}", headers=await records.officer())
    assert "クラスター対応のカード" in page.text and "溶解" in page.text
