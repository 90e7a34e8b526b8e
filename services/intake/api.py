"""The JSON interface: applications and their window."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from services.intake import answers as answer
from services.intake.domain.application import Application, Party
from services.intake.domain.standing import when_taken
from services.intake.domain.window import phase
from services.intake.front import Front
from services.intake.handlers import agreeing
from services.intake.store import CLOSED
from shared.contracts.envelope import moment_text
from shared.platform.lanes import Lane
from shared.platform.openapi import ProgrammeName, answers, refuses
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.platform.strict_json import StrictRoute

ABOUT = """Applications to public events that are given away by lottery: apply, see what became of it, amend, withdraw.

Whoever applies gets a receipt number and a secret; these two, and no account, open an application. Answers that
refuse are RFC 9457 problems: `type` is for programs and stays as it is, `title` and `detail` are for people. Send
`Accept-Language` (ja, en, zh-Hans, ko) for words in that language. Where an answer names `Retry-After`, wait that many
seconds and send the same request again, with the same `Idempotency-Key`. Bodies are JSON in UTF-8; a field that is not
described is refused, not dropped."""
TAGS = {
    "applying": "What an applicant, or a program in their name, does first. No account.",
    "my application": "With receipt number and secret. Wrong ones are counted against the client's address.",
    "desk": "For designated staff: postcards, duplicates, and the end of the period.",
    "archives": "What goes back to the ward, sealed to its key.",
    "operation": "For officers and auditors; the same in every service.",
}
Key = Annotated[str | None, Header(
    alias="Idempotency-Key", min_length=1, max_length=200, description=(
        "A random text of the client's own. The same key and content get the same answer, secret included, so that a "
        "client may send again whatever became of its first try."),
    examples=["6f1c3c1e-7a53-4f52-9d6f-3a1f3a0c5f11"])]
# Beyond these lengths nothing is even looked at; the rules of the domain are narrower.
Text = Annotated[str, StringConstraints(max_length=1000)]
CardNumber = Annotated[
    str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$"), Field(description="Its number as a custody object.")]
_FAMILY: dict[str, Any] = {
    "name": "髙橋　﨑子", "address": "東京都新宿区西新宿二丁目8番1号", "age": 34, "telephone": "090-1234-5678",
    "companions": ["髙橋　太郎", "髙橋　はな"], "seats": 2,
    "wishes": ["2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm"],
}
WEB = {**_FAMILY, "email": "takahashi@mail.example", "language": "ja"}
CARD = {**_FAMILY, "card": "H-000123", "postmarked_on": "2021-06-10", "received_on": "2021-06-11"}
APPLICATIONS = "/{programme}/api/applications"
CLOSING = "/{programme}/api/window/closing"
Officer = Annotated[Person, Depends(staff("officer"))]


class Body(BaseModel):
    """Unknown fields are refused, not dropped (S13)."""

    model_config = ConfigDict(extra="forbid")


class ApplicationBody(Body):
    """An application. Which items may be there is the programme's (S13)."""

    model_config = ConfigDict(json_schema_extra={"examples": [WEB]})
    name: Text | None = Field(None, description="The representative's, as on a document; kept as it is written.")
    address: Text | None = Field(None, description="The representative's.")
    age: StrictInt | None = Field(None, description="The representative's, in years.")
    telephone: Text | None = Field(None, description="With or without hyphens.")
    email: Text | None = Field(None, description="Where the result goes; without it, it goes by post.")
    companions: Annotated[list[Text], Field(
        max_length=100, description="Names of all who come along, infants included; the programme says how many.")] = []
    seats: StrictInt = Field(description="How many seats are needed.")
    wishes: Annotated[list[Text], Field(max_length=100, description="Slots, best first; the programme says how many.")]
    language: Text = Field("ja", description="In which the applicant hears: one of the programme's.")

    def application(self) -> Application:
        """As the domain knows it."""
        party = Party(
            self.name, self.address, self.age, self.telephone, self.email or None, tuple(self.companions))
        return Application(party, self.seats, tuple(self.wishes), self.language)


def routes(front: Front, lanes: list[Lane]) -> APIRouter:
    """Routes under `/intake`; applications, which come by the thousand, have a lane of their own."""
    router = APIRouter(route_class=StrictRoute)

    @router.post(
        APPLICATIONS, status_code=201, tags=["applying"], summary="Apply",
        responses=answers(201, answer.Taken, "Taken, or taken before under this key."),
        openapi_extra=refuses(
            "unfit-application", "idempotency-key-used", "secret-renewed", "too-early", "too-late", "closed"))
    async def apply(request: Request, programme: ProgrammeName, body: ApplicationBody, key: Key = None) -> Response:
        taken = await front.take(front.say(request), front.programme(programme), body.application(), key)
        stood = when_taken(taken.counted, taken.reason)
        return Response(orjson.dumps({
            "receipt": taken.receipt, "secret": taken.secret, "entry": taken.entry,
            "taken_at": moment_text(taken.taken_at), "announcement": taken.announcement,
            "counted": stood.state == "taken", "reason": stood.reason,
        }), 201, media_type="application/json")

    lanes.append(Lane(f"/intake{APPLICATIONS}", ApplicationBody, apply))

    @router.get(
        "/{programme}/api/window", tags=["applying"], summary="Whether one may apply now",
        responses=answers(200, answer.WindowState, "Where the period stands."))
    async def window(programme: ProgrammeName) -> JSONResponse:
        known = front.programme(programme)
        count = await front.means.store.window(known.id)
        state = phase(known, front.means.now(known), count.state == CLOSED)
        return JSONResponse({"state": state, "applications": count.applications})

    _closing_routes(router, front)
    return router


def _closing_routes(router: APIRouter, front: Front) -> None:
    @router.post(
        CLOSING, status_code=202, tags=["desk"], summary="Ask for applications to be closed for good",
        responses=answers(202, answer.ClosingAsked, "Waits for another officer; or another's request waits already."),
        openapi_extra=refuses("not-yet-closable", "desk-unfinished", "closed"))
    async def ask(request: Request, programme: ProgrammeName, person: Officer) -> JSONResponse:
        known = front.programme(programme)
        asked = await front.desk(front.say(request), known, agreeing.ask(front.means, known, person.staff))
        return JSONResponse({"state": "asked", "asked_by": asked.by, "asked_at": moment_text(asked.at),
                             "until": moment_text(asked.until)}, 202)

    @router.post(
        f"{CLOSING}/confirmation", status_code=202, tags=["desk"], summary="Close applications for good, as the second",
        responses=answers(202, answer.Closing, "Closing has begun."), openapi_extra=refuses(
            "closing-not-asked", "closing-same-person", "not-yet-closable", "desk-unfinished", "closed"))
    async def confirm(request: Request, programme: ProgrammeName, person: Officer) -> JSONResponse:
        known = front.programme(programme)
        await front.desk(front.say(request), known, agreeing.confirm(front.means, known, person.staff))
        return JSONResponse({"state": "ended"}, 202)

    @router.post(
        f"{CLOSING}/taking-back", status_code=204, tags=["desk"], summary="Take one's own request to close back",
        openapi_extra=refuses("closing-not-asked", "closing-not-own"))
    async def take_back(request: Request, programme: ProgrammeName, person: Officer) -> None:
        known = front.programme(programme)
        await front.desk(front.say(request), known, agreeing.take_back(front.means, known, person.staff))
