"""The JSON interface of the cluster desk (S10, B08) and of destruction (S16): numbers and codes only (S14)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import Field, StrictInt, StringConstraints

from services.checkin.api import Body, Name
from services.checkin.desk import Desk
from services.checkin.domain.destruction import Batch, destroyable_from
from services.checkin.domain.incidents import OPENS, RELEASES, progress
from services.checkin.handlers.destructions import FromCase
from services.checkin.incident_store import card_file
from shared.contracts.checkin import (
    FARTHEST_SEAT,
    MOST_CARDS_OF_AN_INCIDENT,
    ContactOutcome,
    DestructionMethod,
    EarlyReason,
    LeftReason,
    LegalBasis,
    Reference,
    SlotScope,
)
from shared.contracts.envelope import Moment, moment_text
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.platform.signin import staff

Opener = Annotated[Person, Depends(staff(*OPENS))]
Custodian = Annotated[Person, Depends(staff(RELEASES))]
Tracer = Annotated[Person, Depends(staff("tracer"))]
OneOfTwo = Annotated[Person, Depends(staff("custodian", "tracer"))]
Anybody = Annotated[Person, Depends(staff("officer", "custodian", "tracer"))]
Looker = Annotated[Person, Depends(staff("officer", "custodian", "tracer", "records", "auditor"))]
Destroyer = Annotated[Person, Depends(staff("officer", "custodian"))]
CardName = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class ScopeBody(Body):
    """A slot, whole where no seats are named."""

    slot: Name
    seats: list[Annotated[str, StringConstraints(pattern=r"^W-[0-9]{3,4}$")]] = Field(default=[], max_length=100)
    radius: Annotated[StrictInt, Field(ge=0, le=FARTHEST_SEAT)] = 0


class IncidentBody(Body):
    """A cluster, by slots of one venue and day."""

    scope: list[ScopeBody] = Field(min_length=1, max_length=10)
    basis: LegalBasis
    reference: Reference
    limit: Annotated[StrictInt, Field(ge=1, le=MOST_CARDS_OF_AN_INCIDENT)]


class TwoBody(Body):
    """The two who hold the card between them."""

    custodian: Name
    tracer: Name


class PutBackBody(TwoBody):
    """The same, with the reason where a card is left without a complete contact."""

    reason: LeftReason | None = None


class ContactBody(Body):
    """What a call came to."""

    outcome: ContactOutcome
    next_attempt_at: Moment | None = None


class DestructionBody(Body):
    """Cards of a case (`day` or all), or unused ones from `first` to `last`; two people, a witness, one count."""

    pile: Literal["case", "stock"]
    venue: Name
    day: date | None = None
    first: CardName | None = None
    last: CardName | None = None
    count: Annotated[StrictInt, Field(ge=0, le=1_000_000)]
    method: DestructionMethod
    handed_by: Name
    taken_by: Name
    witnessed_by: Name
    reason: EarlyReason | None = None


def routes(desk: Desk) -> APIRouter:
    """Routes under `/checkin`."""
    router, door = APIRouter(), desk.door
    _incidents(router, desk)
    _steps(router, desk)

    @router.get("/{programme}/api/destructions")
    async def destructions(programme: str, _: Looker) -> dict[str, Any]:
        known = door.programmes.get(programme)
        since = destroyable_from(known)
        return {
            "destroyable_from": since.isoformat() if since else None,
            "left_in_cases": [{"venue": venue, "day": day, "cards": cards}
                              for venue, day, cards in await desk.book.in_case_by_day(known.id)],
            "destructions": [_destruction(row) for row in await desk.book.destructions(known.id)],
        }

    @router.post("/{programme}/api/destructions", status_code=201)
    async def destroy(request: Request, programme: str, body: DestructionBody, person: Destroyer) -> JSONResponse:
        say = door.say(request)
        pile = (
            FromCase(body.venue, body.day.isoformat() if body.day else None) if body.pile == "case"
            else desk.stock_pile(say, programme, body.venue, body.first or "", body.last or "")
        )
        batch = Batch((body.handed_by, body.taken_by), body.witnessed_by, body.count, body.reason)
        done = await desk.destroy(say, programme, pile, batch, body.method, person)
        return JSONResponse({"destruction": done.destruction, "count": done.count,
                             "ranges": [list(pair) for pair in done.ranges], "at": moment_text(done.at)}, 201)

    return router


def _incidents(router: APIRouter, desk: Desk) -> None:
    door = desk.door

    @router.get("/{programme}/api/incidents")
    async def incidents(programme: str, _: Looker) -> dict[str, Any]:
        rows = await desk.book.incidents(door.programmes.get(programme).id)
        return {"incidents": [_incident(row) for row in rows]}

    @router.post("/{programme}/api/incidents", status_code=201)
    async def open_incident(request: Request, programme: str, body: IncidentBody, person: Opener) -> JSONResponse:
        say = door.say(request)
        scope = [SlotScope(slot=one.slot, seats=tuple(one.seats), radius=one.radius) for one in body.scope]
        ask = desk.ask(say, programme, scope, body.basis, body.reference, body.limit)
        incident = await desk.open(say, programme, ask, person)
        return JSONResponse(await _shown(desk, request, programme, incident), 201)

    @router.get("/{programme}/api/incidents/{incident}")
    async def incident(request: Request, programme: str, incident: str, _: Looker) -> dict[str, Any]:
        return await _shown(desk, request, programme, incident)

    @router.post("/{programme}/api/incidents/{incident}/release")
    async def release(request: Request, programme: str, incident: str, person: Custodian) -> dict[str, Any]:
        await desk.release(door.say(request), programme, incident, person)
        return await _shown(desk, request, programme, incident)

    @router.post("/{programme}/api/incidents/{incident}/drop")
    async def drop(request: Request, programme: str, incident: str, person: Anybody) -> dict[str, Any]:
        await desk.drop(door.say(request), programme, incident, person)
        return await _shown(desk, request, programme, incident)

    @router.post("/{programme}/api/incidents/{incident}/close")
    async def close(request: Request, programme: str, incident: str, person: Anybody) -> dict[str, Any]:
        await desk.close(door.say(request), programme, incident, person)
        return await _shown(desk, request, programme, incident)


def _steps(router: APIRouter, desk: Desk) -> None:
    door = desk.door
    card_path = "/{programme}/api/incidents/{incident}/cards/{card}"

    @router.post(card_path + "/take-out")
    async def take_out(
        request: Request, programme: str, incident: str, card: str, body: TwoBody, person: OneOfTwo
    ) -> dict[str, Any]:
        await desk.take_out(door.say(request), programme, incident, card, body.custodian, body.tracer, person)
        return await _shown(desk, request, programme, incident)

    @router.post(card_path + "/contacts")
    async def contact(
        request: Request, programme: str, incident: str, card: str, body: ContactBody, person: Tracer
    ) -> dict[str, Any]:
        await desk.contact(
            door.say(request), programme, incident, card, body.outcome, body.next_attempt_at, person)
        return await _shown(desk, request, programme, incident)

    @router.post(card_path + "/put-back")
    async def put_back(
        request: Request, programme: str, incident: str, card: str, body: PutBackBody, person: OneOfTwo
    ) -> dict[str, Any]:
        await desk.put_back(
            door.say(request), programme, incident, card, body.reason, body.custodian, body.tracer, person)
        return await _shown(desk, request, programme, incident)


async def _shown(desk: Desk, request: Request, programme: str, incident: str) -> dict[str, Any]:
    row = await desk.incident(desk.door.say(request), programme, incident)
    cards = await desk.book.cards(incident)
    counted = progress(card_file(one) for one in cards)
    return _incident(row) | {
        "progress": {"cards": counted.cards, "done": counted.done, "contacted": counted.contacted,
                     "left": dict(counted.left), "out": counted.out, "waiting": counted.waiting},
        "cards": [
            {"card": one["card"], "slot": one["slot"], "seat": one["seat"], "state": one["state"],
             "attempts": one["attempts"], "outcome": one["outcome"], "next_attempt_at": _moment(one["next_attempt_at"]),
             "result": one["result"], "reason": one["reason"]}
            for one in cards
        ],
    }


def _incident(row: Document) -> dict[str, Any]:
    kept = ("venue", "day", "scope", "basis", "reference", "limit", "state", "opened_by", "released_by", "closed_by")
    times = {name: _moment(row[name]) for name in ("opened_at", "released_at", "closed_at")}
    return {"incident": row["_id"]} | {name: row[name] for name in kept} | times


def _destruction(row: Document) -> dict[str, Any]:
    kept = ("venue", "count", "used", "ranges", "method", "destroyed_by", "witnessed_by", "reason")
    return {"destruction": row["_id"]} | {name: row[name] for name in kept} | {"at": _moment(row["at"])}


def _moment(value: Any) -> str | None:
    return moment_text(value) if value else None
