"""Trial opening over HTTP: an auditor asks a key holder whether a kept copy of a record still opens (B09)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.privacy import Part
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.platform.strict_json import StrictRoute
from shared.privacy.door import Door

Auditor = Annotated[Person, Depends(staff("auditor"))]
TRIALS_AT_ONCE = 100


class Trial(BaseModel):
    """A sealed part as it was read from a topic."""

    model_config = ConfigDict(extra="forbid")
    programme: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    subject: str = Field(pattern=r"^[0-9a-f]{32}$")
    version: int = Field(ge=1, le=2**31)
    part: Part


class Trials(BaseModel):
    """Some trials."""

    model_config = ConfigDict(extra="forbid")
    trials: list[Trial] = Field(max_length=TRIALS_AT_ONCE)


class Opened(BaseModel):
    """Of each trial, in the same order, whether it opened."""

    opened: list[bool]


def router(door: Door) -> APIRouter:
    """Routes under `/api/trials`. What a copy holds is never answered, only whether it opens."""
    routes = APIRouter(prefix="/api/trials", tags=["operation"], route_class=StrictRoute)

    @routes.post("", summary="Whether kept copies of records still open")
    async def tried(wanted: Trials, auditor: Auditor) -> Opened:
        return Opened(opened=[await door.trial(auditor, one.programme, one.subject, one.version, one.part)
                              for one in wanted.trials])

    return routes
