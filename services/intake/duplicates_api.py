"""The duplicates desk by JSON: pairs by points and codes, two applications side by side, judgements (B03)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field

from services.intake import answers as answer
from services.intake import pair_store
from services.intake.api import Body
from services.intake.front import Front
from services.intake.handlers import closing, pairing
from services.intake.handlers.judging import Contradiction, Decided, NoPair, Pair, Question, judge, look
from services.intake.handlers.pairing import Finding
from services.intake.pair_store import ASK, OPEN
from services.intake.refusals import Say
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.openapi import ProgrammeName, answers, refuses
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.platform.strict_json import StrictRoute

Desk = Annotated[Person, Depends(staff("desk"))]
PAIR = "/{programme}/api/duplicates/{one}/{other}"
ApplicationId = Annotated[str, Path(
    description="One half of a pair's name, as the list has it.", examples=["5b1f" * 8],
    json_schema_extra={"pattern": "^[0-9a-f]{32}$"})]


class JudgedBody(Body):
    """What is judged of a pair, or that a judgement is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"judgement": "same"}]})
    judgement: Literal["same", "different", "undo"]


class AskBody(Body):
    """The applicant is asked first; `question` says what the call is to find out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"judgement": "ask", "question": "who"}]})
    judgement: Literal["ask"]
    question: Question


JudgementBody = Annotated[JudgedBody | AskBody, Field(discriminator="judgement")]


def routes(front: Front, finding: Finding) -> APIRouter:
    """`/intake/{programme}/api/duplicates`."""
    router = APIRouter(tags=["desk"], route_class=StrictRoute)

    @router.get(
        "/{programme}/api/duplicates", summary="List the pairs that wait for somebody",
        dependencies=[Depends(staff("desk", "officer"))],
        responses=answers(200, answer.Pairs, "The pairs, the most alike first; no personal data."))
    async def pairs(programme: ProgrammeName) -> JSONResponse:
        return JSONResponse(await _overview(front, front.programme(programme)))

    @router.post(
        "/{programme}/api/duplicates", status_code=202, summary="Look for pairs now",
        responses=answers(202, answer.Finding, "The search goes on by itself."))
    async def find(programme: ProgrammeName, _: Desk) -> JSONResponse:
        await finding.begin(front.programme(programme))
        return JSONResponse({"finding": True}, 202)

    @router.get(
        PAIR, summary="See two applications side by side",
        responses=answers(200, answer.SideBySide, "Both, opened. That they were is on record."),
        openapi_extra=refuses("no-pair", "access-refused"))
    async def pair(
        request: Request, programme: ProgrammeName, one: ApplicationId, other: ApplicationId, person: Desk,
    ) -> JSONResponse:
        known = front.programme(programme)
        try:
            found = await look(front.means, front.door, known, f"{one}/{other}", person)
        except NoPair as gone:
            raise refusal(front.say(request), gone) from None
        return JSONResponse({**_said(found.pair), "applications": _sides(found)})

    @router.post(
        PAIR, summary="Judge a pair, or take a judgement back",
        responses=answers(200, answer.Judged, "It is judged so until somebody judges otherwise, or the window closes."),
        openapi_extra=refuses("no-pair", "judged-for-good", "contradiction"))
    async def judge_pair(
        request: Request, programme: ProgrammeName, one: ApplicationId, other: ApplicationId, body: JudgementBody,
        person: Desk,
    ) -> JSONResponse:
        known, judged = front.programme(programme), f"{one}/{other}"
        question = body.question if isinstance(body, AskBody) else None
        try:
            await judge(front.means, known, judged, body.judgement, person, question)
        except (NoPair, Decided, Contradiction) as refused:
            raise refusal(front.say(request), refused) from None
        return JSONResponse({"pair": judged, "judgement": body.judgement})

    return router


def refusal(say: Say, refused: NoPair | Decided | Contradiction) -> Problem:
    """404 where there is no such pair any more, else 409: too late, or at odds with other judgements."""
    if isinstance(refused, NoPair):
        return Problem(404, "no-pair", str(say("duplicates.no-pair")), str(say("duplicates.no-pair-do")))
    if isinstance(refused, Decided):
        what, todo = say("duplicates.window-closed-already"), say("duplicates.window-closed-already-do")
        return Problem(409, "judged-for-good", str(what), str(todo))
    return Problem(409, "contradiction", str(say("duplicates.contradiction")), str(say("duplicates.contradiction-do")))


async def _overview(front: Front, programme: Programme) -> dict[str, Any]:
    means, database = front.means, front.means.store.database
    waiting = await pair_store.undecided(database, programme.id)
    receipts = await pair_store.receipts(database, waiting)
    return {
        "window": (await means.store.window(programme.id)).state,
        "finding": await means.jobs.unfinished(programme.id, closing.JOB, pairing.JOB),
        "undecided": sum(pair["state"] == OPEN for pair in waiting),
        "to_ask": sum(pair["state"] == ASK for pair in waiting),
        "pairs": [{**_said(pair), "receipts": [receipts[one] for one in pair["applications"]]} for pair in waiting],
    }


def _said(pair: Document) -> dict[str, Any]:
    return {"pair": pair["_id"], **{
        name: pair[name] for name in ("score", "reasons", "about", "state", "question")}}


def _sides(found: Pair) -> list[dict[str, Any]]:
    return [{
        "receipt": side.application["receipt"], "channel": side.application["channel"],
        "taken_at": moment_text(side.application["taken_at"]), "counts_if_same": side.counts, **side.party.items(),
    } for side in found.sides]
