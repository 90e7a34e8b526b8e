"""The JSON interface of My application: look, see one's own data, amend, withdraw, ask for erasure (B04, B10, B16)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field

from services.intake import answers as answer
from services.intake.api import WEB, ApplicationBody, Body, Text
from services.intake.domain.application import Application
from services.intake.front import Front
from services.intake.handlers.looking import View
from services.intake.refusals import Say, local_words, own_words
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.openapi import ProgrammeName, answers, refuses
from shared.platform.strict_json import StrictRoute

_KEYS: dict[str, Any] = {"receipt": "LS-4F7K-9QXD", "secret": "0f3a" * 8}
_LOOKING = ("no-such-application", "erased", "too-many-tries")


class ReceiptBody(Body):
    """The applicant's two keys."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEYS]})
    receipt: Text = Field(description="However it was typed: width, case and hyphens do not matter.")
    secret: Text = Field(description="32 hex digits, with or without hyphens.")


class AmendmentBody(ApplicationBody, ReceiptBody):
    """The applicant's two keys, and the whole application as it is to be from now on (B04)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**WEB, **_KEYS, "seats": 1}]})


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/api/mine`."""
    router = APIRouter(route_class=StrictRoute, tags=["my application"])

    @router.post(
        "/{programme}/api/mine", summary="See it, its passes, and who looked at its data",
        responses=answers(200, answer.Mine, "The application."), openapi_extra=refuses(*_LOOKING))
    async def mine(request: Request, programme: ProgrammeName, body: ReceiptBody) -> JSONResponse:
        known = front.programme(programme)
        document = await front.find(request, known, body.receipt, body.secret)
        return JSONResponse(view_body(front.say(request), known, await front.view(known, document)))

    @router.post(
        "/{programme}/api/mine/data", summary="See what was given",
        responses=answers(200, answer.OwnData, "As it was written. That it was opened is on record."),
        openapi_extra=refuses(*_LOOKING, "changed-meanwhile", "access-refused"))
    async def data(request: Request, programme: ProgrammeName, body: ReceiptBody) -> JSONResponse:
        known, say = front.programme(programme), front.say(request)
        document = await front.find(request, known, body.receipt, body.secret)
        return own_file(document, await front.own(say, known, document))

    @router.put(
        "/{programme}/api/mine/data", summary="Amend: everything that was given is replaced",
        responses=answers(200, answer.Amended, "Number, secret and entry stay the same."),
        openapi_extra=refuses(*_LOOKING, "unfit-application", "amend-over", "amend-often", "closed",
                              "changed-meanwhile", "access-refused"))
    async def amend(request: Request, programme: ProgrammeName, body: AmendmentBody) -> JSONResponse:
        known, say = front.programme(programme), front.say(request)
        document = await front.find(request, known, body.receipt, body.secret)
        document = await front.amend(say, known, document, replace(body.application(), language=document["language"]))
        return JSONResponse({"entry": document["entry"], "seats": document["seats"], "wishes": document["wishes"],
                             "amended_at": moment_text(document["amended_at"])})

    @router.post(
        "/{programme}/api/withdrawals", summary="Withdraw for good",
        responses=answers(200, answer.Withdrawn, "Withdrawn. Again, it gives the same answer."),
        openapi_extra=refuses(*_LOOKING, "changed-meanwhile"))
    async def withdrawals(request: Request, programme: ProgrammeName, body: ReceiptBody) -> JSONResponse:
        known, say = front.programme(programme), front.say(request)
        document = await front.find(request, known, body.receipt, body.secret)
        document = await front.withdraw(say, known, document)
        return JSONResponse({
            "state": str(say("state.withdrawn")), "withdrawn_at": moment_text(document["withdrawn_at"]),
        })

    @router.post(
        "/{programme}/api/mine/erasure", status_code=202, summary="Ask for its data to be erased",
        responses=answers(202, answer.ErasureAsked, "The ward decides; the first request counts."),
        openapi_extra=refuses(*_LOOKING))
    async def erasure(request: Request, programme: ProgrammeName, body: ReceiptBody) -> JSONResponse:
        known = front.programme(programme)
        document = await front.find(request, known, body.receipt, body.secret)
        document = await front.ask_erasure(known, document)
        return JSONResponse({"erasure_asked_at": moment_text(document["erasure_asked_at"])}, 202)

    return router


def own_file(document: Document, application: Application) -> JSONResponse:
    """What the applicant gave and when it was changed, as a file."""
    history = [{**entry, "at": moment_text(entry["at"])} for entry in document.get("history", ())]
    given = {**application.party.items(), "seats": application.seats, "wishes": list(application.wishes),
             "taken_at": moment_text(document["taken_at"]), "history": history}
    return JSONResponse(given, headers={
        "Content-Disposition": f'attachment; filename="{document["receipt"]}.json"', "Cache-Control": "no-store"})


def view_body(say: Say, programme: Programme, view: View) -> dict[str, Any]:
    """My application as JSON."""
    document = view.document
    return {
        "state": str(say(f"state.{view.standing.state}")), "entry": document["entry"],
        "receipt": document["receipt"], "taken_at": moment_text(document["taken_at"]),
        "wishes": document["wishes"], "seats": document["seats"], "outcome": view.outcome,
        "won": list(view.holds),
        "passes": [{"slot": one.slot, "token": one.token} for one in view.passes],
        "next": next_words(say, programme, view),
        "erasure_asked_at": moment_text(document["erasure_asked_at"]) if "erasure_asked_at" in document else None,
        "draw": {"announcement": view.draw.announcement, "root": view.draw.root, "closing": view.draw.closing,
                 "result": view.draw.result},
        "second_draw": view.draw.replaces is not None,
        "accesses": [_access_body(one) for one in view.accesses],
    }


def next_words(say: Say, programme: Programme, view: View) -> str:
    """What happens next, and when."""
    reason = f"-{view.standing.reason}" if view.standing.reason else ""
    drawn = "drawn-" if view.standing.state == "taken" and view.draw.drawn_at else ""
    return str(say(
        f"next.{drawn}{view.standing.state}{reason}",
        draw=local_words(programme, view.draw_expected), told_by=local_words(programme, view.told_by),
        promote_until=local_words(programme, programme.draw.timetable.promote_until),
        office=own_words(say, programme.ward.office), telephone=programme.ward.telephone,
    ))


def _access_body(access: Document) -> dict[str, Any]:
    return {
        "at": moment_text(access["at"]), "role": access["role"], "service": access["service"],
        "kind": access["kind"], "purpose": access["purpose"], "items": access["items"],
    }
