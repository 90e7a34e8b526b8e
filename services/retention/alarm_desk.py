"""Alarms and what officers decide about them: what page and API share (S24, S25)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.retention import store
from services.retention.handlers import alarms
from services.retention.staff_office import refuse_foreign
from shared.contracts.erasure import AlarmDecision
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.service import Service
from shared.platform.signin import staff

Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Officer = Annotated[Person, Depends(staff("officer"))]


class Decision(BaseModel):
    """What an officer, who has seen the alarm, decides."""

    model_config = ConfigDict(extra="forbid")
    alarm: str = Field(max_length=300)
    decision: AlarmDecision


@dataclass(frozen=True)
class AlarmDesk:
    """Decides alarms."""

    service: Service

    async def decide(self, alarm: str, decision: AlarmDecision, officer: Person) -> None:
        """Keeps who decided what and when. Raises `Problem` 404, 403, 409."""
        row = await self.service.database[store.ALARMS].find_one({"_id": alarm})
        if row is None:
            raise Problem(404, "no-such-alarm", "There is no such alarm", "It may be over by itself. Look at the list.")
        refuse_foreign(officer, (row["programme"],))
        now = self.service.clock.now(row["programme"])
        if not await self.service.transactions.run(
                lambda tx: alarms.decide(tx, alarm, decision, officer.staff, now)):
            raise Problem(409, "alarm-decided", "Somebody has decided this alarm", "Look at the list of decided ones.")


def router(service: Service) -> APIRouter:
    """Routes under `/retention/api/alarms`."""
    routes, desk = APIRouter(prefix="/api/alarms"), AlarmDesk(service)

    @routes.get("")
    async def listed(person: Reader) -> dict[str, Any]:
        database = service.database
        return {"open": [_shown(row) for row in await store.open_alarms(database, person.programmes)],
                "decided": [_shown(row) for row in await store.decided_alarms(database, person.programmes, 100)]}

    @routes.post("/decisions", status_code=201)
    async def decide(wanted: Decision, officer: Officer) -> dict[str, str]:
        await desk.decide(wanted.alarm, wanted.decision, officer)
        return {"alarm": wanted.alarm, "decision": wanted.decision, "by": officer.staff}

    return routes


def _shown(row: Document) -> dict[str, Any]:
    return {"alarm": row["_id"], **{name: row.get(name) for name in ("programme", "kind", "at", "values", "decided")}}
