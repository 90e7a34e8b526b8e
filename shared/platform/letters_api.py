"""Dead letters over HTTP: to be seen, replayed or dismissed by a named officer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from shared.messaging.letters import Letters
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]


class Choice(BaseModel):
    """Which letter."""

    model_config = ConfigDict(extra="forbid")
    letter: str


def router(letters: Letters) -> APIRouter:
    """Routes under `/api/letters`."""
    routes = APIRouter(prefix="/api/letters")

    @routes.get("")
    async def listed(_: Officer) -> list[dict[str, Any]]:
        return [
            {"letter": row["_id"], **{name: row[name] for name in ("state", "cause", "event_type")},
             "at": row["at"].isoformat()}
            for row in await letters.all()
        ]

    @routes.post("/replay", status_code=202)
    async def replay(choice: Choice, officer: Officer) -> dict[str, str]:
        return _found(await letters.ask_replay(choice.letter, officer.staff), choice)

    @routes.post("/dismissal", status_code=202)
    async def dismissal(choice: Choice, officer: Officer) -> dict[str, str]:
        return _found(await letters.dismiss(choice.letter, officer.staff), choice)

    return routes


def _found(there: bool, choice: Choice) -> dict[str, str]:
    if not there:
        raise Problem(404, "no-such-letter", "There is no dead letter of that name",
                      "List them with GET; one that waits behind another goes when that other does.")
    return {"letter": choice.letter}
