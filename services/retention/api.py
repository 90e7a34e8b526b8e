"""Retention over HTTP for programs: sign-in, programmes, clock, staff register, state of handling."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.retention import signin_api, staff_api, store
from services.retention.bodies import Body, Officer, Reader
from services.retention.domain.ticks import TickRefused
from services.retention.handlers.programmes import Refused
from services.retention.office import Office, refused_file
from services.retention.report import state_document
from shared.contracts.envelope import Moment, moment_text
from shared.platform.problems import Problem


class TickWanted(Body):
    """The programme's time from now on."""

    at: Moment


def router(office: Office) -> APIRouter:
    """Routes under `/retention/api`."""
    routes = APIRouter(prefix="/api")
    signin_api.add(routes, office)
    _programmes(routes, office)
    _clock(routes, office)
    staff_api.add(routes, office)

    @routes.get("/state/{programme}")
    async def state(programme: str, _: Reader) -> dict[str, Any]:
        return state_document(await office.state(programme), office.now(programme))

    return routes


def _programmes(routes: APIRouter, office: Office) -> None:
    @routes.post("/programmes", status_code=201)
    async def publish(request: Request, response: Response, officer: Officer) -> dict[str, Any]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/toml":
            raise Problem(415, "not-toml", "A programme is a TOML file", "Send it with content-type application/toml.")
        try:
            text = (await request.body()).decode()
        except UnicodeDecodeError:
            raise Problem(415, "not-utf-8", "The file is not UTF-8", "Save it as UTF-8 and send it again.") from None
        try:
            done = await office.publish(text, officer)
        except Refused as refused:
            raise refused_file(refused.complaints) from None
        response.status_code = 201 if done.new else 200
        return {"id": done.programme, "version": done.version, "digest": done.digest}

    @routes.get("/programmes")
    async def listed() -> list[dict[str, Any]]:
        rows = await store.published(office.service.database)
        return [{"id": row["_id"], "version": row["version"], "digest": row["digest"]} for row in rows]


def _clock(routes: APIRouter, office: Office) -> None:
    @routes.post("/programmes/{programme}/clock", status_code=202)
    async def tick(programme: str, wanted: TickWanted, _: Officer) -> dict[str, Any]:
        if not office.settings.allow_ticks:
            raise Problem(403, "ticks-not-allowed", "This deployment lives in real time",
                          "Time can be driven only where the deployment allows it (KUJIBIKI_ALLOW_TICKS).")
        try:
            done = await office.tick(programme, wanted.at)
        except TickRefused as refused:
            raise _refused_tick(refused) from None
        return {"number": done.number, "at": moment_text(done.at)}

    @routes.get("/programmes/{programme}/clock")
    async def time(programme: str) -> dict[str, Any]:
        last = await store.last_tick(office.service.database, programme)
        return {
            "number": last.number if last else 0,
            "at": moment_text(last.at if last else office.now(programme)),
            "parts": await store.parts_done(office.service.database, programme),
        }


def _refused_tick(refused: TickRefused) -> Problem:
    if refused.code == "backwards":
        return Problem(409, "time-runs-forward", "Time never runs backwards",
                       "Send the same moment as the last tick's, or a later one.")
    return Problem(422, "far-away", "That is more than a year away from the programme's contract",
                   "A tick can't be taken back: check the year.")
