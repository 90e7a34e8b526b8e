"""The JSON interface: admissions, walk-in groups, slots, custody, and the public key of passes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from services.checkin.door import Door
from shared.contracts.checkin import Place
from shared.contracts.envelope import Moment, moment_text
from shared.platform.register import Person
from shared.platform.signin import staff

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=100)]
Attendant = Annotated[Person, Depends(staff("attendant"))]
Handler = Annotated[Person, Depends(staff("attendant", "officer"))]
Name = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.-]{1,64}$")]
TerminalName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]


class Body(BaseModel):
    """Unknown fields are refused, not dropped (S13)."""

    model_config = ConfigDict(extra="forbid")


class AdmissionBody(Body):
    """A pass at a terminal. `token` is the pass's token, or the code that a person typed in."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=600)]
    slot: Name
    terminal: TerminalName
    scanned_at: Moment | None = None


class GroupBody(Body):
    """A walk-in group: how many, and which paper card it was given. Nothing that is on the card (S09, S14)."""

    slot: Name
    people: Annotated[StrictInt, Field(ge=1, le=50)]
    card: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class CustodyBody(Body):
    """A hand-over. `count` is for a case: the cards in it, counted by both."""

    object: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")]
    kind: Literal["card", "case"]
    place: Place
    venue: Name
    count: Annotated[StrictInt, Field(ge=0, le=1_000_000)] | None = None
    handed_by: Name
    taken_by: Name


def routes(door: Door) -> APIRouter:
    """Routes under `/checkin`."""
    router = APIRouter()

    @router.get("/api/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [door.key.jwk()]}

    @router.post("/{programme}/api/admissions")
    async def admissions(
        request: Request, programme: str, body: AdmissionBody, person: Attendant, key: Key = None
    ) -> JSONResponse:
        admission = await door.admit(
            door.say(request), programme, body.token, body.slot, body.terminal, person.staff, body.scanned_at, key)
        return JSONResponse({
            "admission": admission.id, "seats": admission.seats, "slot": admission.slot,
            "scanned_at": moment_text(admission.scanned_at), "terminal": admission.terminal,
        })

    @router.post("/{programme}/api/groups", status_code=201)
    async def groups(
        request: Request, programme: str, body: GroupBody, person: Attendant, key: Key = None
    ) -> JSONResponse:
        seated = await door.seat(
            door.say(request), programme, body.slot, body.people, body.card, person.staff, key)
        return JSONResponse(
            {"group": seated.group, "seat": seated.seat, "seats": list(seated.seats), "card": seated.card}, 201)

    @router.get("/{programme}/api/slots/{slot}", dependencies=[Depends(staff("attendant", "officer", "auditor"))])
    async def slot(programme: str, slot: str) -> dict[str, Any]:
        known, found = door.slot(programme, slot)
        occupancy, _ = await door.store.slot(known.id, found.id)
        return {
            "capacity": found.capacity, "admitted": occupancy.admitted, "parties": occupancy.parties,
            "groups": occupancy.groups, "walked_in": occupancy.seated, "free": occupancy.free(found),
            "free_for_groups": occupancy.free_for_groups(found), "as_of": moment_text(door.now(known.id)),
        }

    @router.post("/{programme}/api/custody", status_code=201)
    async def custody(request: Request, programme: str, body: CustodyBody, person: Handler) -> JSONResponse:
        recorded = await door.hand_over(door.say(request), programme, [body.object], body, person.staff)
        return JSONResponse({
            "object": recorded.objects[0], "place": recorded.place, "moved_at": moment_text(recorded.at),
            "recorded_by": person.staff,
        }, 201)

    return router


