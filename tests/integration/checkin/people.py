"""The people of the cluster and destruction desks: custodian, tracer, and somebody whom the ward does not employ."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx

from shared.contracts.programme import Programme
from shared.contracts.retention import Role, StaffDesignated
from tests.integration.checkin.stage import ANNE, BEN, Stage

CUSTODIAN, TRACER, HIRED = "custodian-1", "tracer-1", "hired-1"
PEOPLE: dict[str, tuple[Role, str]] = {
    CUSTODIAN: ("custodian", "ward"), TRACER: ("tracer", "ward"), HIRED: ("tracer", "contractor")}


async def designate(stage: Stage, programme: Programme) -> None:
    """Puts them on the register, and waits until checkin knows the last of them."""
    for name, (role, employer) in PEOPLE.items():
        await stage.say("retention", StaffDesignated(
            staff=name, roles=(role,), programmes=("*",), trained_on=date(2020, 1, 1),
            valid_from=datetime(2020, 1, 1, tzinfo=UTC), employer=employer,
        ), name, "-")

    async def known() -> bool:
        answer = await stage.http.get(f"/checkin/{programme.id}/api/incidents", headers=stage.headers(HIRED))
        return answer.status_code == 200

    await stage.until(known, "checkin knows them")


async def fill_case(stage: Stage, programme: Programme, people: dict[str, int]) -> None:
    """Seats groups of so many people in the first slot; each card (number → people) goes into the case."""
    for card, count in people.items():
        seated = await stage.group(programme, programme.slots[0].id, count, card)
        assert seated.status_code == 201, seated.text
        for step in (
            {"place": "attendant", "handed_by": "visitor", "taken_by": ANNE},
            {"place": "case", "handed_by": ANNE, "taken_by": BEN},
        ):
            moved = await stage.hand_over(programme, card, "card", **step)
            assert moved.status_code == 201, moved.text


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and kind of a refusal."""
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")
