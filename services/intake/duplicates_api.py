"""The duplicates desk by JSON: pairs by points and codes, two applications side by side, judgements (B03)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from services.intake import pair_store
from services.intake.api import Body
from services.intake.front import Front
from services.intake.handlers import closing, pairing
from services.intake.handlers.judging import Contradiction, Decided, Judgement, NoPair, Pair, Question, judge, look
from services.intake.handlers.pairing import Finding
from services.intake.pair_store import ASK, OPEN
from services.intake.refusals import Say
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff

Desk = Annotated[Person, Depends(staff("desk"))]


class JudgementBody(Body):
    """What is judged of a pair; `question` says what a call is to find out."""

    judgement: Judgement
    question: Question | None = None


def routes(front: Front, finding: Finding) -> APIRouter:
    """`/intake/{programme}/api/duplicates`."""
    router = APIRouter()

    @router.get("/{programme}/api/duplicates", dependencies=[Depends(staff("desk", "officer"))])
    async def pairs(programme: str) -> JSONResponse:
        return JSONResponse(await _overview(front, front.programme(programme)))

    @router.post("/{programme}/api/duplicates", status_code=202)
    async def find(programme: str, _: Desk) -> JSONResponse:
        await finding.begin(front.programme(programme))
        return JSONResponse({"finding": True}, 202)

    @router.get("/{programme}/api/duplicates/{one}/{other}")
    async def pair(request: Request, programme: str, one: str, other: str, person: Desk) -> JSONResponse:
        known = front.programme(programme)
        try:
            found = await look(front.means, front.door, known, f"{one}/{other}", person)
        except NoPair as gone:
            raise refusal(front.say(request), gone) from None
        return JSONResponse({**_said(found.pair), "applications": _sides(found)})

    @router.post("/{programme}/api/duplicates/{one}/{other}")
    async def judge_pair(
        request: Request, programme: str, one: str, other: str, body: JudgementBody, person: Desk,
    ) -> JSONResponse:
        known, judged = front.programme(programme), f"{one}/{other}"
        try:
            await judge(front.means, known, judged, body.judgement, person, body.question)
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
