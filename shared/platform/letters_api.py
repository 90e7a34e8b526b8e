"""Dead letters over HTTP: to be seen, replayed or dismissed by a named officer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from shared.messaging.letters import Letters
from shared.platform.openapi import refuses
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.platform.strict_json import StrictRoute

_EXAMPLE: dict[str, Any] = {"letter": "checkin.passes.v1/0/42"}
Officer = Annotated[Person, Depends(staff("officer"))]


class Choice(BaseModel):
    """Which letter."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})
    letter: str = Field(max_length=400, description="As it is listed: topic, partition and offset.")


class Letter(Choice):
    """A message that could not be handled, or one that waits behind it. What it says is not shown."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        **_EXAMPLE, "state": "dead", "cause": "KeyError at services.intake.handlers.hearing:57",
        "event_type": "checkin.pass-issued.v1", "at": "2021-07-01T00:00:00+00:00"}]})
    state: Literal["dead", "waiting", "replay"]
    cause: str
    event_type: str | None
    at: str


def router(letters: Letters) -> APIRouter:
    """Routes under `/api/letters`."""
    routes = APIRouter(prefix="/api/letters", tags=["operation"], route_class=StrictRoute)

    @routes.get("", summary="List dead letters")
    async def listed(_: Officer) -> list[Letter]:
        return [Letter(letter=row["_id"], at=row["at"].isoformat(),
                       **{name: row[name] for name in ("state", "cause", "event_type")})
                for row in await letters.all()]

    @routes.post("/replay", status_code=202, summary="Handle one again", openapi_extra=refuses("no-such-letter"))
    async def replay(choice: Choice, officer: Officer) -> Choice:
        return _found(await letters.ask_replay(choice.letter, officer.staff), choice)

    @routes.post("/dismissal", status_code=202, summary="Give one up", openapi_extra=refuses("no-such-letter"))
    async def dismissal(choice: Choice, officer: Officer) -> Choice:
        return _found(await letters.dismiss(choice.letter, officer.staff), choice)

    return routes


def _found(there: bool, choice: Choice) -> Choice:
    if not there:
        raise Problem(404, "no-such-letter", "There is no dead letter of that name",
                      "List them with GET; one that waits behind another goes when that other does.")
    return choice
