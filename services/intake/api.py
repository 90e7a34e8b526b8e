"""The JSON interface: applications and their window."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from services.intake.domain.application import Application, Party
from services.intake.domain.window import WindowRefused, phase
from services.intake.front import Front
from services.intake.handlers.closing import begin_closing
from services.intake.refusals import out_of_window
from services.intake.store import CLOSED
from shared.contracts.envelope import moment_text
from shared.platform.lanes import Lane
from shared.platform.signin import staff

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
# Beyond these lengths nothing is even looked at; the rules of the domain are narrower.
Text = Annotated[str, StringConstraints(max_length=1000)]
CardNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
APPLICATIONS = "/{programme}/api/applications"


class Body(BaseModel):
    """Unknown fields are refused, not dropped (S13)."""

    model_config = ConfigDict(extra="forbid")


class ApplicationBody(Body):
    """An application. Which items may be there is the programme's (S13)."""

    name: Text | None = None
    address: Text | None = None
    age: StrictInt | None = None
    telephone: Text | None = None
    email: Text | None = None
    companions: Annotated[list[Text], Field(max_length=100)] = []
    seats: StrictInt
    wishes: Annotated[list[Text], Field(max_length=100)]
    language: Text = "ja"

    def application(self) -> Application:
        """As the domain knows it."""
        party = Party(
            self.name, self.address, self.age, self.telephone, self.email or None, tuple(self.companions))
        return Application(party, self.seats, tuple(self.wishes), self.language)


def routes(front: Front, lanes: list[Lane]) -> APIRouter:
    """Routes under `/intake`; applications, which come by the thousand, have a lane of their own."""
    router = APIRouter()

    @router.post(APPLICATIONS, status_code=201)
    async def apply(request: Request, programme: str, body: ApplicationBody, key: Key = None) -> Response:
        taken = await front.take(front.say(request), front.programme(programme), body.application(), key)
        return Response(orjson.dumps({
            "receipt": taken.receipt, "secret": taken.secret, "entry": taken.entry,
            "taken_at": moment_text(taken.taken_at), "announcement": taken.announcement,
        }), 201, media_type="application/json")

    lanes.append(Lane(f"/intake{APPLICATIONS}", ApplicationBody, apply))

    @router.get("/{programme}/api/window")
    async def window(programme: str) -> JSONResponse:
        known = front.programme(programme)
        count = await front.means.store.window(known.id)
        state = phase(known, front.means.now(known), count.state == CLOSED)
        return JSONResponse({"state": state, "applications": count.applications})

    @router.post("/{programme}/api/window/closing", status_code=202, dependencies=[Depends(staff("officer"))])
    async def closing(request: Request, programme: str) -> JSONResponse:
        known = front.programme(programme)
        try:
            await begin_closing(front.means, known)
        except WindowRefused as refused:
            raise out_of_window(front.say(request), known, refused) from None
        return JSONResponse({"state": "ended"}, 202)

    return router
